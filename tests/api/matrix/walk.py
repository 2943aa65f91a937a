"""What each operation must answer to each principal, from the table of policies alone, and whether it does."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from zlib import crc32

from api.policies import Reach
from tests.api.matrix.operations import Operation
from tests.api.matrix.world import MAIN, WHOLE, Principal, World, ask, may_have, unknown_like, words

UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NOBODIES = 3
PRIVATE = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
PROBLEM = {"type", "title", "status", "detail", "code", "request_id"}


class Walk:
    """Asks, counts, and keeps what is not as the table says."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.bodies = world.bodies
        self.checks = 0
        self.asked = 0
        self.wrong: list[str] = []
        self.undecided: set[str] = set()
        self._hidden = self._ids_of_alice()

    def go(self, listed: Iterable[Operation]) -> None:
        for operation in listed:
            if operation.rule is None:
                self.wrong.append(f"{operation} has no row in api/policies.py")
                continue
            self._check(operation.roles == operation.rule.roles, f"{operation}: x-roles are not those of its row")
            if operation.has_id and not operation.is_for_everybody and self.world.thing(operation) is None:
                self.wrong.append(f"{operation}: say in tests/furnish.py what stands for the id")
                continue
            for principal in self._askers(operation):
                self._one(operation, principal)

    def _askers(self, operation: Operation) -> Iterator[Principal]:
        """Everybody at its host; but of those who are nobody there, and are all refused alike, a stranger and some of
        the others in turn, unless the walk is to be whole."""
        here = [one for one in self.world.principals if operation.is_main == (one.host == MAIN)]
        others = [one for one in here if not one.role and one.token]
        first = crc32(str(operation).encode())
        met = {others[(first + turn) % len(others)] for turn in range(len(others) if WHOLE else NOBODIES)}
        return (one for one in here if one.role or not one.token or one in met)

    # -- one operation, one principal ------------------------------------------------------------------------------

    def _one(self, operation: Operation, principal: Principal) -> None:
        id = self.world.thing_for(operation, principal) if operation.has_id else None
        answer = self._ask(operation, principal, id)
        said = f"{principal}: {operation.method.upper()} {operation.path} ({operation}) {self._what(answer)}"
        self._check(answer.status_code < 500, said)
        self._formed(answer, said)
        if operation.is_for_everybody:
            # A token, good or bad, changes nothing; a wrong password or an unsigned link has words of its own.
            self._check(_code(answer) != "not_signed_in" or operation.resource.startswith("auth/"), said)
        elif not principal.role:
            self._check((answer.status_code, _code(answer)) == (401, "not_signed_in"), said)
            self._check(answer.headers.get("WWW-Authenticate", "").startswith("Bearer"), said)
        elif operation.reach_of(principal.role) is None:
            self._check((answer.status_code, _code(answer)) == (403, "forbidden"), said)
        elif may_have(operation, principal):
            self._check(answer.status_code != 404, said)
            self._check(_code(answer) not in ("not_signed_in", "forbidden"), said)
            # That an answer is none to this paper is known only of one's own attempt.
            is_shape = answer.status_code in (400, 413, 415, 422) and _code(answer) != "bad_answer"
            if is_shape and operation.has_id:
                self.undecided.add(f"{operation}: {self._what(answer)}")
            if operation.method == "get":
                self._reads(operation, principal, answer, said)
        elif operation.has_id:
            self._out_of_reach(operation, principal, id, answer, said)
        else:
            # Their own lists, with nothing of north in them; or a body that names what they do not reach.
            self._check(_code(answer) != "not_signed_in", said)
            if principal.is_foreign:
                told = self._found(answer) - set(UUID.findall(str(self.bodies.get(operation))))
                self._check(not told & self._all_of_north(), f"{said} tells of north")
            elif operation.method != "get":
                self._check(answer.status_code >= 400, f"{said} although the body names what they do not reach")

    def _out_of_reach(self, operation: Operation, principal: Principal, id: Any, answer: Any, said: str) -> None:
        visible = principal.reaches(operation.lookup_reach_of(principal.role))
        if visible and operation.action not in ("retrieve", "list"):
            # They may look at it, so there is nothing to hide: a refusal with words of its own.
            self._check(answer.status_code == 403, said)
            self._check(_code(answer) not in ("forbidden", ""), said)
            return
        self._check(answer.status_code == 404, f"{said} instead of 404")
        unknown = self._ask(operation, principal, unknown_like(id))
        self._check(words(answer) == words(unknown), f"{said} differs from an unknown id: {self._what(unknown)}")

    def _reads(self, operation: Operation, principal: Principal, answer: Any, said: str) -> None:
        if answer.status_code != 200 or operation.is_main:
            return
        found = self._found(answer)
        if operation.reach_of(principal.role) not in (Reach.ALL, Reach.YES) and principal.name in (
            "Bob",
            "Gus",
            "Cyril",
        ):
            self._check(not found & self._hidden, f"{said} shows {sorted(found & self._hidden)}")
        self._check(not found & self._of_south(), f"{said} shows what is of south")
        one = self.world.north.id_for(f"{operation.path}{{id}}/")
        if one and not operation.has_id and operation.action in ("list", "listed", "get"):
            reach = operation.reach_of(principal.role)
            if principal.reaches(reach) and self._is_a_list(answer):
                self._check(str(one) in found, f"{said} does not show {one}")

    # -- what is said ----------------------------------------------------------------------------------------------

    def _formed(self, answer: Any, said: str) -> None:
        """Nobody on the way keeps it, no browser takes it for a page, and refusals have one shape."""
        for name, value in PRIVATE.items():
            self._check(answer.headers.get(name) == value, f"{said}: {name}: {answer.headers.get(name)}")
        vary = {name.strip() for name in answer.headers.get("Vary", "").split(",")}
        self._check({"Authorization", "Host"} <= vary, f"{said}: Vary: {vary}")
        self._check(bool(answer.headers.get("X-Request-ID")), f"{said}: no X-Request-ID")
        if answer.status_code >= 400:
            is_problem = answer.headers["Content-Type"] == "application/problem+json"
            self._check(is_problem and answer.json().keys() >= PROBLEM, f"{said}: not a problem document")
            self._check(is_problem and answer.json()["status"] == answer.status_code, said)
            self._check(is_problem and answer.json()["request_id"] == answer.headers["X-Request-ID"], said)

    def _ask(self, operation: Operation, principal: Principal, id: Any) -> Any:
        self.asked += 1
        query = "?page_size=100" if operation.method == "get" and "page_size" in operation.queries else ""
        body = self.bodies.get(operation)
        return ask(operation, host=principal.host, token=principal.token, id=id, body=body, query=query)

    def _check(self, is_so: bool, said: str) -> None:
        self.checks += 1
        if not is_so:
            self.wrong.append(said)

    @staticmethod
    def _what(answer: Any) -> str:
        text = b"(streamed)" if answer.streaming else answer.content[:160]
        return f"-> {answer.status_code} {text!r}"

    @staticmethod
    def _found(answer: Any) -> set[str]:
        return set() if answer.streaming else set(UUID.findall(answer.content.decode(errors="replace")))

    @staticmethod
    def _is_a_list(answer: Any) -> bool:
        return answer.headers["Content-Type"] == "application/json" and "results" in answer.json()

    # -- whose is what ---------------------------------------------------------------------------------------------

    def _ids_of_alice(self) -> set[str]:
        """What only Alice and those who teach or direct her may come across."""
        story = self.world.north
        rows = (story.group, story.membership, story.room, story.later, story.attempt, story.session, story.notice)
        return {str(row.pk) for row in rows} | {str(self.world.cast.alice.pk)}

    def _all_of_north(self) -> set[str]:
        return self._hidden | {str(self.world.north.test.pk), str(self.world.north.draft.pk)}

    def _of_south(self) -> set[str]:
        story = self.world.south
        rows = (story.group, story.membership, story.room, story.later, story.attempt, story.session, story.notice)
        return {str(row.pk) for row in (*rows, story.test, story.draft, self.world.cast.mallory)}


def _code(answer: Any) -> str:
    if answer.status_code < 400 or "json" not in answer.headers.get("Content-Type", ""):
        return ""
    return str(answer.json().get("code", ""))


def lines(wrong: Iterable[str], most: int = 40) -> Iterator[str]:
    """The first deviations, for people."""
    for number, one in enumerate(wrong):
        if number == most:
            yield "…"
            return
        yield one
