from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.requests import Request
from api.common.throttling import AnswerRate, ReportRate, StartRate
from api.v1.attempts.papers import paper_of
from api.v1.submissions import serializers as shapes
from api.v1.submissions.errors import NotAdmitted
from apps.assignments.errors import RoomNotOpen
from apps.attempts.errors import NoAttemptsLeft
from apps.attempts.operations import handing_in, integrity, sitting
from apps.attempts.queries import submissions
from apps.attempts.rules import shown


class SubmissionViewSet(GenericViewSet[Any]):
    """Attempts in exam rooms by the main source's name and verbs; the operations behind them are those of ``attempts/``."""

    resource = "submissions"
    serializer_class = shapes.SubmissionOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="submissions_list", parameters=[shapes.SubmissionFilters])
    def list(self, request: Request) -> Response:
        """Submissions, newest first. Staff get every item of each."""
        wanted = shapes.SubmissionFilters.read(request)
        rows = self.paginate_queryset(submissions.submissions_for(request.user, **wanted))
        described = submissions.describe(request.user, rows or ())
        return self.get_paginated_response(shapes.SubmissionOut(described, many=True).data)

    @extend_schema(operation_id="submissions_retrieve", responses=shapes.SubmissionOut)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One submission, for staff with what the student's screen noticed."""
        return Response(shapes.SubmissionOut(submissions.get_submission_for(request.user, id)).data)

    @extend_schema(
        operation_id="submissions_start_exam", request=shapes.StartExamIn, responses={201: shapes.ExamStartedOut}
    )
    @action(detail=False, methods=["post"], url_path="start-exam", throttle_classes=[StartRate])
    def start_exam(self, request: Request) -> Response:
        """Begin in a room, or go on with what runs there: the same submission. A room that is not open, or has no attempt
        left, is refused with 403."""
        shape = shapes.StartExamIn(data=request.data)
        shape.is_valid(raise_exception=True)
        room = shape.validated_data.pop("exam_assignment_id")
        try:
            started = sitting.start_attempt(actor=request.user, assignment_id=room, **shape.validated_data)
        except (RoomNotOpen, NoAttemptsLeft) as refusal:
            raise NotAdmitted(refusal) from None
        attempt = started.attempt
        answer = {
            "submission_id": str(attempt.pk),
            "exam_paper": shown.with_options(paper_of(request, attempt, started.server_time)),
            "started_at": attempt.started_at,
            "message": "The exam has begun." if started.is_new else "The exam goes on.",
        }
        return Response(answer, status=201)

    @extend_schema(
        operation_id="submissions_submit_exam", request=shapes.SubmitExamIn, responses=shapes.ExamSubmittedOut
    )
    @action(detail=False, methods=["post"], url_path="submit-exam", throttle_classes=[AnswerRate])
    def submit_exam(self, request: Request) -> Response:
        """Hand in for good with all answers in one call. Answers that cannot be taken are told and stand in the way of
        nothing. Again: the same receipt."""
        shape = shapes.SubmitExamIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        whole = handing_in.hand_in_whole(
            actor=request.user, attempt_id=given["submission_id"], answers=given["answers"]
        )
        return Response(shapes.ExamSubmittedOut(whole).data)

    @extend_schema(
        operation_id="submissions_my_results", parameters=[shapes.MyResultFilters], responses=shapes.MyResultOut
    )
    @action(detail=False, url_path="my-results", pagination_class=None)
    def my_results(self, request: Request) -> Response:
        """My result in a room, of the attempt that counts; refused before there are marks (404) and before they are
        released (403)."""
        wanted = shapes.MyResultFilters.read(request)
        submission = submissions.get_own_result(request.user, wanted["exam_assignment_id"])
        return Response(shapes.MyResultOut({"submission": submission, "is_published": True}).data)

    @extend_schema(
        operation_id="submissions_report_integrity", request=shapes.ReportIn, responses={202: shapes.ReportedOut}
    )
    @action(detail=False, methods=["post"], url_path="report-exam-integrity", throttle_classes=[ReportRate])
    def report(self, request: Request) -> Response:
        """Keep what the student's screen noticed, as advice for staff. The attempt goes on as if nothing had been said."""
        shape = shapes.ReportIn(data=request.data)
        shape.is_valid(raise_exception=True)
        attempt_id = shape.validated_data["submission_id"]
        recorded = integrity.report_events(actor=request.user, attempt_id=attempt_id, events=shape.events())
        return Response({"recorded": recorded}, status=202)
