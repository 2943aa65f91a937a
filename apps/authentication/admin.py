from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminPasswordWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from apps.authentication import queries
from apps.authentication.errors import LockedOut, SecondStepFailed
from apps.authentication.models import Acting, IdentityProvider, Invitation, Session, User
from apps.authentication.operations import (
    acting,
    people,
    registration,
    second_factor,
    second_factor_codes,
    sessions,
    sessions_rescue,
    single_sign_on_providers,
)
from apps.core.adminsite import ActionVariant, HostSite, RowAdmin, RowForm, RowInline, act, center_site, main_site

ROLE_COLORS = {"OWNER": "danger", "CENTER_ADMIN": "danger", "TEACHER": "info", "STUDENT": "success", "GUEST": "warning"}
ROLES = [choice for choice in User.Role.choices if choice[0] != User.Role.OWNER]


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _password_field() -> forms.CharField:
    widget = UnfoldAdminPasswordWidget(attrs={"autocomplete": "new-password"})
    return forms.CharField(widget=widget, strip=False, max_length=200)


class OwnerForm(RowForm):
    password = _password_field()

    class Meta:
        model = User
        fields = ["email", "first_name", "last_name"]


class PersonForm(OwnerForm):
    role = forms.ChoiceField(choices=ROLES, initial=User.Role.STUDENT, widget=UnfoldAdminSelectWidget)

    class Meta(OwnerForm.Meta):
        fields = [*OwnerForm.Meta.fields, "role"]


class PasswordForm(BaseDialogForm):
    password = _password_field()


class SessionInline(RowInline):
    model = Session
    fields = readonly_fields = ["last_used_at", "created_at", "address", "agent", "revoked_at", "revoked_because"]
    per_page = 10


class UserAdmin(RowAdmin):
    """People of this host. Shutting somebody out, another role and a new password end their sessions at once."""

    icon = "person"
    can_add = can_change = True
    list_display = ["name", "email", "state", "last_login", "created_at"]
    search_fields = ["email", "first_name", "last_name"]
    list_filter = ["is_active", "is_approved"]
    fields = ["email", "first_name", "last_name", "is_active", "is_approved", "last_login", "created_at"]
    edit_fields = ["first_name", "last_name", "is_active", "is_approved"]
    inlines = [SessionInline]
    actions_detail = ["set_password", "sign_out", "lift_lock", "reset_second_factor"]

    def get_inlines(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return self.inlines if obj else []

    def added(self, request: HttpRequest, values: dict[str, Any]) -> User:
        return people.create_person(**{"role": User.Role.OWNER, **values})

    def changed(self, request: HttpRequest, row: User, changes: dict[str, Any]) -> None:
        role = changes.pop("role", None)
        if role:
            people.change_role(user_id=row.pk, role=role)
        if changes:
            people.update_person(actor=request.user, user_id=row.pk, **changes)  # type: ignore[arg-type]

    @display(description="name", ordering="last_name")
    def name(self, row: User) -> str:
        return str(row)

    @display(description="state", label={"active": "success", "waits for approval": "warning", "shut out": "danger"})
    def state(self, row: User) -> str:
        if not row.is_active:
            return "shut out"
        return "active" if row.is_approved else "waits for approval"

    @act("Set password", icon="key", ask="The person is signed out everywhere.", form=PasswordForm)
    def set_password(self, request: HttpRequest, row: User, values: dict[str, Any]) -> None:
        people.change_password(user_id=row.pk, password=values["password"])

    @act(
        "Sign out",
        icon="logout",
        ask="Ends all sessions on all devices. What was answered in an exam stays; the exam goes on after a new sign-in.",
        variant=ActionVariant.WARNING,
    )
    def sign_out(self, request: HttpRequest, row: User) -> None:
        sessions.end_all_sessions(user_id=row.pk, because="signed out by an admin")

    @act("Lift lock", icon="lock_open", ask="After too many wrong passwords or codes the person can try again at once.")
    def lift_lock(self, request: HttpRequest, row: User) -> None:
        sessions_rescue.lift_lock(user_id=row.pk)

    @act(
        "Reset second factor",
        icon="phonelink_erase",
        ask="For somebody who lost phone and recovery codes. All their sessions end; the password alone lets them in.",
        variant=ActionVariant.WARNING,
    )
    def reset_second_factor(self, request: HttpRequest, row: User) -> None:
        second_factor.reset(user_id=row.pk)


@admin.register(User, site=main_site)
class OwnerAdmin(UserAdmin):
    add_form = OwnerForm
    add_fields = ["email", "first_name", "last_name", "password"]


@admin.register(User, site=center_site)
class PersonAdmin(UserAdmin):
    add_form = PersonForm
    add_fields = ["email", "first_name", "last_name", "role", "password"]
    list_display = ["name", "email", "role_label", "state", "last_login", "created_at"]
    list_filter = ["role", "is_active", "is_approved"]
    fields = ["email", "role", *UserAdmin.fields[1:]]
    edit_fields = ["role", *UserAdmin.edit_fields]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        fields = super().get_readonly_fields(request, obj)
        # Nobody gives up their own role by a slip of the hand.
        return [*fields, "role"] if obj is not None and obj.pk == request.user.pk else fields

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name == "role":
            kwargs["choices"] = ROLES
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    @display(description="role", label=ROLE_COLORS, ordering="role")
    def role_label(self, row: User) -> str:
        return row.role


@admin.register(Invitation, site=center_site)
class InvitationAdmin(RowAdmin):
    """Codes with which people make their accounts; they are made over the API."""

    icon = "forward_to_inbox"
    list_display = ["code", "given_role", "status", "target_user", "email", "expires_at"]
    list_filter = ["status", "role", "is_guest"]
    search_fields = ["code", "email", "target_user__email"]
    fields = ["code", "given_role", "email", "status", "reason", "target_user", "invited_by"]
    fields += ["created_at", "expires_at", "claimed_at"]
    actions_detail = ["approve", "reject"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Invitation]:
        return super().get_queryset(request).select_related("target_user", "invited_by")

    @act(
        "Approve",
        icon="how_to_reg",
        ask="Who registered with it can sign in, and is told.",
        variant=ActionVariant.SUCCESS,
    )
    def approve(self, request: HttpRequest, row: Invitation) -> None:
        registration.approve_invitation(actor=request.user, code=row.code)  # type: ignore[arg-type]

    @act(
        "Reject",
        icon="block",
        ask="Who registered with it is shut out; unused, it is void.",
        variant=ActionVariant.WARNING,
    )
    def reject(self, request: HttpRequest, row: Invitation) -> None:
        registration.reject_invitation(actor=request.user, code=row.code)  # type: ignore[arg-type]


@admin.register(Session, site=main_site)
@admin.register(Session, site=center_site)
class SessionAdmin(RowAdmin):
    icon = "devices"
    list_display = ["user", "state", "last_used_at", "created_at", "expires_at", "address"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    search_fields = ["user__email", "user__first_name", "user__last_name", "address"]
    fields = ["user", "state", "created_at", "last_used_at", "expires_at", "address", "agent"]
    fields += ["revoked_at", "revoked_because"]
    actions_detail = ["revoke"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Session]:
        return super().get_queryset(request).select_related("user")

    @display(description="state", label={"open": "success", "revoked": "danger"})
    def state(self, row: Session) -> str:
        return "revoked" if row.revoked_at else "open"

    @act(
        "Revoke",
        icon="block",
        ask="This device is signed out at once, its live connections too.",
        variant=ActionVariant.WARNING,
    )
    def revoke(self, request: HttpRequest, row: Session) -> None:
        sessions.end_session(session_id=row.pk, because="revoked by an admin")


class CodeStep:
    """The second step at the doors of the admins: the same codes, used up and counted like everywhere."""

    def why_not(self, user: Any, code: str) -> str:
        if not queries.has_second_factor(user_id=user.pk):
            return LACKS_FACTOR if queries.is_second_factor_demanded(user=user) else ""
        if not code.strip():
            return "Your account has a second factor: give a code of your app, or a recovery code, too."
        try:
            return "" if second_factor_codes.use_code(user_id=user.pk, code=code) else SecondStepFailed.message
        except LockedOut as refusal:
            return str(refusal)

    def is_lacking(self, user: Any) -> bool:
        return queries.is_second_factor_demanded(user=user) and not queries.has_second_factor(user_id=user.pk)


LACKS_FACTOR = (
    "Your center asks its staff for a second factor. Sign in at /sign-in/ and set one up at /security/ first."
)
HostSite.second_step = CodeStep()


class ProviderForm(RowForm):
    client_secret = forms.CharField(
        widget=UnfoldAdminPasswordWidget(attrs={"autocomplete": "off"}),
        required=False,
        strip=False,
        max_length=2000,
        help_text="Never shown again; left empty, it stays as it is.",
    )
    email_domains = forms.CharField(
        widget=UnfoldAdminTextInputWidget(),
        required=False,
        help_text="Whose addresses it answers for, with spaces between. Empty: all are taken, but new people wait.",
    )

    class Meta:
        model = IdentityProvider
        fields = ["name", "slug", "issuer", "client_id", "scopes", "makes_people", "is_enabled"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "slug" in self.fields:
            self.fields["slug"].required = False
        self.initial.pop("client_secret", None)
        if self.instance.email_domains:
            self.initial["email_domains"] = " ".join(self.instance.email_domains)

    def clean_email_domains(self) -> list[str]:
        return str(self.cleaned_data["email_domains"]).replace(",", " ").split()

    def _post_clean(self) -> None:
        """Nothing is put into the row here: the operation does that, and seals the secret."""


@admin.register(Acting, site=center_site)
class ActingAdmin(RowAdmin):
    """Owners of the platform who act here, or did, in an admin's place."""

    icon = "supervisor_account"
    list_display = ["owner_name", "admin", "reason", "created_at", "began_at", "ends_at", "ended_at"]
    list_select_related = ["admin"]
    search_fields = ["owner_name", "reason"]
    ordering = ["-created_at"]
    fields = ["owner_name", "owner_id", "admin", "reason", "minutes", "created_at", "began_at", "ends_at"]
    fields += ["ended_at", "ended_by", "ended_because"]
    actions_detail = ["end_now"]

    @act("End", icon="block", ask="Whoever acts is signed out at once.", variant=ActionVariant.DANGER)
    def end_now(self, request: HttpRequest, row: Acting) -> None:
        acting.end(actor=_person(request), acting_id=row.pk)


@admin.register(IdentityProvider, site=center_site)
class IdentityProviderAdmin(RowAdmin):
    """With which providers people sign in, besides their passwords."""

    icon = "passkey"
    can_add = can_change = can_delete_rows = True
    form = add_form = ProviderForm
    list_display = ["name", "issuer", "client_id", "makes_people", "is_enabled"]
    add_fields = ["name", "slug", "issuer", "client_id", "client_secret", "scopes", "email_domains"]
    add_fields += ["makes_people", "is_enabled"]
    fields = edit_fields = add_fields
    actions_detail = ["check_now"]

    def added(self, request: HttpRequest, values: dict[str, Any]) -> IdentityProvider:
        return single_sign_on_providers.add_provider(changes=values)

    def changed(self, request: HttpRequest, row: IdentityProvider, changes: dict[str, Any]) -> None:
        if not changes.get("client_secret"):
            changes.pop("client_secret", None)
        single_sign_on_providers.update_provider(provider_id=row.pk, changes=changes)

    def delete_model(self, request: HttpRequest, obj: IdentityProvider) -> None:
        single_sign_on_providers.remove_provider(provider_id=obj.pk)

    @act("Check", icon="network_check", ask="The provider is asked what it says of itself.")
    def check_now(self, request: HttpRequest, row: IdentityProvider) -> None:
        found = single_sign_on_providers.check_provider(provider_id=row.pk)
        words = " ".join([found["detail"], *found["lacks"]])
        self.message_user(request, words, "success" if found["is_ok"] else "error")
