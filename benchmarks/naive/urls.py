from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from rest_framework import serializers
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from benchmarks.naive.models import Answer, Sitting


class AnswerIn(serializers.Serializer):
    seq = serializers.IntegerField()
    question = serializers.UUIDField()
    response = serializers.JSONField(allow_null=True)


class AnswersIn(serializers.Serializer):
    epoch = serializers.IntegerField()
    answers = AnswerIn(many=True)


class AnswersView(APIView):
    permission_classes = [IsAuthenticated]

    def put(self, request: Request, sitting_id: str) -> Response:
        sitting = get_object_or_404(Sitting, pk=sitting_id, student=request.user)
        if sitting.status != "IN_PROGRESS" or timezone.now() > sitting.deadline_at:
            return Response({"detail": "closed"}, status=409)
        shape = AnswersIn(data=request.data)
        shape.is_valid(raise_exception=True)
        for answer in shape.validated_data["answers"]:
            Answer.objects.update_or_create(
                sitting=sitting,
                question_id=answer["question"],
                defaults={"seq": answer["seq"], "response": answer["response"]},
            )
        return Response({"acked": [answer["seq"] for answer in shape.validated_data["answers"]]})


def alive(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


urlpatterns = [path("answers/<uuid:sitting_id>/", AnswersView.as_view()), path("livez", alive)]
