"""Which plans there are, what they allow and cost, and when they end. Data with dates: a new price list gets a new date,
and a center keeps the terms of the day on which its plan began."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import MappingProxyType
from typing import Any

FREE, BASIC, PRO, ENTERPRISE = "FREE", "BASIC", "PRO", "ENTERPRISE"
MONTHLY, YEARLY = "monthly", "yearly"
SEATS, STORAGE, CONCURRENT, DOMAINS = "seats", "storage_bytes", "concurrent_attempts", "custom_domains"
FILES = "files"
LIMITS = (SEATS, STORAGE, CONCURRENT, DOMAINS, FILES)
MOST = 2**53  # what JSON carries exactly

TRIAL_DAYS = 60
REMINDER_DAYS = (14, 7, 1)
GIB = 2**30


@dataclass(frozen=True, slots=True)
class Terms:
    """What a plan allows and costs from a day on. A limit that is nothing is no limit."""

    plan: str
    title: str
    since: date
    monthly: Decimal
    yearly: Decimal
    currency: str
    limits: Mapping[str, int | None]

    def price(self, cycle: str) -> Decimal:
        """What one cycle costs."""
        return self.yearly if cycle == YEARLY else self.monthly


def _terms(plan: str, title: str, monthly: str, yearly: str, *limits: int | None) -> Terms:
    allowed = MappingProxyType(dict(zip(LIMITS, limits, strict=True)))
    return Terms(plan, title, date(2026, 1, 1), Decimal(monthly), Decimal(yearly), "USD", allowed)


# Newest last. Never change terms that have begun: add new ones.
PRICE_LIST: tuple[Terms, ...] = (
    _terms(FREE, "Free trial", "0.00", "0.00", 100, 2 * GIB, 50, 1, 5_000),
    _terms(BASIC, "Basic", "29.00", "290.00", 300, 20 * GIB, 150, 1, 50_000),
    _terms(PRO, "Pro", "99.00", "990.00", 2_000, 200 * GIB, 1_000, 10, 500_000),
    _terms(ENTERPRISE, "Enterprise", "399.00", "3990.00", None, 2_048 * GIB, None, None, None),
)


def terms(plan: str, day: date, price_list: tuple[Terms, ...] = PRICE_LIST) -> Terms:
    """The terms of a plan that begins on this day; before the first price list, its first terms."""
    all_of_plan = [item for item in price_list if item.plan == plan]
    begun = [item for item in all_of_plan if item.since <= day]
    return begun[-1] if begun else all_of_plan[0]


def limits(plan: str, day: date, overrides: Mapping[str, Any] | None = None) -> dict[str, int | None]:
    """What a center may use: its plan's limits, and what the owners said instead."""
    own = {name: value for name, value in (overrides or {}).items() if name in LIMITS}
    return {**terms(plan, day).limits, **own}


def has_room(limit: int | None, used: int, adding: int = 1) -> bool:
    """Whether so much more fits."""
    return limit is None or used + adding <= limit


def cycle_end(since: datetime, cycle: str, at: datetime) -> datetime:
    """The end of the billing cycle that runs at a moment: the day of the month of ``since``, or the month's last."""
    step = 12 if cycle == YEARLY else 1
    months = max(0, (at.year - since.year) * 12 + at.month - since.month) // step * step
    end = _months_later(since, months)
    while end <= at:
        months += step
        end = _months_later(since, months)
    return end


def _months_later(moment: datetime, months: int) -> datetime:
    year, month = divmod(moment.year * 12 + moment.month - 1 + months, 12)
    day = min(moment.day, calendar.monthrange(year, month + 1)[1])
    return moment.replace(year=year, month=month + 1, day=day)


def days_left(ends_at: datetime | None, at: datetime) -> int | None:
    """Whole days until the end, rounded up; nothing where there is none."""
    if ends_at is None:
        return None
    return max(0, -((at - ends_at) // timedelta(days=1)))


def reminder_step(ends_at: datetime, at: datetime) -> int | None:
    """Which reminder is due: the nearest one only, so that late ones do not arrive together."""
    left = ends_at - at
    if left <= timedelta(0):
        return None
    return min((days for days in REMINDER_DAYS if left <= timedelta(days=days)), default=None)


# How a limit is told: (what it counts: one, many; what to do about it).
WORDS: Mapping[str, tuple[str, str, str]] = MappingProxyType(
    {
        SEATS: (
            "active person",
            "active people",
            "Deactivate people who do not come any more, or ask for a larger plan.",
        ),
        STORAGE: ("of files", "of files", "Remove files that nobody needs, or ask for a larger plan."),
        CONCURRENT: (
            "attempt at a time",
            "attempts at the same time",
            "Wait until somebody has handed in, or ask for a larger plan.",
        ),
        FILES: ("file", "files", "Remove files that nobody needs, or ask for a larger plan."),
        DOMAINS: ("domain of its own", "domains of its own", "Remove a domain, or ask for a larger plan."),
    }
)


def amount(limit: str, value: int) -> str:
    """A number as people read it; bytes in the largest unit that fits."""
    if limit != STORAGE:
        return f"{value:,}"
    size = float(value)
    for unit in ("B", "KB", "MB", "GB"):
        if size < 1024:
            return f"{size:.4g} {unit}"
        size /= 1024
    return f"{size:.4g} TB"


def sentence(plan: str, limit: str, allowed: int, used: int) -> str:
    """A refusal in full: what the limit is, how much is used, what to do."""
    one, many, advice = WORDS[limit]
    counted = one if allowed == 1 else many
    return f"The plan {plan} allows {amount(limit, allowed)} {counted}; {amount(limit, used)} in use. {advice}"


TRIAL_OVER, PLAN_OVER = "TRIAL_OVER", "PLAN_OVER"


def why_suspended(because: str) -> str:
    """A suspension by the clock in words; nothing for an owner's."""
    if because == TRIAL_OVER:
        return (
            "The trial of this center is over: only its admins can sign in, and no exam can start, until it has a plan."
        )
    if because == PLAN_OVER:
        return "The plan of this center has ended: only its admins can sign in, and no exam can start, until it is renewed."
    return ""
