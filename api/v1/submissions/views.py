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
from api.v1.submissions import homework as homework_shapes
from api.v1.submissions import serializers as shapes
from api.v1.submissions.errors import NotAdmitted
from apps.assignments.errors import RoomNotOpen, RoomPaused, TooLateToStart
from apps.attempts.errors import NoAttemptsLeft
from apps.attempts.operations import handing_in, homework, integrity, sitting
from apps.attempts.queries import homework as own_homework
from apps.attempts.queries import submissions
from apps.attempts.rules import shown


class SubmissionViewSet(GenericViewSet[Any]):
    """Attempts in exam rooms and homework by the main source's name and verbs; the operations behind them are those of
    ``attempts/``."""

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
        except (RoomNotOpen, RoomPaused, TooLateToStart, NoAttemptsLeft) as refusal:
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

    # -- homework --------------------------------------------------------------------------------------------------

    @extend_schema(
        operation_id="submissions_homework_start",
        request=homework_shapes.StartHomeworkIn,
        responses={201: homework_shapes.HomeworkStartedOut},
    )
    @action(detail=False, methods=["post"], url_path="homework-start", throttle_classes=[StartRate])
    def homework_start(self, request: Request) -> Response:
        """Begin a quiz or test of a homework, or go on with what runs there: the same submission. A quiz that goes one by
        one is refused with 409, since all questions are shown here."""
        shape = homework_shapes.StartHomeworkIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        begun = homework.start_item(
            actor=request.user,
            homework_id=given["homework_assignment_id"],
            item_id=given["item_id"],
            kind=given["item_type"].upper(),
            practice=given["practice"],
            shows_all=True,
        )
        paper = paper_of(request, begun.attempt, begun.server_time)
        return Response(homework_shapes.started(begun, paper, item_type=given["item_type"]), status=201)

    @extend_schema(
        operation_id="submissions_check_single_question",
        request=homework_shapes.CheckQuestionIn,
        responses=homework_shapes.CheckedOut,
    )
    @action(detail=False, methods=["post"], url_path="check-single-question", throttle_classes=[AnswerRate])
    def check_single_question(self, request: Request) -> Response:
        """Save one answer for good and learn whether it was right, where the homework lets answers be checked."""
        shape = homework_shapes.CheckQuestionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        verdict = homework.check_answer(
            actor=request.user,
            attempt_id=given["submission_id"],
            question=given["question_id"],
            given=given["selected_index"],
        )
        return Response(homework_shapes.CheckedOut(verdict).data)

    @extend_schema(
        operation_id="submissions_submit_homework",
        request=homework_shapes.SubmitHomeworkIn,
        responses=homework_shapes.HomeworkSubmittedOut,
    )
    @action(detail=False, methods=["post"], url_path="submit-homework", throttle_classes=[AnswerRate])
    def submit_homework(self, request: Request) -> Response:
        """Hand in for good, with what was checked and saved before and these answers. Again: the same receipt."""
        shape = homework_shapes.SubmitHomeworkIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        whole = homework.hand_in(actor=request.user, attempt_id=given["submission_id"], answers=given["answers"])
        submission = submissions.get_submission_for(request.user, given["submission_id"])
        return Response(homework_shapes.HomeworkSubmittedOut(whole, context={"submission": submission}).data)

    @extend_schema(operation_id="submissions_homework_history", responses=homework_shapes.HomeworkHistoryOut)
    @action(detail=False, url_path="history/<uuid:homework>/list", pagination_class=None)
    def history(self, request: Request, homework: uuid.UUID) -> Response:
        """My attempts of a homework that have ended, the latest first; practice is not among them."""
        found, mine = own_homework.own_history(request.user, homework)
        return Response(homework_shapes.HomeworkHistoryOut({"homework_title": found.title, "submissions": mine}).data)

    @extend_schema(
        operation_id="submissions_show_result",
        request=homework_shapes.SubmitHomeworkIn,
        responses=homework_shapes.ShownResultOut,
    )
    @action(detail=False, methods=["post"], url_path="show-result", throttle_classes=[AnswerRate])
    def show_result(self, request: Request) -> Response:
        """My result of a homework that I have handed in; of practice that goes on, what these answers would earn. Nothing is
        saved."""
        shape = homework_shapes.SubmitHomeworkIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        submission = own_homework.shown_result(request.user, given["submission_id"], given["answers"])
        return Response(homework_shapes.ShownResultOut(submission).data)

    @extend_schema(
        operation_id="submissions_my_homework_results",
        parameters=[shapes.MyHomeworkResultFilters],
        responses=homework_shapes.MyHomeworkResultsOut,
    )
    @action(detail=False, url_path="my-homework-results", pagination_class=None)
    def my_homework_results(self, request: Request) -> Response:
        """My results of a homework, of the attempts that count; refused before there are marks (404) and before they are
        shown (403)."""
        wanted = shapes.MyHomeworkResultFilters.read(request)
        found, counting = own_homework.own_results(request.user, wanted["homework_assignment_id"])
        answer = {
            "homework_id": found.pk,
            "homework_title": found.title,
            "show_results_immediately": found.show_results_immediately,
            "submissions": counting,
        }
        return Response(homework_shapes.MyHomeworkResultsOut(answer).data)
