"""The buttons of a center's life in the owners' admin, and the centers that are no more."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextInputWidget

from apps.centers.models import Center, DeletedCenter
from apps.centers.operations import centers, deleting, exporting, restoring
from apps.core.adminsite import ActionVariant, RowAdmin, act, main_site, pretty


class DeleteForm(BaseDialogForm):
    slug = forms.CharField(
        max_length=63, widget=UnfoldAdminTextInputWidget, help_text="Of the center, once more, so that it is this one."
    )
    reason = forms.CharField(max_length=500, required=False, widget=UnfoldAdminTextInputWidget)


class RestoreForm(BaseDialogForm):
    slug = forms.CharField(
        max_length=41, required=False, widget=UnfoldAdminTextInputWidget, help_text="Empty: the one that it had."
    )
    name = forms.CharField(max_length=120, required=False, widget=UnfoldAdminTextInputWidget)
    host = forms.CharField(
        max_length=253, required=False, widget=UnfoldAdminTextInputWidget, help_text="Empty: those that it had."
    )


class LifeActs:
    """For the page of a center."""

    life_acts = ("archive", "export", "delete")

    @act(
        "Archive",
        icon="archive",
        ask="Closes the center: its hosts answer as if it were not there, everybody is signed out. All data is kept, and"
        " activating opens it again.",
        variant=ActionVariant.WARNING,
    )
    def archive(self, request: HttpRequest, row: Center) -> None:
        centers.archive_center(center_id=row.pk)

    @act("Export", icon="download", ask="Writes the center into one file, which the task keeps for some weeks.")
    def export(self, request: HttpRequest, row: Center) -> None:
        exporting.ask_export(center_id=row.pk)

    @act(
        "Delete",
        icon="delete_forever",
        ask="Closes the center now. It is exported, then dropped with everything that is of it. The export is kept for"
        " some weeks, and the center can be restored from it.",
        form=DeleteForm,
        variant=ActionVariant.DANGER,
    )
    def delete(self, request: HttpRequest, row: Center, values: dict[str, str]) -> None:
        deleting.ask_delete(center_id=row.pk, slug=values["slug"], reason=values["reason"])


@admin.register(DeletedCenter, site=main_site)
class DeletedCenterAdmin(RowAdmin):
    """Stones; while its export is kept, a center can come back."""

    icon = "delete_history"
    list_display = ["name", "slug", "deleted_at", "deleted_by_name", "reason", "export_until"]
    search_fields = ["name", "slug", "reason"]
    ordering = ["-deleted_at"]
    fields = ["name", "slug", "reason", "deleted_by_name", "asked_at", "deleted_at", "export_until", "job_id", "went"]
    actions_detail = ["restore"]

    @admin.display(description="what went")
    def went(self, row: DeletedCenter) -> str:
        return pretty(row.counts)

    @act(
        "Restore",
        icon="restore_from_trash",
        ask="Makes the center again from the export that was kept when it was deleted.",
        form=RestoreForm,
        variant=ActionVariant.SUCCESS,
    )
    def restore(self, request: HttpRequest, row: DeletedCenter, values: dict[str, Any]) -> None:
        restoring.ask_restore(export_id=row.job_id, slug=values["slug"], name=values["name"], host=values["host"])
