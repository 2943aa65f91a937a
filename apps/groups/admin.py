from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from apps.core.adminsite import ActionVariant, RowAdmin, RowInline, act, center_site
from apps.groups import operations
from apps.groups.models import Group, Membership


class MembershipInline(RowInline):
    """Who is in at present. Rows are added and ended, never changed; what ended stays in the history."""

    model = Membership
    fk_name = "group"
    can_add = can_delete_rows = True
    fields = ["user", "role_in_group", "joined_at"]
    readonly_fields = ["joined_at"]
    autocomplete_fields = ["user"]
    ordering = ["-role_in_group", "joined_at"]
    verbose_name_plural = "members"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Membership]:
        return super().get_queryset(request).filter(left_at=None).select_related("user")


@admin.register(Group, site=center_site)
class GroupAdmin(RowAdmin):
    icon = "groups"
    can_add = can_change = True
    list_display = ["name", "teachers", "students", "max_students", "state", "created_at"]
    list_filter = ["is_active", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "description"]
    fields = ["name", "description", "max_students", "is_active", "created_at", "deleted_at"]
    add_fields = edit_fields = ["name", "description", "max_students", "is_active"]
    inlines = [MembershipInline]
    actions_detail = ["dissolve"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Group]:
        here = Q(memberships__left_at=None)
        return (
            super()
            .get_queryset(request)
            .annotate(
                student_count=Count("memberships", here & Q(memberships__role_in_group=Membership.Role.STUDENT)),
                teacher_count=Count("memberships", here & Q(memberships__role_in_group=Membership.Role.TEACHER)),
            )
        )

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.inlines if obj else []

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and getattr(obj, "deleted_at", None) is None

    def added(self, request: HttpRequest, values: dict[str, Any]) -> Group:
        return operations.create_group(**values)

    def changed(self, request: HttpRequest, row: Group, changes: dict[str, Any]) -> None:
        operations.update_group(actor=request.user, group_id=row.pk, **changes)  # type: ignore[arg-type]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for ended in formset.deleted_forms:
            if ended.instance.pk and not ended.instance._state.adding:
                operations.remove_member(membership_id=ended.instance.pk)
        for filled in formset.extra_forms:
            if filled.has_changed() and filled not in formset.deleted_forms:
                values = filled.cleaned_data
                operations.add_member(
                    group_id=form.instance.pk, user_id=values["user"].pk, role=values["role_in_group"]
                )

    @display(description="students", ordering="student_count")
    def students(self, row: Any) -> int:
        return int(row.student_count)

    @display(description="teachers", ordering="teacher_count")
    def teachers(self, row: Any) -> int:
        return int(row.teacher_count)

    @display(description="state", label={"active": "success", "resting": "warning", "dissolved": "danger"})
    def state(self, row: Group) -> str:
        if row.deleted_at:
            return "dissolved"
        return "active" if row.is_active else "resting"

    @act(
        "Dissolve",
        icon="group_remove",
        ask="Everybody leaves the group and nobody sees it any more. Rooms that were assigned to it stay.",
        variant=ActionVariant.DANGER,
    )
    def dissolve(self, request: HttpRequest, row: Group) -> None:
        operations.delete_group(group_id=row.pk)
