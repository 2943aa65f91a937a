"""What is done to a room's seats, some of them or all, and to the room when they are done."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common import keys
from api.common.keys import KEY_HEADER, KeyedIn
from api.common.requests import Request
from api.v1.attempts import serializers as shapes
from apps.assignments import queries as rooms
from apps.attempts.operations import grading, granting, reopening


def told(attempts: list[Any]) -> dict[str, Any]:
    """Whose time has changed, as HTTP tells it."""
    return dict(shapes.SeatsOut({"seats": attempts}).data)


class SeatsChangedView(APIView):
    """Something is done to seats; the answer tells whose time has changed."""

    def change(
        self, request: Request, id: uuid.UUID, shape: type[KeyedIn], operation: Callable[..., Any], kind: str
    ) -> Response:
        """Check the shape, do it, tell."""
        return Response(self.seats(request, id, shape, operation, kind))

    def seats(
        self, request: Request, id: uuid.UUID, shape: type[KeyedIn], operation: Callable[..., Any], kind: str
    ) -> dict[str, Any]:
        """The answer to a command of this ``kind``, which the room's socket knows by the same name."""
        sent = shape(data=request.data)
        sent.is_valid(raise_exception=True)
        answer: dict[str, Any] = keys.answer_once(
            request,
            scope=id,
            kind=kind,
            given=sent.validated_data,
            check=lambda: rooms.get_assignment_for(request.user, id),
            work=lambda given: told(operation(actor=request.user, assignment_id=id, **given)),
        )
        return answer


class PauseView(SeatsChangedView):
    resource = "attempts/pause"

    @extend_schema(
        operation_id="attempts_pause", parameters=[KEY_HEADER], request=shapes.PauseIn, responses=shapes.SeatsOut
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Let time stand still for some or all who sit in this room, until it is resumed. Where all are meant, or groups,
        nobody of them can begin meanwhile (``room_paused``); who begins afterwards loses nothing by it."""
        return self.change(request, id, shapes.PauseIn, granting.pause, "pause")


class ResumeView(SeatsChangedView):
    resource = "attempts/resume"

    @extend_schema(
        operation_id="attempts_resume", parameters=[KEY_HEADER], request=shapes.ResumeIn, responses=shapes.SeatsOut
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Let time go on for some or all who are paused; they get back what the pause has lasted."""
        return self.change(request, id, shapes.ResumeIn, granting.resume, "resume")


class ReopenSeatsView(SeatsChangedView):
    resource = "attempts/reopen"

    @extend_schema(
        operation_id="attempts_reopen", parameters=[KEY_HEADER], request=shapes.ExtendIn, responses=shapes.SeatsOut
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Let some or all who are done go on with their newest attempt, with so many seconds from now on. Their marks are
        taken back until they hand in again, and a room that was finalised is only closed until then."""
        return self.change(request, id, shapes.ExtendIn, reopening.reopen, "reopen")


class ExtendView(SeatsChangedView):
    resource = "attempts/extend"

    @extend_schema(
        operation_id="attempts_extend", parameters=[KEY_HEADER], request=shapes.ExtendIn, responses=shapes.ExtensionOut
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Give some or all who sit in this room more time, at once."""
        answer = self.seats(request, id, shapes.ExtendIn, granting.extend, "extend")
        names = shapes.ExtendedOut().fields
        return Response({"extended": [{name: seat[name] for name in names} for seat in answer["seats"]]})


class FinaliseView(APIView):
    resource = "attempts/finalise"

    @extend_schema(operation_id="attempts_finalise", request=None, responses=shapes.FinalisedOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Freeze a closed room where nobody sits or waits for marks; the clock does it by itself."""
        room = grading.finalise_room(actor=request.user, assignment_id=id)
        return Response(shapes.FinalisedOut(room).data)
