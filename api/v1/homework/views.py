from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common import links
from api.common.requests import Request
from api.common.throttling import AnswerRate, StartRate
from api.v1.attempts import serializers as sittings
from api.v1.attempts.papers import paper_of
from api.v1.homework import serializers as shapes
from apps.assignments import queries
from apps.assignments.operations import homework as operations
from apps.attempts.operations import homework as work
from apps.attempts.queries import homework as standings
from apps.attempts.queries import own_time
from apps.core import clock
from apps.mock_tests import queries as papers

HOMEWORK = PolymorphicProxySerializer(
    component_name="Homework",
    serializers=[shapes.StaffHomeworkOut, shapes.HomeworkOut],
    resource_type_field_name=None,
)
HOMEWORKS = PolymorphicProxySerializer(
    component_name="Homework",
    serializers=[shapes.StaffHomeworkOut, shapes.HomeworkOut],
    resource_type_field_name=None,
    many=True,
)


class HomeworkViewSet(GenericViewSet[Any]):
    """Homework: several tests and quizzes with one deadline."""

    request: Request
    resource = "homework-assignments"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="homework_list", parameters=[shapes.HomeworkFilters], responses=HOMEWORKS)
    def list(self, request: Request) -> Response:
        """Admins see all homework, teachers that of groups they teach and their own, others what is assigned to them, with
        their own status in each item."""
        wanted = shapes.HomeworkFilters.read(request)
        order = wanted.pop("ordering", "-created_at")
        found = queries.list_homework_for(request.user, **wanted).order_by(order, "pk")
        return self.get_paginated_response(self._render(self.paginate_queryset(found)))

    @extend_schema(operation_id="homework_retrieve", responses=HOMEWORK)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One homework, with what wrong answers cost in each item."""
        homework = queries.get_homework_for(request.user, id)
        costs = {item.room.paper_id: papers.penalties_of(paper_id=item.room.paper_id) for item in homework.items.all()}
        return Response(self._render([homework], penalties=costs)[0])

    @extend_schema(operation_id="homework_create", request=shapes.HomeworkIn, responses={201: shapes.StaffHomeworkOut})
    def create(self, request: Request) -> Response:
        """Assign the newest papers of published tests and quizzes to groups, people or both, until a deadline."""
        shape = shapes.HomeworkIn(data=request.data)
        shape.is_valid(raise_exception=True)
        homework = operations.assign_homework(actor=request.user, **shape.validated_data)
        return self._answer(homework.pk, status=201)

    @extend_schema(operation_id="homework_update", request=shapes.HomeworkIn, responses=shapes.StaffHomeworkOut)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a homework. A deadline that moves takes along who works on it; what somebody has worked on stays."""
        shape = shapes.HomeworkIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        operations.update_homework(actor=request.user, homework_id=id, **shape.validated_data)
        return self._answer(id)

    @extend_schema(operation_id="homework_replace", request=shapes.HomeworkIn, responses=shapes.StaffHomeworkOut)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="homework_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a homework on which nobody has worked."""
        operations.delete_homework(actor=request.user, homework_id=id)
        return Response(status=204)

    @extend_schema(operation_id="homework_progress", responses=shapes.ProgressOut(many=True))
    @action(detail=True)
    def progress(self, request: Request, id: uuid.UUID) -> Response:
        """How each student stands in each item, by name."""
        homework, students = standings.list_students_for(request.user, id)
        rows = standings.overview(homework=homework, students=self.paginate_queryset(students) or ())
        return self.get_paginated_response(shapes.ProgressOut(rows, many=True).data)

    def _answer(self, homework_id: uuid.UUID, status: int = 200) -> Response:
        homework = queries.get_homework_for(self.request.user, homework_id)
        return Response(self._render([homework])[0], status=status)

    def _render(self, homework: Sequence[Any] | None, **told: Any) -> Any:
        person = self.request.user
        if person.is_center_staff:
            return shapes.StaffHomeworkOut(homework, many=True, context={"request": self.request, **told}).data
        own = standings.standings(homework=homework or (), student_ids=[person.pk])
        rooms = [item.room for one in homework or () for item in one.items.all()]
        times = own_time.own_times(actor=person, rooms=rooms, at=clock.now())
        counting = [standing.counting for standing in own.values() if standing.counting]
        seen = sittings.seen_by(person, *counting)
        context = {"request": self.request, "standings": own, "times": times, **seen, **told}
        return shapes.HomeworkOut(homework, many=True, context=context).data


class StartItemView(APIView):
    resource = "homework-assignments/start"
    throttle_classes = [StartRate]

    @extend_schema(
        operation_id="homework_start",
        request=shapes.StartItemIn,
        responses={200: sittings.StartedWithPaperOut, 201: sittings.StartedWithPaperOut},
    )
    def post(self, request: Request, id: uuid.UUID, item: uuid.UUID) -> Response:
        """Begin an item (201), named by its id or by that of its test, or go on with what runs there (200)."""
        shape = shapes.StartItemIn(data=request.data)
        shape.is_valid(raise_exception=True)
        started = work.start_item(actor=request.user, homework_id=id, item_id=item, **shape.validated_data)
        paper = paper_of(request, started.attempt, started.server_time)
        return Response({**sittings.StartedOut(started).data, "paper": paper}, status=201 if started.is_new else 200)


class CheckView(APIView):
    resource = "attempts/check"
    throttle_classes = [AnswerRate]

    @extend_schema(operation_id="attempts_check", request=shapes.CheckIn, responses=shapes.CheckedAnswerOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Save one answer for good and learn whether it was right, where the homework lets answers be checked; and what
        would have been, once no other answer to it can count. Again with the same answer is harmless."""
        shape = shapes.CheckIn(data=request.data)
        shape.is_valid(raise_exception=True)
        verdict = work.check_answer(
            actor=request.user,
            attempt_id=id,
            sign=lambda attempt: links.media_signer(request, attempt.server_time + links.IN_REVIEW_LAST),
            **shape.validated_data,
        )
        return Response(shapes.CheckedAnswerOut(verdict).data)
