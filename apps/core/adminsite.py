"""The two admins: the owners' on the main host, a center's own on each of its hosts. They share code, never rows.

A row is read as it is; whatever changes one is an operation of its app. ``RowAdmin`` shows and refuses by default:
``can_add`` and ``can_change`` let a form through to ``added`` and ``changed``, which call an operation, and ``@act``
makes a button of one. A refusal is shown where a person can do something about it, never as an error page.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import partial, update_wrapper
from typing import Any, ClassVar, Protocol

from django import forms
from django.contrib.admin.utils import flatten_fieldsets
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.paginator import InvalidPage
from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import ModelAdmin, TabularInline
from unfold.decorators import action
from unfold.enums import ActionVariant
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite
from unfold.widgets import BASE_INPUT_CLASSES

from apps.core import tenancy, trace
from apps.core.errors import Invalid, Refusal

__all__ = ["ActionVariant", "RowAdmin", "RowForm", "RowInline", "act", "center_site", "main_site", "pretty"]


class SecondStep(Protocol):
    """What else somebody has to show than a password; the app that keeps people says it."""

    def why_not(self, user: Any, code: str) -> str:
        """A sentence for who gave the right password and not yet all that is needed; nothing for who did."""

    def is_lacking(self, user: Any) -> bool:
        """Whether somebody who is signed in has to set a second factor up before anything else."""


act_heard: list[Callable[[Model, str], object]] = []
"""Who wants to know of each row to which a button's act was done; for the audit trail, which stands above."""


class SignInForm(AuthenticationForm):
    """Lets in whom the site of this host is for, and tells nobody else why not."""

    site: ClassVar[HostSite]
    code = forms.CharField(
        required=False,
        max_length=40,
        label="Code of your app",
        help_text="Only if you have set up a second factor: its six digits, or a recovery code.",
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "spellcheck": "false", "class": " ".join(BASE_INPUT_CLASSES)}
        ),
    )

    def clean_username(self) -> str:
        # One spelling, so that failures of one address are counted together.
        return str(self.cleaned_data["username"]).strip().lower()

    def get_invalid_login_error(self) -> ValidationError:
        if getattr(self.request, "axes_locked_out", False):
            return ValidationError("Too many wrong passwords. Wait a while, then try again.", code="locked_out")
        return super().get_invalid_login_error()

    def confirm_login_allowed(self, user: Any) -> None:
        super().confirm_login_allowed(user)
        if not self.site.is_for(user):
            raise ValidationError(
                self.error_messages["invalid_login"],
                code="invalid_login",
                params={"username": self.username_field.verbose_name},
            )
        if tenancy.current().status == "SUSPENDED":
            raise ValidationError("This center is suspended: nobody can sign in until it is active again.")
        if self.site.second_step and (why_not := self.site.second_step.why_not(user, self.data.get("code", ""))):
            raise ValidationError(why_not, code="second_factor")


class HostSite(UnfoldAdminSite):
    """An admin for one role, on the hosts where that role lives."""

    index_title = "Overview"
    second_step: ClassVar[SecondStep | None] = None

    def __init__(self, *, role: str, is_public: bool, order: Sequence[str]) -> None:
        super().__init__("admin")
        self.role = role
        self.is_public = is_public
        self.order = order
        self.login_form = type("SignInForm", (SignInForm,), {"site": self})

    def is_for(self, user: Any) -> bool:
        """Whether this person may work here, at this very moment and host."""
        return (
            user.is_active
            and user.is_staff
            and user.is_approved
            and user.role == self.role
            and tenancy.current().is_public == self.is_public
        )

    def has_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        is_in = user.is_authenticated and self.is_for(user) and not self._is_lacking(request)
        if is_in:
            trace.name_actor(user, via=trace.ADMIN)
        return is_in

    def _is_lacking(self, request: Any) -> bool:
        """Asked once for each page, which asks for permission many times."""
        if not hasattr(request, "lacks_second_step"):
            request.lacks_second_step = self.second_step is not None and self.second_step.is_lacking(request.user)
        return bool(request.lacks_second_step)

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """The apps in the order of the day's work, their models as they are registered."""
        found = self._build_app_dict(request, app_label)
        registered = [model._meta.object_name for model in self._registry]
        for app in found.values():
            app["models"].sort(key=lambda model: registered.index(model["object_name"]))
        return sorted(found.values(), key=lambda app: self.order.index(app["app_label"]))

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        home = {"title": "Overview", "icon": "space_dashboard", "link": reverse("admin:index")}
        groups: list[dict[str, Any]] = [{"title": "", "items": [home]}]
        for app in self.get_app_list(request):
            items = [
                {"title": model["name"], "icon": self._registry[model["model"]].icon, "link": model["admin_url"]}
                for model in app["models"]
            ]
            groups.append({"title": app["name"], "items": items, "separator": True})
        return [{**group, "items": self._get_navigation_items(request, group["items"])} for group in groups]

    def search(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            return super().search(request, extra_context)
        except (ValueError, InvalidPage):  # a page that is no number, or is not there
            raise Http404 from None

    def password_change(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """One's own password is changed where everybody's is, by the operation that ends the sessions."""
        return redirect("admin:authentication_user_change", request.user.pk)


main_site = HostSite(
    role="OWNER",
    is_public=True,
    order=[
        "centers",
        "jobs",
        "analytics",
        "authentication",
        "notifications",
        "mail",
        "core",
        "audit",
        "django_celery_beat",
    ],
)
center_site = HostSite(
    role="CENTER_ADMIN",
    is_public=False,
    order=[
        "centers",
        "authentication",
        "groups",
        "materials",
        "mock_tests",
        "assignments",
        "attempts",
        "leaderboards",
        "live",
        "notifications",
        "mail",
        "audit",
        "jobs",
    ],
)


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
