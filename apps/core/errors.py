"""Five families of refusal. Each app's refusals subclass one and carry a code, a sentence and details."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


class Refusal(Exception):
    """An anticipated no: ``code`` for programs, a sentence for people, ``details`` for both."""

    code = "refused"
    message = "That is not possible."

    def __init__(self, message: str = "", **details: object) -> None:
        super().__init__(message or self.message)
        self.details: Mapping[str, object] = details

    def __str__(self) -> str:
        return str(self.args[0])


class NotFound(Refusal):
    """Absent or hidden; the two are never told apart."""

    code = "not_found"
    message = "There is nothing here."


class Forbidden(Refusal):
    """The person's role lacks this function in their own center."""

    code = "forbidden"
    message = "Your role does not allow this."


class NotWhileActing(Forbidden):
    """An owner who acts in an admin's place may not do this."""

    code = "not_while_acting"
    message = "This cannot be done in another person's place."


class Conflict(Refusal):
    """The present state does not allow it."""

    code = "conflict"
    message = "The present state does not allow this."


class Invalid(Refusal):
    """The input is wrong; ``problems`` says where and why."""

    code = "invalid"
    message = "Some of what was sent is not acceptable."

    def __init__(self, message: str = "", *, problems: Sequence[Problem] = (), **details: object) -> None:
        super().__init__(message, **details)
        self.problems = tuple(problems)


class TooMany(Refusal):
    """A limit is reached; ``retry_after`` seconds help if it is one of time."""

    code = "too_many"
    message = "That is too much at once."

    def __init__(self, message: str = "", *, retry_after: int = 0, **details: object) -> None:
        super().__init__(message, **details)
        self.retry_after = retry_after


class Unavailable(Refusal):
    """Something we depend on is down; nothing was done, the same call may succeed later."""

    code = "unavailable"
    message = "The service is not available at the moment. Nothing was lost; please try again."
    retry_after = 2


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason, with its place: ``pointer`` is a JSON pointer into the input or a path into a test."""

    pointer: str
    code: str
    detail: str
