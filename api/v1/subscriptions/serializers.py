from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.serializers import StrictSerializer

PLANS = ["FREE", "BASIC", "PRO", "ENTERPRISE"]
CYCLES = ["monthly", "yearly"]


class SubscriptionFilters(Filters):
    search = Search(help_text="Part of the center's name, slug or e-mail.")
    plan = serializers.ChoiceField(PLANS, required=False)
    is_active = serializers.BooleanField(required=False)
    ordering = Order(["created_at", "center_name", "plan", "ends_at"])


def _limit(words: str) -> Any:
    return serializers.IntegerField(
        min_value=0, max_value=2**53, required=False, allow_null=True, help_text=f"{words} Null: no limit."
    )


class LimitsIn(StrictSerializer):
    """What an owner says instead of the plan; what is absent is as the plan has it."""

    seats = _limit("Active people.")
    storage_bytes = _limit("Bytes of files.")
    concurrent_attempts = _limit("How many may sit at the same moment.")
    custom_domains = _limit("Domains of the center's own.")
    files = _limit("Files.")


class ChangeSubscriptionIn(StrictSerializer):
    plan = serializers.ChoiceField(PLANS, required=False)
    billing_cycle = serializers.ChoiceField(CYCLES, required=False)
    auto_renew = serializers.BooleanField(required=False, help_text="False: the plan ends with its running cycle.")
    limits = LimitsIn(required=False, help_text="Replaces what was said before; {} takes everything back.")
    trial_ends_at = serializers.DateTimeField(required=False, help_text="Moves the end of a FREE trial.")
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True, help_text="For the history.")


class NewSubscriptionIn(ChangeSubscriptionIn):
    center_id = serializers.UUIDField()
    plan = serializers.ChoiceField(PLANS)


class UpgradeIn(StrictSerializer):
    plan = serializers.ChoiceField(PLANS)
    reason = serializers.CharField(max_length=300, required=False, allow_blank=True)


class UseOut(serializers.Serializer[Any]):
    """One limit, and what is used of it."""

    limit = serializers.IntegerField(allow_null=True, help_text="Null: no limit.")
    used = serializers.IntegerField()
    left = serializers.IntegerField(allow_null=True)
    percent = serializers.FloatField(allow_null=True)
    is_near = serializers.BooleanField(help_text="Four fifths are used, or more.")


class LimitsOut(serializers.Serializer[Any]):
    seats = UseOut()
    storage_bytes = UseOut()
    concurrent_attempts = UseOut()
    custom_domains = UseOut()
    files = UseOut()


class SubscriptionOut(serializers.Serializer[Any]):
    """A center's plan as its own admins see it."""

    id = serializers.UUIDField(source="center.pk")
    plan = serializers.ChoiceField(PLANS, source="center.plan")
    plan_display = serializers.CharField(source="terms.title")
    price = serializers.DecimalField(max_digits=9, decimal_places=2, help_text="For one cycle.")
    currency = serializers.CharField(source="terms.currency")
    billing_cycle = serializers.ChoiceField(CYCLES, source="center.billing_cycle")
    next_billing_date = serializers.DateTimeField(allow_null=True)
    starts_at = serializers.DateTimeField(source="center.plan_since")
    ends_at = serializers.DateTimeField(allow_null=True, help_text="Null: it renews itself.")
    is_active = serializers.BooleanField()
    auto_renew = serializers.BooleanField()
    is_expired = serializers.BooleanField(help_text="The trial or the plan is over; the center is suspended for it.")
    days_remaining = serializers.IntegerField(allow_null=True)
    created_at = serializers.DateTimeField(source="center.created_at")
    updated_at = serializers.DateTimeField(source="center.updated_at")
    limits = serializers.SerializerMethodField()

    def get_limits(self, subscription: Any) -> LimitsOut:
        return self.context["use"](subscription)


class OwnerSubscriptionOut(SubscriptionOut):
    """A center's plan as owners see it; what is used is what the center counted last."""

    center_id = serializers.UUIDField(source="center.pk")
    center_name = serializers.CharField(source="center.name")
    center_status = serializers.CharField(source="center.status")
    limit_overrides = serializers.DictField(
        child=serializers.IntegerField(allow_null=True), source="center.limit_overrides"
    )


class UpgradedOut(serializers.Serializer[Any]):
    detail = serializers.CharField()
    subscription = OwnerSubscriptionOut()


class PlanStateOut(serializers.Serializer[Any]):
    plan = serializers.CharField()
    status = serializers.CharField()
    billing_cycle = serializers.CharField()
    limits = serializers.DictField(child=serializers.IntegerField(allow_null=True))
    ends_at = serializers.DateTimeField(allow_null=True)


class PlanChangeOut(serializers.Serializer[Any]):
    """A step in the history of a plan."""

    at = serializers.DateTimeField()
    before = PlanStateOut(allow_null=True)
    after = PlanStateOut()
    actor_id = serializers.UUIDField(allow_null=True, help_text="Null: the clock.")
    actor_name = serializers.CharField()
    reason = serializers.CharField()


class PlanOut(serializers.Serializer[Any]):
    """A row of today's price list."""

    plan = serializers.ChoiceField(PLANS)
    plan_display = serializers.CharField(source="title")
    monthly_price = serializers.DecimalField(max_digits=9, decimal_places=2, source="monthly")
    yearly_price = serializers.DecimalField(max_digits=9, decimal_places=2, source="yearly")
    currency = serializers.CharField()
    limits = serializers.DictField(child=serializers.IntegerField(allow_null=True), help_text="Null: no limit.")
