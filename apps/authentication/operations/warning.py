"""Letters about changes of the way in to an account: whoever did not make them learns of them."""

from __future__ import annotations

from typing import Literal

from apps.authentication.models import User
from apps.core import clock
from apps.mail import operations as mail

Event = Literal["password", "factor_on", "factor_off", "recovery"]


def warn(*, user: User, event: Event) -> None:
    """Write to a person what was changed, and when; once for each change, inside the caller's transaction."""
    at = clock.now()
    mail.send(
        letter="security",
        to=[user.email],
        key=f"security:{user.pk}:{event}:{at.isoformat()}",
        values={"name": user.get_full_name(), "event": event, "at": f"{at:%Y-%m-%d %H:%M} UTC"},
        language=user.locale,
    )
