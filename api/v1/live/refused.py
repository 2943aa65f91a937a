"""Answers to live questions that were refused and kept."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from api.common.requests import Request
from apps.live.queries import refused


class RefusedLiveAnswerOut(serializers.Serializer[Any]):
    """An answer that counts for nothing."""

    number = serializers.IntegerField(source="refused.number", help_text="Of the question in the session.")
    player = serializers.UUIDField(source="refused.player_id")
    display_name = serializers.CharField(source="refused.player.display_name")
    seq = serializers.IntegerField(source="refused.seq")
    response = serializers.JSONField(source="refused.response", allow_null=True)
    words = serializers.ListField(child=serializers.CharField(), help_text="Of the options that it chose. Plain text.")
    code = serializers.CharField(source="refused.code", help_text="Why it was refused.")
    received_at = serializers.DateTimeField(source="refused.received_at")
    late_seconds = serializers.FloatField(allow_null=True, help_text="After its question was over.")


class RefusedLiveAnswersView(GenericAPIView[Any]):
    resource = "quiz-sessions/refused-answers"
    serializer_class = RefusedLiveAnswerOut

    @extend_schema(operation_id="quiz_sessions_refused_answers", responses=RefusedLiveAnswerOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Answers that came after their question was over, or after the one that counts, in the order they arrived."""
        session = refused.get_hosted_session(request.user, id)
        rows = self.paginate_queryset(refused.refused_answers_of(session))
        return self.get_paginated_response(RefusedLiveAnswerOut(refused.explain(session, rows or ()), many=True).data)
