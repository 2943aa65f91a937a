"""What the owners' admin opens with: the platform in figures, how it grows, and which centers want attention. All of it is
what centers counted of themselves; the page costs the same however many there are."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import format_html

from apps.analytics import queries, rules
from apps.analytics.queries import Day, OwnerFigures
from apps.centers.rules import plans

MOMENT = "j M Y"
LIMITS = {plans.SEATS: "people", plans.STORAGE: "storage", plans.CONCURRENT: "attempts at once", plans.FILES: "files"}


def of_platform() -> dict[str, Any]:
    """Cards, lines of growth, and tables."""
    figures = queries.owner_figures()
    return {"cards": _cards(figures), "lines": _lines(figures.days), "tables": [_near(figures), _ending(figures)]}


def use_of_plan() -> dict[str, Any]:
    """The plan of the present center with what is used of it, for its admins."""
    own = queries.own_subscription()
    rows = [
        [LIMITS.get(name, "domains of its own"), _amount(name, told["used"]), _amount(name, told["limit"]), _bar(told)]
        for name, told in own.use.items()
    ]
    return {"title": _plan_title(own.subscription), "table": {"headers": ["", "In use", "Allowed", ""], "rows": rows}}


def _plan_title(plan: Any) -> str:
    if plan.is_expired:
        return f"Plan: {plan.terms.title}, over since {date_format(plan.ends_at, MOMENT)}"
    if plan.ends_at:
        return f"Plan: {plan.terms.title}, ends on {date_format(plan.ends_at, MOMENT)}"
    return f"Plan: {plan.terms.title}"


def _cards(figures: OwnerFigures) -> list[dict[str, Any]]:
    centers, people, sat, health = figures.centers, figures.people, figures.attempts, figures.health
    growth = "" if figures.growth_centers_pct is None else f", {figures.growth_centers_pct:+g} % in a month"
    living = f"{centers['active']} active, {centers['trial']} on trial, {centers['suspended']} suspended{growth}"
    by_role = f"{people['students']} students, {people['teachers']} teachers, {people['waiting']} waiting"
    trouble = f"{health['not_made']} not made, {health['dead_deliveries']} dead deliveries"
    overdue = f"{trouble}, {health['overdue_deliveries']} overdue"
    return [
        card("Centers", "school", centers["total"], living, "centers_center"),
        card("People", "person", people["total"], by_role, "analytics_centerfigures", "o=-4"),
        card("Attempts", "edit_note", sat["total"], f"{sat['running']} sitting now", "analytics_centerfigures", "o=-6"),
        card(
            "Storage", "database", _amount(plans.STORAGE, figures.storage_bytes), "of files", "analytics_centerfigures"
        ),
        card(
            "Health", "monitor_heart", "well" if health["is_well"] else "look", overdue, "core_delivery", "state=dead"
        ),
    ]


def card(title: str, icon: str, number: object, note: str, page: str, query: str = "") -> dict[str, Any]:
    """A number that leads to its rows."""
    link = reverse(f"admin:{page}_changelist") + (f"?{query}" if query else "")
    return {"title": title, "icon": icon, "number": number, "note": note, "link": link}


def link_to(text: str, page: str, pk: object) -> str:
    """A way to one row."""
    return format_html(
        '<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>',
        reverse(f"admin:{page}_change", args=[pk]),
        text,
    )


def _lines(days: list[Day]) -> list[dict[str, Any]]:
    """The last thirty days as lines, each with where it began and where it is."""
    drawn = {
        "Centers": [day.centers for day in days],
        "Students": [day.students for day in days],
        "Attempts": [day.attempts for day in days],
    }
    return [
        {
            "title": title,
            "points": rules.sparkline(values),
            "first": f"{values[0]:,}",
            "last": f"{values[-1]:,}",
            "since": date_format(days[0].day, MOMENT),
        }
        for title, values in drawn.items()
    ]


def _near(figures: OwnerFigures) -> dict[str, Any]:
    rows = [
        [
            link_to(near.name, "centers_center", near.center_id),
            near.plan,
            LIMITS[near.limit],
            f"{_amount(near.limit, near.used)} of {_amount(near.limit, near.allowed)}",
            _bar({"percent": near.percent}),
        ]
        for near in figures.near_limits
    ]
    return _table("Near a limit", ["Center", "Plan", "Limit", "In use", ""], rows, "No center is near a limit.")


def _ending(figures: OwnerFigures) -> dict[str, Any]:
    rows = [
        [
            link_to(plan.center.name, "centers_center", plan.center.pk),
            plan.terms.title,
            date_format(plan.ends_at, MOMENT) if plan.ends_at else "-",
            "over" if plan.is_expired else f"{plan.days_remaining} days",
        ]
        for plan in figures.ending
    ]
    return _table("Trials and plans that end", ["Center", "Plan", "Ends", "Left"], rows, "None ends within two weeks.")


def _table(title: str, headers: list[str], rows: list[list[Any]], empty: str) -> dict[str, Any]:
    return {"title": title, "table": {"headers": headers, "rows": rows}, "empty": "" if rows else empty}


def _amount(limit: str, value: int | None) -> str:
    return "no limit" if value is None else plans.amount(limit, value)


def _bar(told: dict[str, Any]) -> str:
    """How full something is, as a bar with its number; nothing where there is no limit."""
    if told["percent"] is None:
        return ""
    percent = float(told["percent"])
    color = "#dc2626" if percent >= 100 else "#d97706" if percent >= 80 else "#16a34a"
    return format_html(
        '<div class="flex items-center gap-2"><div class="h-2 w-32 rounded bg-base-200 dark:bg-base-700">'
        '<div class="h-2 rounded" style="width:{}%;background:{}"></div></div><span>{} %</span></div>',
        min(100, round(percent)),
        color,
        f"{percent:g}",
    )
