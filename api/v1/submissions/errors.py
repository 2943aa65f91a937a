from __future__ import annotations

from apps.core.errors import Forbidden, Refusal


class NotAdmitted(Forbidden):
    """A start that the state of the room refuses. The clients of this prefix know 403 for it, where ``attempts/`` says 409;
    code and sentence stay the same."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(str(refusal), **refusal.details)
        self.code = refusal.code
