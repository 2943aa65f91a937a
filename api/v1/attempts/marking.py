"""The queue of what people mark."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common import links
from api.common.requests import Request
from api.v1.attempts.serializers import marking as shapes
from apps.attempts.operations import marking
from apps.attempts.queries import marking as queries
from apps.core import clock


class GradingQueueViewSet(GenericViewSet[Any]):
    """What students wrote and people mark."""

    resource = "grading-queue"
    serializer_class = shapes.ScriptOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="grading_queue_list", parameters=[shapes.ScriptFilters])
    def list(self, request: Request) -> Response:
        """What one may mark, or has marked, of attempts that are closed; what has waited longest comes first."""
        rows = queries.list_scripts_for(request.user, shapes.ScriptFilters.wanted(request))
        page = self.paginate_queryset(rows)
        rooms = {script.assignment_id for script in page or ()}
        context = {"anonymous": queries.anonymous_rooms(assignment_ids=rooms)}
        return self.get_paginated_response(shapes.ScriptOut(page, many=True, context=context).data)

    @extend_schema(operation_id="grading_queue_retrieve", responses=shapes.SheetOut)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One script with the question, the rubric, the model answer and the marks it was given."""
        return self._sheet(request, id)

    @extend_schema(
        operation_id="grading_queue_next",
        parameters=[shapes.NextFilters],
        request=None,
        responses={200: shapes.SheetOut, 204: None},
    )
    @action(detail=False, methods=["post"])
    def next(self, request: Request) -> Response:
        """Take what has waited longest and nobody holds, or what one holds already: it is held for fifteen minutes. 204:
        nothing waits."""
        script = marking.claim_next(actor=request.user, wanted=shapes.NextFilters.wanted(request))
        return Response(status=204) if script is None else self._sheet(request, script.pk)

    @extend_schema(operation_id="grading_queue_claim", request=None, responses=shapes.SheetOut)
    @action(detail=True, methods=["post"])
    def claim(self, request: Request, id: uuid.UUID) -> Response:
        """Hold a script for fifteen minutes; again, for longer. Refused while somebody else holds it."""
        marking.claim_script(actor=request.user, script_id=id)
        return self._sheet(request, id)

    @extend_schema(operation_id="grading_queue_release", request=None, responses=shapes.SheetOut)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, id: uuid.UUID) -> Response:
        """Hold it no longer."""
        marking.release_script(actor=request.user, script_id=id)
        return self._sheet(request, id)

    @extend_schema(operation_id="grading_queue_mark", request=shapes.MarkIn, responses=shapes.SheetOut)
    @action(detail=True, methods=["post"])
    def mark(self, request: Request, id: uuid.UUID) -> Response:
        """Give points by criterion. A mark that counts is changed by another one with a ``reason``."""
        shape = shapes.MarkIn(data=request.data)
        shape.is_valid(raise_exception=True)
        marking.mark_script(actor=request.user, script_id=id, **shape.validated_data)
        return self._sheet(request, id)

    @extend_schema(operation_id="grading_queue_second_mark", request=shapes.SecondMarkIn, responses=shapes.SheetOut)
    @action(detail=True, methods=["post"], url_path="second-mark")
    def second_mark(self, request: Request, id: uuid.UUID) -> Response:
        """Give a second mark beside that of somebody else. It counts for nothing by itself; where it differs, the script is
        disputed."""
        shape = shapes.SecondMarkIn(data=request.data)
        shape.is_valid(raise_exception=True)
        marking.mark_second(actor=request.user, script_id=id, **shape.validated_data)
        return self._sheet(request, id)

    @extend_schema(operation_id="grading_queue_unanswered", request=shapes.UnansweredIn, responses=shapes.UnansweredOut)
    @action(detail=False, methods=["post"])
    def unanswered(self, request: Request) -> Response:
        """Mark what was not answered in a room as zero, up to 200 at once."""
        shape = shapes.UnansweredIn(data=request.data)
        shape.is_valid(raise_exception=True)
        done = marking.zero_unanswered(actor=request.user, **shape.validated_data)
        return Response(shapes.UnansweredOut(done).data)

    def _sheet(self, request: Request, script_id: uuid.UUID) -> Response:
        until = clock.now() + links.LAST
        sheet = queries.get_sheet_for(request.user, script_id, sign=lambda _: links.media_signer(request, until))
        context = {"anonymous": {sheet.script.assignment_id} if sheet.is_anonymous else set()}
        return Response(shapes.SheetOut(sheet, context=context).data)


class MarkedRoomViewSet(GenericViewSet[Any]):
    """Rooms with something that people mark."""

    resource = "grading-queue/rooms"
    serializer_class = shapes.MarkedRoomOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="grading_rooms_list")
    def list(self, request: Request) -> Response:
        """How far the marking of each room is; where most waits comes first."""
        page = self.paginate_queryset(queries.progress_for(request.user))
        return self.get_paginated_response(shapes.MarkedRoomOut(page, many=True).data)

    @extend_schema(operation_id="grading_rooms_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """How far the marking of one room is."""
        return self._room(request, id)

    @extend_schema(operation_id="grading_rooms_update", request=shapes.MarkingPlanIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Say how a room is marked: without names, or with zero for what is not answered."""
        shape = shapes.MarkingPlanIn(data=request.data)
        shape.is_valid(raise_exception=True)
        marking.change_plan(actor=request.user, assignment_id=id, changes=shape.validated_data)
        return self._room(request, id)

    def _room(self, request: Request, assignment_id: uuid.UUID) -> Response:
        (room,) = queries.progress_for(request.user, assignment_id=assignment_id)
        return Response(shapes.MarkedRoomOut(room).data)
