"""Pictures and recordings, and the shelf that editors take them from."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils.html import format_html
from unfold.decorators import display

from apps.core import clock
from apps.core.adminsite import RowAdmin, act, center_site
from apps.core.errors import Refusal
from apps.mock_tests.admin.common import actor_of
from apps.mock_tests.models import MediaFile
from apps.mock_tests.operations.files import media
from apps.mock_tests.queries import shelves
from apps.mock_tests.rules.files import media as rules

MOST_ON_SHELF = 60
LOOKED_AT = timedelta(hours=6)


@admin.register(MediaFile, site=center_site)
class MediaFileAdmin(RowAdmin):
    icon = "perm_media"
    list_display = ["original_name", "kind", "media_type", "size", "seconds", "created_at", "unused_since"]
    list_filter = ["kind", ("unused_since", admin.EmptyFieldListFilter)]
    search_fields = ["original_name"]
    ordering = ["-created_at"]
    fields = ["original_name", "shown", "kind", "media_type", "size", "width", "height", "seconds", "sha256"]
    fields += ["created_by", "created_at", "unused_since"]
    actions_detail = ["remove"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.shelf)
        return [path("shelf/", view, name="mock_tests_mediafile_shelf"), *super().get_urls()]

    def shelf(self, request: HttpRequest) -> JsonResponse:
        """For the editor: the newest files of the center, or those that are asked for by name or id; and adding one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._add(request)
        given = request.GET
        wanted = [found for found in map(rules.media_id_in, given.get("ids", "").split(",")[:MOST_ON_SHELF]) if found]
        rows = shelves.list_media(search=given.get("search", ""), kind=given.get("kind", ""), media_ids=wanted)
        return JsonResponse({"items": [self._item(row) for row in rows[:MOST_ON_SHELF]]})

    def _add(self, request: HttpRequest) -> JsonResponse:
        file = request.FILES.get("file")
        if file is None or file.size is None or file.size > rules.MOST_AUDIO_BYTES:
            return JsonResponse({"detail": "Choose a picture or recording, up to 30 MB."}, status=422)
        try:
            kept = media.store_media(actor=actor_of(request), content=file.read(), file_name=file.name or "")
        except Refusal as refusal:
            told = " ".join(problem.detail for problem in getattr(refusal, "problems", ())) or str(refusal)
            return JsonResponse({"detail": told}, status=422)
        return JsonResponse(self._item(kept), status=201)

    def _item(self, row: MediaFile) -> dict[str, Any]:
        url = shelves.address(media_id=row.pk, until=clock.now() + LOOKED_AT)
        return {"id": str(row.pk), "name": row.original_name, "kind": row.kind, "url": url, "preview": f"{url}&w=320"}

    @display(description="file")
    def shown(self, row: MediaFile) -> str:
        url = shelves.address(media_id=row.pk, until=clock.now() + LOOKED_AT)
        if row.kind == MediaFile.Kind.IMAGE:
            return format_html('<img src="{}" alt="" style="max-height:16rem">', f"{url}&w=1024")
        return format_html('<audio controls preload="none" src="{}"></audio>', url)

    @act("Remove", icon="delete", ask="Takes the file away for good. One that is shown or played somewhere is refused.")
    def remove(self, request: HttpRequest, row: MediaFile) -> None:
        media.delete_media(actor=actor_of(request), media_id=row.pk)
