"""The demo's teacher, past any cable: what invigilators do while a browser is looked at."""

from __future__ import annotations

from typing import Any

import httpx

from apps.demo import content
from tests.faults.stack import CENTER, Stack


class Teacher:
    """Speaks HTTP with the stack itself; as somebody else where an address is given."""

    def __init__(self, stack: Stack, email: str = "") -> None:
        self._client = httpx.Client(
            base_url=f"http://127.0.0.1:{stack.port}/api/v1/", headers={"Host": f"{CENTER}.localhost"}, timeout=20
        )
        email = email or content.teacher_email(CENTER)
        answer = self.post("auth/login/", email=email, password=content.PASSWORD)
        self._client.headers["Authorization"] = f"Bearer {answer['access']}"

    def get(self, path: str, **query: str) -> Any:
        answer = self._client.get(path, params=query)
        assert answer.is_success, answer.text
        return answer.json()

    def post(self, path: str, **body: Any) -> Any:
        answer = self._client.post(path, json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def open_room(self, title: str, **fields: Any) -> str:
        """An open room with the demo's N5 paper for the demo's class, sat as a whole unless told otherwise; its id."""
        (test,) = (row for row in self.get("mock-tests/")["results"] if row["title"] == content.MOCK_TEST_TITLE)
        (group,) = (row for row in self.get("groups/")["results"] if row["name"] == content.GROUP)
        room = self.post(
            "exam-assignments/",
            title=title,
            mock_test=test["id"],
            assigned_group_ids=[group["id"]],
            status="OPEN",
            **{"is_sectioned": False, "listening": "FREE", "breaks": [], "may_leave_early": True, **fields},
        )
        return str(room["id"])
