"""The two sites: whom they let in, and what stands in their order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Protocol

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from unfold.forms import AuthenticationForm
from unfold.sites import UnfoldAdminSite
from unfold.widgets import BASE_INPUT_CLASSES

from apps.core import tenancy, trace


class SecondStep(Protocol):
    """What else somebody has to show than a password; the app that keeps people says it."""

    def why_not(self, user: Any, code: str) -> str:
        """A sentence for who gave the right password and not yet all that is needed; nothing for who did."""

    def is_lacking(self, user: Any) -> bool:
        """Whether somebody who is signed in has to set a second factor up before anything else."""


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
