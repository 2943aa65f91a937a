from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.serializers import StrictSerializer
from api.v1.centers import faces
from apps.centers.rules.profile import LOCALES

PLANS = ["FREE", "BASIC", "PRO", "ENTERPRISE"]
GIVEN_STATUSES = ["TRIAL", "ACTIVE", "SUSPENDED"]
STATUSES = [*GIVEN_STATUSES, "ARCHIVED"]
STATES = ["WAITING", "READY", "FAILED", "RESTORING", "DELETING"]
REGISTRATIONS = ["INVITATION", "APPROVAL", "OPEN"]
QUESTION_REVIEWS = ["OFF", "ON", "FOUR_EYES"]


class CenterFilters(Filters):
    search = Search(help_text="Part of name, slug, e-mail or host.")
    status = serializers.ChoiceField(STATUSES, required=False)
    ordering = Order(["name", "created_at", "status"])


class SuspendIn(StrictSerializer):
    reason = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="The center reads it in its trail."
    )


class CenterDetailsIn(StrictSerializer):
    email = serializers.EmailField(required=False, allow_blank=True)
    phone = serializers.CharField(max_length=40, required=False, allow_blank=True)
    website = serializers.CharField(max_length=200, required=False, allow_blank=True)
    address = serializers.CharField(max_length=300, required=False, allow_blank=True)
    description = serializers.CharField(max_length=5000, required=False, allow_blank=True)
    primary_color = serializers.RegexField(r"^#[0-9a-fA-F]{6}\Z", required=False)
    locale = serializers.ChoiceField(LOCALES, required=False)
    time_zone = serializers.CharField(max_length=40, required=False, help_text="A name of the IANA list.")
    registration = serializers.ChoiceField(REGISTRATIONS, required=False, help_text="Who may make an account.")


class OpenCenterIn(CenterDetailsIn):
    name = serializers.CharField(max_length=120)
    slug = serializers.CharField(
        max_length=41, required=False, help_text="a-z, 0-9 and _; made from the name if not given. It never changes."
    )
    host = serializers.CharField(max_length=253, required=False, help_text="Made from the slug if not given.")
    plan = serializers.ChoiceField(PLANS, required=False)
    status = serializers.ChoiceField(GIVEN_STATUSES, required=False)

    def to_internal_value(self, data: Any) -> Any:
        """Details apart from what the operation takes by name."""
        values = super().to_internal_value(data)
        named = ("name", "slug", "host", "plan", "status")
        return {
            **{key: values.pop(key) for key in named if key in values},
            "details": values,
        }


class ChangeCenterIn(CenterDetailsIn):
    name = serializers.CharField(max_length=120, required=False)
    status = serializers.ChoiceField(GIVEN_STATUSES, required=False)


class CenterAdminOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()


class CenterRowOut(serializers.Serializer[Any]):
    """A center in the owners' list. What lies in its schema is not asked for here."""

    id = serializers.UUIDField()
    center_name = serializers.CharField(source="name")
    slug = serializers.CharField()
    host = serializers.SerializerMethodField()
    center_avatar = serializers.SerializerMethodField()
    centeradmin_emails = serializers.SerializerMethodField()
    teacher_count = serializers.SerializerMethodField(help_text="As the center counted last.")
    plan_name = serializers.CharField(source="plan")
    status = serializers.ChoiceField(STATUSES)
    state = serializers.ChoiceField(STATES, help_text="How far the making of its schema has come.")
    created_at = serializers.DateTimeField()

    def get_host(self, center: Any) -> str | None:
        return next((domain.domain for domain in center.domains.all()), None)

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_center_avatar(self, center: Any) -> str | None:
        return faces.logo_url(center)

    @extend_schema_field(CenterAdminOut(many=True))
    def get_centeradmin_emails(self, center: Any) -> Any:
        return CenterAdminOut(center.admins.all(), many=True).data

    def get_teacher_count(self, center: Any) -> int:
        figures = self.context.get("figures", {}).get(center.pk)
        return figures.teachers if figures else 0


class CenterOut(serializers.Serializer[Any]):
    """A center as its owners see it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    slug = serializers.CharField()
    hosts = serializers.SerializerMethodField()
    avatar = serializers.SerializerMethodField()
    description = serializers.CharField()
    email = serializers.CharField()
    phone = serializers.CharField()
    website = serializers.CharField()
    address = serializers.CharField()
    primary_color = serializers.CharField()
    brand = serializers.SerializerMethodField()
    locale = serializers.CharField()
    time_zone = serializers.CharField()
    centeradmin_emails = serializers.SerializerMethodField()
    registration = serializers.ChoiceField(REGISTRATIONS)
    plan = serializers.ChoiceField(PLANS)
    status = serializers.ChoiceField(STATUSES)
    status_display = serializers.CharField(source="get_status_display")
    state = serializers.ChoiceField(STATES)
    state_reason = serializers.CharField(help_text="Why it could not be made or migrated.")
    is_ready = serializers.SerializerMethodField()
    trial_ends_at = serializers.DateTimeField(allow_null=True)
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()

    def get_hosts(self, center: Any) -> list[str]:
        return [domain.domain for domain in center.domains.all()]

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_avatar(self, center: Any) -> str | None:
        return faces.logo_url(center)

    @extend_schema_field(faces.BrandOut)
    def get_brand(self, center: Any) -> dict[str, str]:
        return faces.brand_of(center.primary_color)

    @extend_schema_field(CenterAdminOut(many=True))
    def get_centeradmin_emails(self, center: Any) -> Any:
        return CenterAdminOut(center.admins.all(), many=True).data

    def get_is_ready(self, center: Any) -> bool:
        return bool(center.state == "READY")
