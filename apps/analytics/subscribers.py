from __future__ import annotations

from apps.analytics import operations
from apps.analytics.events import FiguresDue
from apps.assignments.events import AssignmentClosed, AssignmentOpened, TestAssigned
from apps.attempts.events import AttemptGraded
from apps.authentication.events import UserApproved, UserChanged, UserErased, UserRegistered, UserRemoved
from apps.centers.events import CenterOpened
from apps.core import bus
from apps.groups.events import MemberJoined, MemberLeft
from apps.materials.events import StoreChanged
from apps.mock_tests.events import FilesChanged, TestPublished


@bus.subscribe(FiguresDue)
def refresh(event: FiguresDue) -> None:
    operations.refresh_figures()


@bus.subscribe(CenterOpened)
def open_figures(event: CenterOpened) -> None:
    operations.open_figures(center_id=event.center_id)


# A listener hears one event; each of these says the same.


@bus.subscribe(UserRegistered)
def note_registered(event: UserRegistered) -> None:
    operations.note_change()


@bus.subscribe(UserApproved)
def note_approved(event: UserApproved) -> None:
    operations.note_change()


@bus.subscribe(UserChanged)
def note_changed(event: UserChanged) -> None:
    operations.note_change()


@bus.subscribe(UserRemoved)
def note_removed(event: UserRemoved) -> None:
    operations.note_change()


@bus.subscribe(UserErased)
def note_erased(event: UserErased) -> None:
    operations.note_change()


@bus.subscribe(MemberJoined)
def note_joined(event: MemberJoined) -> None:
    operations.note_change()


@bus.subscribe(MemberLeft)
def note_left(event: MemberLeft) -> None:
    operations.note_change()


@bus.subscribe(TestPublished)
def note_published(event: TestPublished) -> None:
    operations.note_change()


@bus.subscribe(FilesChanged)
def note_files(event: FilesChanged) -> None:
    operations.note_change()


@bus.subscribe(StoreChanged)
def note_materials(event: StoreChanged) -> None:
    operations.note_change()


@bus.subscribe(TestAssigned)
def note_assigned(event: TestAssigned) -> None:
    operations.note_change()


@bus.subscribe(AssignmentOpened)
def note_opened(event: AssignmentOpened) -> None:
    operations.note_change()


@bus.subscribe(AssignmentClosed)
def note_closed(event: AssignmentClosed) -> None:
    operations.note_change()


@bus.subscribe(AttemptGraded)
def note_graded(event: AttemptGraded) -> None:
    operations.note_change()
