"""What explains an attempt: its time, every second of it, and what was kept for review though it counts for nothing."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common.requests import Request
from api.v1.attempts import serializers as shapes
from apps.attempts.models import TimeGrant
from apps.attempts.queries import evidence, time_told


class GiverOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="pk")
    name = serializers.CharField(source="get_full_name")


class LedgerEntryOut(serializers.Serializer[Any]):
    step = serializers.IntegerField(help_text="Of the course, from 0; 0 where the paper is open as a whole.")
    section = serializers.CharField(help_text="The name of that step; empty where there is none.")
    kind = serializers.ChoiceField(TimeGrant.Kind.values)
    seconds = serializers.FloatField(help_text="Negative where time was taken away.")
    reason = serializers.CharField(help_text="Empty of what is printed on the paper: the kind says it.")
    given_by = serializers.ChoiceField(time_told.GIVERS)
    author = GiverOut(allow_null=True, help_text="For staff; students are told no names but their own.")
    at = serializers.DateTimeField()


class LedgerOut(serializers.Serializer[Any]):
    """Start and all entries, rounded to the microsecond each, add up to the deadline."""

    attempt = serializers.UUIDField(source="attempt.pk")
    started_at = serializers.DateTimeField(source="attempt.started_at")
    deadline_at = serializers.DateTimeField(source="attempt.deadline_at")
    finished_at = serializers.DateTimeField(source="attempt.finished_at", allow_null=True)
    course = shapes.StepOut(source="attempt.course", many=True)
    step_ends = serializers.ListField(
        child=serializers.DateTimeField(), allow_null=True, source="attempt.step_ends", help_text="By step."
    )
    paused_at = serializers.DateTimeField(
        source="attempt.paused_at",
        allow_null=True,
        help_text="What stands still since then is entered when it goes on.",
    )
    pause_reason = serializers.SerializerMethodField(help_text="Why it stands still; empty while it does not.")
    printed_seconds = serializers.FloatField(source="printed", help_text="What everybody has who sits this paper here.")
    total_seconds = serializers.FloatField(source="total", help_text="From the start to the deadline.")
    entries = LedgerEntryOut(many=True)
    server_time = serializers.DateTimeField(source="attempt.server_time")

    def get_pause_reason(self, told: time_told.ToldLedger) -> str:
        return told.attempt.pause_reason if told.attempt.paused_at is not None else ""


class RefusedAnswerOut(serializers.Serializer[Any]):
    """An answer that counts for nothing, and what counts instead."""

    epoch = serializers.IntegerField(source="refused.epoch")
    seq = serializers.IntegerField(source="refused.seq")
    question = serializers.UUIDField(source="refused.question_id")
    question_number = serializers.IntegerField(source="number", allow_null=True)
    section = serializers.CharField()
    response = serializers.JSONField(source="refused.response", allow_null=True)
    words = serializers.ListField(child=serializers.CharField(), help_text="Of the options that it chose. Plain text.")
    counted = serializers.JSONField(allow_null=True, help_text="The response that counts; null: none.")
    counted_words = serializers.ListField(child=serializers.CharField())
    code = serializers.CharField(source="refused.code", help_text="Why it was refused.")
    received_at = serializers.DateTimeField(source="refused.received_at")
    late_seconds = serializers.FloatField(
        allow_null=True, help_text="After the end that it missed, as that stands now."
    )


class WithdrawnSheetOut(serializers.Serializer[Any]):
    """A sheet that was frozen before the attempt was opened again."""

    answers = serializers.DictField(child=serializers.JSONField(), help_text="By question id.")
    entry_count = serializers.IntegerField()
    receipt = serializers.CharField(help_text="SHA-256 over the journal as it was then.")
    frozen_at = serializers.DateTimeField()
    finished_at = serializers.DateTimeField()
    reason = serializers.CharField()
    withdrawn_by = GiverOut(allow_null=True)
    withdrawn_at = serializers.DateTimeField()


class LedgerView(APIView):
    resource = "attempts/ledger"

    @extend_schema(operation_id="attempts_ledger", responses=LedgerOut)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Every second of an attempt's time: who gave it or took it away, when, and why."""
        return Response(LedgerOut(time_told.ledger_for(request.user, id)).data)


class RefusedAnswersView(GenericAPIView[Any]):
    resource = "attempts/refused-answers"
    serializer_class = RefusedAnswerOut

    @extend_schema(operation_id="attempts_refused_answers", responses=RefusedAnswerOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Answers that came too late, or from a window that was taken over, in the order they arrived."""
        attempt = evidence.get_reviewed_attempt(request.user, id)
        rows = self.paginate_queryset(evidence.refused_answers_of(attempt))
        return self.get_paginated_response(RefusedAnswerOut(evidence.explain(attempt, rows or ()), many=True).data)


class WithdrawnSheetsView(GenericAPIView[Any]):
    resource = "attempts/withdrawn-sheets"
    serializer_class = WithdrawnSheetOut

    @extend_schema(operation_id="attempts_withdrawn_sheets", responses=WithdrawnSheetOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """What had been handed in before the attempt was opened again, the first sheet first."""
        attempt = evidence.get_reviewed_attempt(request.user, id)
        rows = self.paginate_queryset(evidence.withdrawn_sheets_of(attempt))
        return self.get_paginated_response(WithdrawnSheetOut(rows, many=True).data)
