"""``PUT /api/v1/attempts/{id}/answers/`` without Django's request cycle: token, rules, writer, answer.

Every refusal has the status and the body that the view of the same address gives. What is unusual (another method or
content type, no token, a page of another origin) goes on to that view.

A batch of which anything was stored is answered 200 with what became of each answer. When nothing was, the status tells
why: 401 signed out, 403 another browser than the room asks for, 404 no such attempt of yours, 409 taken over, closed or
too late (kept for review), 422 no answers to this paper, 429 more answers than anybody gives, 503 the database does not
answer.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

from django.conf import settings
from django.db import DatabaseError

from api import policies
from api.common import hosts, tokens
from api.common.parsers import read_json
from apps.attempts.operations import browser, journal, presence
from apps.attempts.operations.statement import Caller, Save
from apps.attempts.rules import answers as rules
from apps.authentication.errors import SignInFailed
from apps.core import errors, problems, tenancy
from apps.core.realtime import encode_moment
from apps.core.tenancy import Tenant

log = logging.getLogger(__name__)

Application = Callable[
    [dict[str, Any], Callable[[], Awaitable[Any]], Callable[[Any], Awaitable[None]]], Awaitable[None]
]

MOST_TOKENS = 20_000
PATIENCE_SECONDS = 4
"""For what is not known yet of an attempt."""

PROOF = b"x-safeexambrowser-configkeyhash"
_MAY_SAVE = policies.TABLE["attempts"]["save_answers"].roles
_PATH = re.compile(r"/api/v1/attempts/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/answers/")
_GIVEN_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_verified: dict[tuple[uuid.UUID, str], tokens.Access] = {}


class _Malformed(Exception):
    pass


class _TooLarge(Exception):
    pass


class AnswersRoute:
    """Takes what it knows, and hands the rest to ``application``."""

    def __init__(self, application: Application) -> None:
        self._application = application
        rates: Any = settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"]
        most, period = rates["answers"].split("/")
        self._most, self._period = int(most), _SECONDS[period[0]]
        self._counts: Counter[tuple[uuid.UUID, uuid.UUID]] = Counter()
        self._counted_until = 0.0

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        found = _PATH.fullmatch(scope["path"]) if scope["method"] == "PUT" else None
        headers = dict(scope["headers"]) if found else {}
        token = headers.get(b"authorization", b"")
        if (
            found is None
            or len(headers) < len(scope["headers"])  # one said twice is not for us to choose from
            or token[:7].lower() != b"bearer "
            or headers.get(b"content-type", b"").partition(b";")[0].strip() != b"application/json"
            or not hosts.is_same_origin(_text(headers, b"origin"), _text(headers, b"host"))
        ):
            return await self._application(scope, receive, send)
        given = _text(headers, b"x-request-id")
        request_id = given if _GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        tenancy.log_request.set(request_id)
        status, body, wait = await self._answer(scope, headers, token[7:].decode("latin-1"), str(found[1]), receive)
        extra = [(b"retry-after", str(wait).encode())] if wait else []
        if status == 401:
            extra.append((b"www-authenticate", b'Bearer realm="api"'))
        await send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [
                    (b"content-type", b"application/json" if status == 200 else problems.CONTENT_TYPE.encode()),
                    (b"content-length", str(len(body)).encode()),
                    (b"cache-control", b"private, no-store"),
                    (b"x-content-type-options", b"nosniff"),
                    (b"x-request-id", request_id.encode()),
                    *extra,
                ],
            }
        )
        await send({"type": "http.response.body", "body": body})
        return None

    async def _answer(
        self, scope: dict[str, Any], headers: dict[bytes, bytes], token: str, attempt_id: str, receive: Any
    ) -> tuple[int, bytes, int]:
        """Status, body, and seconds to wait before another try."""
        try:
            tenant = await hosts.tenant_at(_text(headers, b"host"))
            if tenant is None or tenant.is_public:
                return _problem(404, "unknown_host", "No center lives at this address.")
            if not tenant.is_ready:
                return _problem(503, "center_unavailable", "This center is not available at the moment.", wait=10)
            access = _verify(tenant, token)
            self._count(tenant, access)
            if access.role not in _MAY_SAVE:
                raise errors.Forbidden
            epoch, answers = await _read(receive)
            facts = await _facts(tenant, attempt_id)
            if facts.browser_keys and facts.student_id == str(access.user_id):
                given = _text(headers, PROOF)
                browser.check_proof(keys=facts.browser_keys, url=hosts.url_of(scope, headers), given=given)
            return 200, await _save(tenant, access, attempt_id, facts, epoch, answers), 0
        except SignInFailed as refusal:
            return _problem(401, refusal.code, str(refusal))
        except errors.Refusal as refusal:
            document = problems.of_refusal(refusal)
            return document["status"], json.dumps(document).encode(), getattr(refusal, "retry_after", 0)
        except _Malformed:
            return _problem(400, "malformed", "The body is not well-formed JSON.")
        except _TooLarge:
            return _problem(413, "too_large", "The body is too large.")
        except DatabaseError as error:
            log.error("The database failed: %s", error)
            return _problem(503, "unavailable", "The database does not answer. Please try again.", wait=2)

    def _count(self, tenant: Tenant, access: tokens.Access) -> None:
        """A bucket per person in this process, so that one flood leaves the others alone."""
        now = time.monotonic()
        if now > self._counted_until:
            self._counts.clear()
            self._counted_until = now + self._period
        person = tenant.id, access.user_id
        self._counts[person] += 1
        if self._counts[person] > self._most:
            raise errors.TooMany(retry_after=int(self._counted_until - now) + 1)


def _text(headers: dict[bytes, bytes], name: bytes) -> str:
    return headers.get(name, b"").decode("latin-1")


def _verify(tenant: Tenant, token: str) -> tokens.Access:
    """The token's claims. Signatures are checked once per token; its age, and in the statement its session, each time."""
    place = tenant.id, token
    access = _verified.get(place)
    if access is None:
        access = tokens.read_access(tenant=tenant, token=token)
        while len(_verified) >= MOST_TOKENS:
            del _verified[next(iter(_verified))]
        _verified[place] = access
    if access.expires_at <= time.time():
        _verified.pop(place, None)
        raise SignInFailed
    return access


async def _read(receive: Any) -> tuple[int, list[dict[str, Any]]]:
    """Epoch and well-shaped answers."""
    message = await receive()
    text = message.get("body", b"")
    while message.get("more_body"):
        if len(text) > rules.MOST_BYTES:
            raise _TooLarge
        message = await receive()
        text += message.get("body", b"")
    if len(text) > rules.MOST_BYTES:
        raise _TooLarge
    try:
        body = read_json(text) if text else {}
    except ValueError:
        raise _Malformed from None
    return rules.read_batch(body)


async def _facts(tenant: Tenant, attempt_id: str) -> journal.Facts:
    facts = journal.recall_facts(schema_name=tenant.schema_name, attempt_id=attempt_id)
    if facts is None:
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                facts = await tenancy.run(tenant, journal.get_facts, attempt_id=uuid.UUID(attempt_id))
        except TimeoutError:
            raise errors.Unavailable from None
    return facts


async def _save(
    tenant: Tenant,
    access: tokens.Access,
    attempt_id: str,
    facts: journal.Facts,
    epoch: int,
    answers: list[dict[str, Any]],
) -> bytes:
    student_id = str(access.user_id)
    # A foreign attempt is asked about too: the answer to somebody who has signed out must not depend on whose it is.
    caller = Caller(tenant.schema_name, attempt_id, student_id, str(access.session_id), access.version)
    done: asyncio.Future[Save] = asyncio.get_running_loop().create_future()

    def told(saves: list[Save]) -> None:
        if not done.done():
            done.set_result(saves[0])

    refused = journal.append(facts=facts, caller=caller, epoch=epoch, answers=answers, told=told)
    saved = journal.Saved(refused=refused)
    if len(refused) < len(answers):
        save = await done
        saved = journal.Saved(save.acked, refused + save.refused, save.server_time)
        if save.acked:
            presence.note(tenant=tenant, assignment_id=facts.assignment_id, attempt_id=attempt_id, is_saved=True)
        if not saved.refused:
            moment = encode_moment(save.server_time)
            return f'{{"acked":{save.acked},"refused":[],"server_time":{moment}}}'.encode()
    journal.refuse_if_nothing_was_saved(saved=saved, answers=answers)
    body = {**saved.as_dict(), "server_time": None}
    return (
        json.dumps(body).replace('"server_time": null', f'"server_time": {encode_moment(saved.server_time)}').encode()
    )


def _problem(status: int, code: str, detail: str, *, wait: int = 0) -> tuple[int, bytes, int]:
    return status, json.dumps(problems.document(status, code, detail)).encode(), wait
