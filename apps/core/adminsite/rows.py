"""Pages of rows, read as they are, and buttons that call operations."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial, update_wrapper
from typing import Any, ClassVar

from django import forms
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant

from apps.core.errors import Invalid, Refusal

act_heard: list[Callable[[Model, str], object]] = []
"""Who wants to know of each row to which a button's act was done; for the audit trail, which stands above."""


class _Seen:
    """Who may open the site may see its rows; the rest is denied unless a class allows it."""

    can_add = False
    can_change = False
    can_delete_rows = False
    admin_site: Any

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return bool(self.admin_site.has_permission(request))

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_add and self.has_view_permission(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_change and self.has_view_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.can_delete_rows and self.has_view_permission(request)


class RowForm(forms.ModelForm):  # type: ignore[type-arg]
    """Checks shapes. Whether a row may be as it is asked for is the operation's business, and its words are better."""

    refusal: ClassVar[Refusal | None] = None

    def clean(self) -> dict[str, Any]:
        if self.refusal:
            raise ValidationError(_sentences(self.refusal))
        return self.cleaned_data

    def _update_errors(self, errors: ValidationError) -> None:
        # What the constraints of the table say of a row as a whole.
        errors.error_dict.pop(NON_FIELD_ERRORS, None)
        super()._update_errors(errors)  # type: ignore[misc]


class RowAdmin(_Seen, ModelAdmin):
    """Rows of one table. ``add_fields`` are asked for when one is added, ``edit_fields`` may change later."""

    icon = "table_rows"
    add_fields: Sequence[str] = ()
    edit_fields: Sequence[str] = ()
    form = RowForm
    add_form: type[RowForm] | None = None
    list_per_page = 50
    show_full_result_count = False
    compressed_fields = True

    # -- what the subclasses say -----------------------------------------------------------------------------------

    def added(self, request: HttpRequest, values: dict[str, Any]) -> Model:
        """Add a row through its operation."""
        raise NotImplementedError

    def changed(self, request: HttpRequest, row: Any, changes: dict[str, Any]) -> None:
        """Change a row through its operation."""
        raise NotImplementedError

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Filters that the page offers, and no others: an address must not be a way to ask about every column."""
        if lookup in [getattr(item, "parameter_name", "") for item in self.list_filter]:
            return True
        offered = [item if isinstance(item, str) else item[0] for item in self.list_filter if not callable(item)]
        is_offered = any(lookup == name or lookup.startswith(f"{name}__") for name in offered)
        return is_offered and super().lookup_allowed(lookup, value, request)

    # -- forms -----------------------------------------------------------------------------------------------------

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        return self.add_fields if obj is None else super().get_fields(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        if obj is None:
            return ()
        shown = flatten_fieldsets(self.fieldsets) if self.fieldsets else self.fields or ()
        return [name for name in shown if name not in self.edit_fields]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is None and self.add_form:
            kwargs["form"] = self.add_form
        form = super().get_form(request, obj, change, **kwargs)
        return type(form)("RowForm", (form,), {"refusal": getattr(request, "refusal", None)})

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        """The form again, as it was filled in, with what the operation had against it."""
        try:
            return super().changeform_view(request, *args, **kwargs)
        except Refusal as refusal:
            request.refusal = refusal  # type: ignore[attr-defined]
            return super().changeform_view(request, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if change:
            changes = {name: form.cleaned_data[name] for name in form.changed_data if name in self.edit_fields}
            if changes:
                self.changed(request, obj, changes)
        else:
            made = self.added(request, {name: form.cleaned_data[name] for name in self.add_fields})
            obj.__dict__.update(made.__dict__)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """Relations change by operations too; only inlines that name one write."""
        for formset in formsets:
            formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
            self.save_formset(request, form, formset, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Nothing, unless a subclass calls operations."""

    # -- actions ---------------------------------------------------------------------------------------------------

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """What the buttons of a page do, for many rows."""
        acts = [getattr(type(self), name) for name in self.actions_detail]
        return {
            item.__name__: (partial(_on_many, item=item), item.__name__, item.short_description)
            for item in acts
            if item.has_no_form
        }

    def can_act(self, name: str, row: Any) -> bool:
        """Whether the button of this name makes sense on the row's page; what may be done the operation decides."""
        return True

    def get_actions_detail(self, request: HttpRequest, object_id: str) -> list[Any]:
        row = self.get_object(request, str(object_id))
        offered = super().get_actions_detail(request, object_id)
        return [item for item in offered if row is None or self.can_act(item.method.__name__, row)]

    def carry_out(self, request: HttpRequest, rows: Iterable[Any], label: str, work: Callable[[Any], object]) -> None:
        """Do it to each row; one that refuses stops no other."""
        done = 0
        for row in rows:
            try:
                work(row)
            except Refusal as refusal:
                for sentence in _sentences(refusal):
                    self.message_user(request, f"{row}: {sentence}", "error")
            else:
                done += 1
                self.log_change(request, row, label)
                for hear in act_heard:
                    hear(row, label)
        if done:
            self.message_user(request, f"{label}: {done} done." if done > 1 else f"{label}: done.", "success")

    def page_of(self, row: Any) -> str:
        """The address of a row's page."""
        return reverse(f"admin:{row._meta.app_label}_{row._meta.model_name}_change", args=[row.pk])


class RowInline(_Seen, TabularInline):
    """Rows that belong to another one, on its page."""

    form = RowForm
    extra = 0
    tab = True
    show_count = True
    hide_title = True
    readonly_fields: Sequence[str] = ()

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Sequence[Any]:
        return self.readonly_fields


def act(
    label: str,
    *,
    icon: str,
    ask: str,
    form: type[forms.Form] | None = None,
    variant: ActionVariant = ActionVariant.DEFAULT,
) -> Callable[[Callable[..., object]], Any]:
    """Make ``def close(self, request, row)`` a button of the row's page, which asks first and is a POST, and an action
    of the list. With a ``form`` the method gets its values as a fourth argument, and the list does not offer it."""

    def decorate(method: Callable[..., object]) -> Any:
        def on_page(self: RowAdmin, request: HttpRequest, filled: forms.Form, object_id: str) -> HttpResponse:
            row = self.get_object(request, object_id)
            if row is None:
                raise Http404
            values = [filled.cleaned_data] if form else []
            self.carry_out(request, [row], label, lambda row: method(self, request, row, *values))
            return HttpResponse(headers={"HX-Redirect": self.page_of(row)})

        dialog = {"title": f"{label}?", "description": ask, "form_submit_text": label, "form_class": form}
        decorated = action(
            update_wrapper(on_page, method),
            description=label,
            icon=icon,
            variant=variant,
            permissions=["view"],
            url_path=method.__name__.replace("_", "-"),
            dialog=dialog,
        )
        decorated.each, decorated.has_no_form = method, form is None
        return decorated

    return decorate


def _on_many(self: RowAdmin, request: HttpRequest, rows: QuerySet[Any], *, item: Any) -> None:
    self.carry_out(request, rows, item.short_description, lambda row: item.each(self, request, row))


def pretty(value: object) -> str:
    """JSON as a person reads it."""
    text = json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True, default=str)
    return format_html('<pre class="overflow-auto text-xs whitespace-pre-wrap" style="max-height:32rem">{}</pre>', text)


def _sentences(refusal: Refusal) -> list[str]:
    if isinstance(refusal, Invalid) and refusal.problems:
        return [f"{problem.pointer.strip('/')}: {problem.detail}".removeprefix(": ") for problem in refusal.problems]
    return [str(refusal)]
