from __future__ import annotations

import uuid

from django.core.exceptions import RequestDataTooBig
from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common import keys, links
from api.common.keys import KEY_HEADER, KeyedIn
from api.common.requests import Request
from api.common.throttling import AnswerRate, StartRate
from api.v1.attempts import serializers as shapes
from api.v1.attempts.papers import paper_of
from apps.attempts import queries
from apps.attempts.operations import browser, granting, handing_in, journal, sitting
from apps.attempts.queries import earned
from apps.attempts.rules import answers as batches
from apps.leaderboards import queries as boards


class StartView(APIView):
    resource = "attempts/start"
    throttle_classes = [StartRate]

    @extend_schema(
        operation_id="attempts_start",
        request=shapes.StartIn,
        responses={200: shapes.StartedWithPaperOut, 201: shapes.StartedWithPaperOut},
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Begin an attempt in this room (201), or go on with the one that runs (200)."""
        shape = shapes.StartIn(data=request.data)
        shape.is_valid(raise_exception=True)
        started = sitting.start_attempt(actor=request.user, assignment_id=id, **shape.validated_data)
        body = {**shapes.StartedOut(started).data, "paper": paper_of(request, started.attempt, started.server_time)}
        return Response(body, status=201 if started.is_new else 200)


class AttemptViewSet(GenericViewSet):
    """Sittings: students see their own, teachers those in rooms they may see, admins all."""

    resource = "attempts"
    serializer_class = shapes.AttemptOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="attempts_list", parameters=[shapes.AttemptFilters])
    def list(self, request: Request) -> Response:
        """Attempts, newest first."""
        wanted = shapes.AttemptFilters.read(request)
        rows = self.paginate_queryset(queries.list_attempts_for(request.user, **wanted)) or []
        seen = shapes.seen_by(request.user, *rows)
        return self.get_paginated_response(shapes.AttemptOut(rows, many=True, context=seen).data)

    @extend_schema(operation_id="attempts_retrieve", responses=shapes.AttemptStateOut)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """Where an attempt stands, by the server's clock."""
        attempt = sitting.visit_attempt(actor=request.user, attempt_id=id)
        return Response(shapes.AttemptStateOut(attempt, context=shapes.seen_by(request.user, attempt)).data)

    @extend_schema(operation_id="attempts_paper", responses=shapes.TakerPaperOut)
    @action(detail=True)
    def paper(self, request: Request, id: uuid.UUID) -> Response:
        """The paper of an attempt that runs, in its own order."""
        attempt = sitting.visit_running_attempt(actor=request.user, attempt_id=id)
        return Response(paper_of(request, attempt, attempt.server_time))

    @extend_schema(operation_id="attempts_next_section", request=shapes.NextSectionIn, responses=shapes.AttemptStateOut)
    @action(detail=True, methods=["post"], url_path="next-section")
    def next_section(self, request: Request, id: uuid.UUID) -> Response:
        """Leave the present timed section, or break, for good and begin the next one now. Again is harmless."""
        shape = shapes.NextSectionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        granting.go_on(actor=request.user, attempt_id=id, **shape.validated_data)
        attempt = sitting.visit_attempt(actor=request.user, attempt_id=id)
        return Response(shapes.AttemptStateOut(attempt, context=shapes.seen_by(request.user, attempt)).data)

    @extend_schema(operation_id="attempts_answers", responses=shapes.AnswerStateOut)
    @action(detail=True, throttle_classes=[AnswerRate])
    def answers(self, request: Request, id: uuid.UUID) -> Response:
        """The answers that the server holds."""
        attempt = sitting.visit_attempt(actor=request.user, attempt_id=id)
        browser.check_sitting(actor=request.user, attempt=attempt)
        state = queries.answer_state(attempt)
        return Response(
            {
                "epoch": attempt.epoch,
                "answers": state.answers,
                "latest": state.latest,
                "last_seqs": state.last_seqs,
                "finals": attempt.finals,
                "server_time": attempt.server_time,
            }
        )

    @extend_schema(operation_id="attempts_save_answers", request=shapes.AnswersIn, responses=shapes.SavedOut)
    @answers.mapping.put
    def save_answers(self, request: Request, id: uuid.UUID) -> Response:
        """Store answers; what is acknowledged is stored for good. Sending the same again does no harm."""
        if int(request.META.get("CONTENT_LENGTH") or 0) > batches.MOST_BYTES:
            raise RequestDataTooBig
        epoch, answers = batches.read_batch(request.data)
        saved = journal.save_answers(actor=request.user, attempt_id=id, epoch=epoch, answers=answers)
        return Response(shapes.SavedOut(saved.as_dict()).data)

    @extend_schema(operation_id="attempts_submit", request=shapes.SubmitIn, responses=shapes.HandedInWholeOut)
    @action(detail=True, methods=["post"], throttle_classes=[AnswerRate])
    def submit(self, request: Request, id: uuid.UUID) -> Response:
        """Hand in for good, with a last batch of answers if there is one, or with all answers in one call. Again: the same
        receipt."""
        shape = shapes.SubmitIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        if isinstance(given["answers"], dict):
            whole = handing_in.hand_in_whole(actor=request.user, attempt_id=id, **given)
            return Response({**shapes.HandedInOut(whole.handed_in).data, "refused": whole.refused})
        handed_in = sitting.submit_attempt(actor=request.user, attempt_id=id, **given)
        return Response({**shapes.HandedInOut(handed_in).data, "refused": {}})

    @extend_schema(
        operation_id="attempts_takeover", parameters=[KEY_HEADER], request=KeyedIn, responses=shapes.EpochOut
    )
    @action(detail=True, methods=["post"])
    def takeover(self, request: Request, id: uuid.UUID) -> Response:
        """Go on in this window; answers from older windows are refused from now on."""
        shape = KeyedIn(data=request.data)
        shape.is_valid(raise_exception=True)
        epoch = keys.answer_once(
            request,
            scope=id,
            kind="takeover",
            given=shape.validated_data,
            check=lambda: sitting.visit_running_attempt(actor=request.user, attempt_id=id),
            work=lambda _: sitting.take_over(actor=request.user, attempt_id=id),
        )
        return Response({"attempt": id, "epoch": epoch})

    @extend_schema(operation_id="attempts_result", responses=shapes.RankedResultOut)
    @action(detail=True)
    def result(self, request: Request, id: uuid.UUID) -> Response:
        """Marks in all, by section and by topic, once the room's policy lets them be seen."""
        result = earned.get_result_for(request.user, id)
        rank = boards.find_rank(attempt_id=id)
        body = shapes.ResultOut(result, context=shapes.seen_by(request.user, result.attempt)).data
        return Response({**body, "rank": shapes.RankOut(rank).data if rank else None})

    @extend_schema(operation_id="attempts_review", responses=shapes.ReviewWithPaperOut)
    @action(detail=True)
    def review(self, request: Request, id: uuid.UUID) -> Response:
        """Answers beside the key, with explanations, once the room's review is open."""
        review = earned.get_review_for(
            request.user,
            id,
            sign=lambda attempt: links.media_signer(request, attempt.server_time + links.IN_REVIEW_LAST),
        )
        body = shapes.ReviewOut(review, context=shapes.seen_by(request.user, review.attempt)).data
        return Response({**body, "paper": review.paper})

    @extend_schema(operation_id="attempts_receipt", responses=shapes.ReceiptOut)
    @action(detail=True)
    def receipt(self, request: Request, id: uuid.UUID) -> Response:
        """The receipt of a closed attempt and the journal behind it."""
        attempt = sitting.visit_attempt(actor=request.user, attempt_id=id)
        return Response(shapes.ReceiptOut(queries.journal_of(attempt)).data)

    @extend_schema(operation_id="attempts_events", responses=shapes.EventOut(many=True))
    @action(detail=True)
    def events(self, request: Request, id: uuid.UUID) -> Response:
        """What the student's screen noticed, in the order it arrived: advice for people."""
        attempt = queries.get_attempt_for(request.user, id)
        rows = self.paginate_queryset(queries.events_of(request.user, attempt))
        return self.get_paginated_response(shapes.EventOut(rows, many=True).data)
