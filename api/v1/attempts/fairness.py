"""What is done to single attempts so that an exam is fair, and the check of receipts."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common import keys
from api.common.keys import KEY_HEADER, KeyedIn
from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.common.throttling import ReceiptRate
from api.v1.attempts import serializers as shapes
from apps.attempts import queries
from apps.attempts.operations import accommodating, voiding
from apps.attempts.queries import receipt_check


class AttemptReasonIn(StrictSerializer):
    reason = serializers.CharField(max_length=200)


class ExtendAttemptIn(KeyedIn):
    """So much time, and why."""

    seconds = serializers.IntegerField(help_text="1 second to 24 hours.")
    reason = serializers.CharField(max_length=200)


class ReceiptCheckIn(StrictSerializer):
    attempt = serializers.UUIDField(required=False, source="attempt_id")
    code = serializers.CharField(required=False, max_length=20, help_text="The mark on the paper, instead of the id.")
    receipt = serializers.RegexField(r"^[0-9a-f]{64}$", max_length=64)

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        if ("attempt_id" in given) == ("code" in given):
            raise serializers.ValidationError({"attempt": ["Either the attempt or its code."]}, code="required")
        return given


class ReceiptCheckOut(serializers.Serializer[Any]):
    valid = serializers.BooleanField()


class VoidView(APIView):
    resource = "attempts/void"

    @extend_schema(operation_id="attempts_void", request=AttemptReasonIn, responses=shapes.AttemptOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Take an attempt out of everything that counts; what was written stays as evidence. Again is harmless."""
        shape = AttemptReasonIn(data=request.data)
        shape.is_valid(raise_exception=True)
        attempt = voiding.void_attempt(actor=request.user, attempt_id=id, **shape.validated_data)
        return Response(shapes.AttemptOut(attempt, context=shapes.seen_by(request.user, attempt)).data)


class AccommodateView(APIView):
    resource = "attempts/accommodate"

    @extend_schema(operation_id="attempts_accommodate", request=AttemptReasonIn, responses=shapes.AttemptOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Give an attempt that runs what is missing of the accommodation that is in force for its student. Again is
        harmless."""
        shape = AttemptReasonIn(data=request.data)
        shape.is_valid(raise_exception=True)
        attempt = accommodating.accommodate(actor=request.user, attempt_id=id, **shape.validated_data)
        return Response(shapes.AttemptOut(attempt, context=shapes.seen_by(request.user, attempt)).data)


class ExtendAttemptView(APIView):
    resource = "attempts/extend-one"

    @extend_schema(
        operation_id="attempts_extend_one",
        parameters=[KEY_HEADER],
        request=ExtendAttemptIn,
        responses=shapes.ExtendedOut,
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Give one attempt that runs more time, at once: of an exam, of practice, of homework beyond its deadline too."""
        shape = ExtendAttemptIn(data=request.data)
        shape.is_valid(raise_exception=True)
        extended = keys.answer_once(
            request,
            scope=id,
            kind="extend_attempt",
            given=shape.validated_data,
            check=lambda: queries.get_attempt_for(request.user, id),
            work=lambda given: dict(
                shapes.ExtendedOut(accommodating.extend_attempt(actor=request.user, attempt_id=id, **given)).data
            ),
        )
        return Response(extended)


class ReceiptCheckView(APIView):
    resource = "receipts/check"
    authentication_classes: list[type] = []
    throttle_classes = [ReceiptRate]

    @extend_schema(operation_id="receipts_check", request=ReceiptCheckIn, responses=ReceiptCheckOut)
    def post(self, request: Request) -> Response:
        """Whether this is the receipt of that attempt: yes or no, and nothing else. An attempt that was opened again has a
        new receipt."""
        shape = ReceiptCheckIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response({"valid": receipt_check.is_receipt(**shape.validated_data)})
