"""What a password has to be like, told before one is chosen."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common.requests import Request
from apps.authentication import queries


class PasswordPolicyOut(serializers.Serializer[Any]):
    min_length = serializers.IntegerField()
    max_length = serializers.IntegerField()
    rules = serializers.ListField(child=serializers.CharField(), help_text="Sentences for people.")


class PasswordPolicyView(APIView):
    resource = "auth/password/policy"
    authentication_classes: list[type] = []

    @extend_schema(operation_id="auth_password_policy", responses=PasswordPolicyOut)
    def get(self, request: Request) -> Response:
        """What a password has to be like here."""
        return Response(PasswordPolicyOut(queries.password_policy()).data)
