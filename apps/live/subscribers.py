from __future__ import annotations

from apps.authentication.events import UserErased
from apps.core import bus
from apps.live.events import QuestionTimeUp, SessionOutlived
from apps.live.operations import joining, moves


@bus.subscribe(QuestionTimeUp)
def lock_overdue(event: QuestionTimeUp) -> None:
    moves.lock_overdue(session_id=event.session_id, number=event.number)


@bus.subscribe(SessionOutlived)
def finish_outlived(event: SessionOutlived) -> None:
    moves.finish_outlived(session_id=event.session_id)


@bus.subscribe(UserErased)
def forget_person(event: UserErased) -> None:
    joining.forget_person(user_id=event.user_id)
