"""What a person is told, as it happens: the notice as HTTP gives it, and how much is unread."""

from __future__ import annotations

from typing import ClassVar

from api.ws.base import Socket
from apps.core import tenancy
from apps.notifications import queries


class NotificationSocket(Socket):
    """``/ws/notifications/``: sends ``notification`` and ``unread``, takes nothing."""

    purpose: ClassVar[str] = "notifications"
    takes_token_in_url: ClassVar[bool] = True

    async def entered(self) -> None:
        """The room first, then the count: what is told in between arrives twice rather than never."""
        await self.join(tenancy.room("user", self.entry.user_id, tenant=self.tenant))
        await self.tell("unread", await self.run(queries.unread_state, user_id=self.entry.user_id))

    async def hear(self, room: str, kind: str, text: str) -> None:
        """Every notice is news of its own; of two counts the newer one is enough."""
        self.post(text, slot="" if kind == "notification" else kind)
