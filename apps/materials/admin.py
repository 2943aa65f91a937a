from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from apps.core.adminsite import RowAdmin, RowInline, act, center_site
from apps.materials import operations
from apps.materials.models import Category, Material

if TYPE_CHECKING:
    from apps.authentication.models import User


class MaterialInline(RowInline):
    model = Material
    fields = readonly_fields = ["name", "file_type", "created_by", "created_at"]
    show_change_link = True
    per_page = 30


@admin.register(Category, site=center_site)
class CategoryAdmin(RowAdmin):
    icon = "folder_shared"
    list_display = ["name", "is_public", "for_groups", "created_by", "created_at"]
    list_filter = ["is_public"]
    search_fields = ["name", "description"]
    fields = ["name", "description", "is_public", "for_groups", "created_by", "created_at", "updated_at"]
    can_change = True
    edit_fields = ["name", "description"]
    inlines = [MaterialInline]
    actions_detail = ["remove"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Category]:
        return super().get_queryset(request).select_related("created_by").prefetch_related("groups")

    def changed(self, request: HttpRequest, row: Category, changes: dict[str, Any]) -> None:
        operations.update_category(actor=_actor(request), category_id=row.pk, **changes)

    @display(description="groups")
    def for_groups(self, row: Category) -> str:
        return ", ".join(group.name for group in row.groups.all()) or "-"

    @act("Remove", icon="delete", ask="Takes the folder away with everything in it, for good.")
    def remove(self, request: HttpRequest, row: Category) -> None:
        operations.delete_category(actor=_actor(request), category_id=row.pk)


@admin.register(Material, site=center_site)
class MaterialAdmin(RowAdmin):
    icon = "attach_file"
    list_display = ["name", "file_type", "category", "created_by", "created_at"]
    list_filter = ["file_type", "category"]
    search_fields = ["name", "file_name"]
    fields = ["name", "file_type", "link", "file_name", "category", "is_public", "for_groups"]
    fields += ["created_by", "created_at", "updated_at"]
    can_change = True
    edit_fields = ["name"]
    actions_detail = ["remove"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Material]:
        return super().get_queryset(request).select_related("created_by", "category").prefetch_related("groups")

    def changed(self, request: HttpRequest, row: Material, changes: dict[str, Any]) -> None:
        operations.update_material(actor=_actor(request), material_id=row.pk, **changes)

    @display(description="groups")
    def for_groups(self, row: Material) -> str:
        return ", ".join(group.name for group in row.groups.all()) or "-"

    @act("Remove", icon="delete", ask="Takes the material back; its file goes if nothing else needs it.")
    def remove(self, request: HttpRequest, row: Material) -> None:
        operations.delete_material(actor=_actor(request), material_id=row.pk)


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]
