"""How many people a center's plan lets in."""

from __future__ import annotations

from apps.authentication import queries
from apps.centers.operations import subscriptions
from apps.centers.queries import subscriptions as limits
from apps.centers.rules import plans
from apps.core import tenancy


def take_seats(*, adding: int = 1) -> None:
    """Refuse what the caller's transaction has just done if its ``adding`` more active people are more than the plan
    allows. Everybody who may sign in takes a seat, guests too as long as their time lasts; who waits to be let in does
    not. Call it last: from here to the commit the center's seats are counted by one transaction at a time."""
    if adding < 1 or tenancy.current().is_public:
        return
    subscriptions.hold(limit=plans.SEATS)
    limits.check_limit(limit=plans.SEATS, used=queries.count_seats() - adding, adding=adding)


def check_seats(*, adding: int = 1) -> None:
    """Refuse early what would not fit at this moment: for previews, and before slow work. Nothing is promised by it."""
    if adding > 0 and not tenancy.current().is_public:
        limits.check_limit(limit=plans.SEATS, used=queries.count_seats(), adding=adding)


def is_seat_left() -> bool:
    """Take a seat if there is one, without a refusal: for what goes on either way."""
    if tenancy.current().is_public:
        return True
    subscriptions.hold(limit=plans.SEATS)
    return plans.has_room(limits.get_limit(limit=plans.SEATS), queries.count_seats())
