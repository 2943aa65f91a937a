"""Exam profiles."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.decorators import display
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget

from apps.core.adminsite import ActionVariant, RowAdmin, RowForm, act, center_site, pretty
from apps.mock_tests.admin.common import actor_of
from apps.mock_tests.models import ExamProfile
from apps.mock_tests.operations import profiles
from apps.mock_tests.rules.profiles import PROFILES


class ExamProfileForm(RowForm):
    valid_from = forms.DateField(widget=UnfoldAdminDateWidget(), required=False)
    valid_until = forms.DateField(
        widget=UnfoldAdminDateWidget(), required=False, help_text="The first day on which it does not hold any more."
    )

    class Meta:
        model = ExamProfile
        fields = ["name"]


class NewExamProfileForm(ExamProfileForm):
    based_on = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget(),
        choices=[(code, f"{profile.name} ({code})") for code, profile in PROFILES.items()],
        help_text="What it is a copy of. Sections, marks and scores are changed over the API.",
    )


@admin.register(ExamProfile, site=center_site)
class ExamProfileAdmin(RowAdmin):
    """The center's own. A change makes the next edition; those that come with the product have no rows."""

    icon = "rule"
    can_add = can_change = True
    form, add_form = ExamProfileForm, NewExamProfileForm
    add_fields = ["name", "based_on", "valid_from", "valid_until"]
    edit_fields = ["name", "valid_from", "valid_until"]
    list_display = ["name", "code", "level", "exam_type", "valid_from", "valid_until", "replaced_at", "retired_at"]
    list_filter = ["exam_type", ("replaced_at", admin.EmptyFieldListFilter), ("retired_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "code"]
    fields = ["name", "code", "edition", "level", "exam_type", "valid_from", "valid_until", "based_on", "rules"]
    fields += ["replaced_at", "retired_at", "created_by", "created_at"]
    actions_detail = ["retire"]

    def added(self, request: HttpRequest, values: dict[str, Any]) -> ExamProfile:
        based_on = values.pop("based_on")
        return profiles.create_profile(actor=actor_of(request), changes=values, based_on=based_on)

    def changed(self, request: HttpRequest, row: ExamProfile, changes: dict[str, Any]) -> None:
        profiles.change_profile(actor=actor_of(request), profile_id=row.pk, changes=changes)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_newest = not isinstance(obj, ExamProfile) or (obj.replaced_at is None and obj.retired_at is None)
        return is_newest and super().has_change_permission(request, obj)

    def can_act(self, name: str, row: ExamProfile) -> bool:
        return row.replaced_at is None and row.retired_at is None

    @display(description="rules")
    def rules(self, row: ExamProfile) -> str:
        return pretty(row.data)

    @act("Retire", icon="block", ask="It is not offered for new tests any more.", variant=ActionVariant.DANGER)
    def retire(self, request: HttpRequest, row: ExamProfile) -> None:
        profiles.retire_profile(actor=actor_of(request), profile_id=row.pk)
