"""What is done to a room's seats, some of them or all, and to the room when they are done."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.v1.attempts import serializers as shapes
from apps.attempts.operations import grading, granting, reopening


class SeatsChangedView(APIView):
    """Something is done to seats; the answer tells whose time has changed."""

    def change(
        self, request: Request, id: uuid.UUID, shape: type[StrictSerializer], operation: Callable[..., Any]
    ) -> Response:
        """Check the shape, do it, tell."""
        sent = shape(data=request.data)
        sent.is_valid(raise_exception=True)
        attempts = operation(actor=request.user, assignment_id=id, **sent.validated_data)
        return Response(shapes.SeatsOut({"seats": attempts}).data)


class PauseView(SeatsChangedView):
    resource = "attempts/pause"

    @extend_schema(operation_id="attempts_pause", request=shapes.PauseIn, responses=shapes.SeatsOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Let time stand still for some or all who sit in this room, until it is resumed."""
        return self.change(request, id, shapes.PauseIn, granting.pause)


class ResumeView(SeatsChangedView):
    resource = "attempts/resume"

    @extend_schema(operation_id="attempts_resume", request=shapes.ResumeIn, responses=shapes.SeatsOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Let time go on for some or all who are paused; they get back what the pause has lasted."""
        return self.change(request, id, shapes.ResumeIn, granting.resume)


class ReopenSeatsView(SeatsChangedView):
    resource = "attempts/reopen"

    @extend_schema(operation_id="attempts_reopen", request=shapes.ExtendIn, responses=shapes.SeatsOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Let some or all who are done go on with their newest attempt, with so many seconds from now on. Their marks are
        taken back until they hand in again."""
        return self.change(request, id, shapes.ExtendIn, reopening.reopen)


class ExtendView(APIView):
    resource = "attempts/extend"

    @extend_schema(operation_id="attempts_extend", request=shapes.ExtendIn, responses=shapes.ExtensionOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Give some or all who sit in this room more time, at once."""
        shape = shapes.ExtendIn(data=request.data)
        shape.is_valid(raise_exception=True)
        attempts = granting.extend(actor=request.user, assignment_id=id, **shape.validated_data)
        return Response(shapes.ExtensionOut({"extended": attempts}).data)


class FinaliseView(APIView):
    resource = "attempts/finalise"

    @extend_schema(operation_id="attempts_finalise", request=None, responses=shapes.FinalisedOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Freeze a closed room where nobody sits or waits for marks; the clock does it by itself."""
        room = grading.finalise_room(actor=request.user, assignment_id=id)
        return Response(shapes.FinalisedOut(room).data)
