from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest

from apps.core.adminsite import RowAdmin, center_site, main_site
from apps.notifications.models import Notice


@admin.register(Notice, site=main_site)
@admin.register(Notice, site=center_site)
class NoticeAdmin(RowAdmin):
    icon = "notifications"
    list_display = ["message", "user", "notification_type", "is_read", "created_at"]
    list_filter = ["notification_type", "is_read"]
    search_fields = ["message", "user__email", "user__last_name"]
    fields = ["user", "notification_type", "message", "link", "related_task_id", "related_contact_request_id"]
    fields += ["is_read", "created_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Notice]:
        return super().get_queryset(request).select_related("user")
