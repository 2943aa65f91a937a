"""Papers, and the imports that tests came from."""

from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from apps.core.adminsite import RowAdmin, center_site, pretty
from apps.mock_tests.models import ImportRun, Paper


@admin.register(Paper, site=center_site)
class PaperAdmin(RowAdmin):
    """What takers see of a published edition; its key lies in another table, which has no page."""

    icon = "description"
    list_display = ["title", "number", "profile", "item_count", "max_score", "published_at"]
    search_fields = ["title"]
    ordering = ["-published_at"]
    fields = ["test", "number", "title", "profile", "seconds", "item_count", "max_score", "content_hash"]
    fields += ["published_by", "published_at", "shown"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paper]:
        return super().get_queryset(request).select_related("test", "published_by")

    @display(description="content")
    def shown(self, row: Paper) -> str:
        return pretty(row.content)


@admin.register(ImportRun, site=center_site)
class ImportRunAdmin(RowAdmin):
    icon = "upload_file"
    list_display = ["file_name", "format", "test", "created_by", "created_at"]
    list_filter = ["format"]
    search_fields = ["file_name", "test__title"]
    fields = ["file_name", "format", "sha256", "test", "created_by", "created_at", "what_happened"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        return super().get_queryset(request).select_related("test", "created_by")

    @display(description="report")
    def what_happened(self, row: ImportRun) -> str:
        return pretty(row.report)
