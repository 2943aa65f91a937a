from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common import keys
from api.common.keys import KEY_HEADER
from api.common.requests import Request
from api.v1.assignments import serializers as shapes
from apps.assignments import operations, queries
from apps.attempts import queries as attempts
from apps.attempts.queries import own_time
from apps.core import clock
from apps.mock_tests import queries as papers

ROOM = PolymorphicProxySerializer(
    component_name="OneRoom",
    serializers=[shapes.StaffAssignmentOut, shapes.OwnAssignmentOut],
    resource_type_field_name=None,
)
ROOMS = PolymorphicProxySerializer(
    component_name="Room",
    serializers=[shapes.StaffAssignmentOut, shapes.AssignmentOut],
    resource_type_field_name=None,
    many=True,
)


class AssignmentViewSet(GenericViewSet[Any]):
    """Exam rooms."""

    request: Request
    resource = "exam-assignments"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="assignments_list", parameters=[shapes.AssignmentFilters], responses=ROOMS)
    def list(self, request: Request) -> Response:
        """Admins see all rooms, teachers those of groups they teach and their own, others what is assigned to them.
        Access codes and who is assigned by name are shown to staff only."""
        wanted = shapes.AssignmentFilters.read(request)
        order = wanted.pop("ordering", "-created_at")
        rooms = queries.list_assignments_for(request.user, **wanted).order_by(order, "pk")
        return self.get_paginated_response(self._render(self.paginate_queryset(rooms)))

    @extend_schema(operation_id="assignments_retrieve", responses=ROOM)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One room. Who may sit in it is told the time that they will have, and what wrong answers cost."""
        if request.user.is_center_staff:
            return self._answer(id)
        room = queries.get_assignment_for(request.user, id)
        mine = own_time.own_time(actor=request.user, room=room, at=clock.now())
        costs = shapes.PenaltyOut(papers.penalties_of(paper_id=room.paper_id), many=True).data
        told = {"my_seconds": shapes.OwnTimeOut(mine).data, "penalties": costs}
        return Response({**self._render([room])[0], **told})

    @extend_schema(
        operation_id="assignments_create",
        request=shapes.CreateAssignmentIn,
        responses={201: shapes.StaffAssignmentOut},
    )
    def create(self, request: Request) -> Response:
        """Assign the newest paper of a published test to groups, people or both."""
        shape = shapes.CreateAssignmentIn(data=request.data)
        shape.is_valid(raise_exception=True)
        room = operations.assign_test(actor=request.user, **shape.validated_data)
        return self._answer(room.pk, status=201)

    @extend_schema(
        operation_id="assignments_update", request=shapes.UpdateAssignmentIn, responses=shapes.StaffAssignmentOut
    )
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a room. What the takers rely on stays as it is once the room has opened."""
        shape = shapes.UpdateAssignmentIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        operations.update_assignment(actor=request.user, assignment_id=id, **shape.validated_data)
        return self._answer(id)

    @extend_schema(
        operation_id="assignments_replace", request=shapes.UpdateAssignmentIn, responses=shapes.StaffAssignmentOut
    )
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="assignments_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a room in which nobody has sat."""
        operations.delete_assignment(actor=request.user, assignment_id=id)
        return Response(status=204)

    @extend_schema(operation_id="assignments_open", request=None, responses=shapes.StaffAssignmentOut)
    @action(detail=True, methods=["post"])
    def open(self, request: Request, id: uuid.UUID) -> Response:
        """Open the room now. Again is harmless."""
        operations.open_room(assignment_id=id, actor=request.user)
        return self._answer(id)

    @extend_schema(operation_id="assignments_close", request=None, responses=shapes.StaffAssignmentOut)
    @action(detail=True, methods=["post"])
    def close(self, request: Request, id: uuid.UUID) -> Response:
        """Close the room now: nobody starts any more, who sits is ended. Again is harmless."""
        operations.close_room(assignment_id=id, actor=request.user)
        return self._answer(id)

    @extend_schema(operation_id="assignments_release", request=None, responses=shapes.StaffAssignmentOut)
    @action(detail=True, methods=["post"])
    def release(self, request: Request, id: uuid.UUID) -> Response:
        """Show the students of a closed room their results, once nobody sits in it any more. Again is harmless."""
        operations.release_results(assignment_id=id, actor=request.user)
        return self._answer(id)

    @extend_schema(operation_id="assignments_reopen", request=shapes.ReopenIn, responses=shapes.StaffAssignmentOut)
    @action(detail=True, methods=["post"])
    def reopen(self, request: Request, id: uuid.UUID) -> Response:
        """Let people start again in a room that was closed, or finalised and not released. Who has handed in stays so; see
        ``reopen-seats/``."""
        shape = shapes.ReopenIn(data=request.data)
        shape.is_valid(raise_exception=True)
        operations.reopen_room(actor=request.user, assignment_id=id, **shape.validated_data)
        return self._answer(id)

    @extend_schema(operation_id="assignments_announcements", responses=shapes.AnnouncementOut(many=True))
    @action(detail=True)
    def announcements(self, request: Request, id: uuid.UUID) -> Response:
        """What was said in the room, the latest first."""
        rows = self.paginate_queryset(queries.announcements_for(request.user, id))
        return self.get_paginated_response(shapes.AnnouncementOut(rows, many=True).data)

    @extend_schema(
        operation_id="assignments_announce",
        parameters=[KEY_HEADER],
        request=shapes.AnnounceIn,
        responses={201: shapes.AnnouncementOut},
    )
    @action(detail=True, methods=["post"])
    def announce(self, request: Request, id: uuid.UUID) -> Response:
        """Say something to everybody who sits in the room, now."""
        shape = shapes.AnnounceIn(data=request.data)
        shape.is_valid(raise_exception=True)
        said = keys.answer_once(
            request,
            scope=id,
            kind="announce",
            given=shape.validated_data,
            check=lambda: queries.get_assignment_for(request.user, id),
            work=lambda given: shapes.announced(operations.announce(actor=request.user, assignment_id=id, **given)),
        )
        return Response(said, status=201)

    def _answer(self, assignment_id: uuid.UUID, status: int = 200) -> Response:
        room = queries.get_assignment_for(self.request.user, assignment_id)
        return Response(self._render([room])[0], status=status)

    def _render(self, rooms: Sequence[Any] | None) -> Any:
        if self.request.user.is_center_staff:
            return shapes.StaffAssignmentOut(rooms, many=True, context={"request": self.request}).data
        statuses = attempts.newest_statuses(self.request.user, [room.pk for room in rooms or ()])
        return shapes.AssignmentOut(rooms, many=True, context={"request": self.request, "statuses": statuses}).data
