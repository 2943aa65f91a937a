"""OpenAPI: every operation names its roles and may answer with a problem document."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import Direction, OpenApiResponse
from rest_framework import serializers

from api.common.permissions import ANYBODY, declared_policy


class ProblemItem(serializers.Serializer[Any]):
    """One reason with its place."""

    pointer = serializers.CharField(help_text="JSON pointer into the input.")
    code = serializers.CharField()
    detail = serializers.CharField()


class ProblemDocument(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="A sentence for people.")
    code = serializers.CharField(help_text="For programs; a closed list.")
    request_id = serializers.CharField()
    errors = ProblemItem(many=True, required=False)  # type: ignore[assignment]


class OperationSchema(AutoSchema):
    """Adds ``x-roles`` from the view's policy and the default problem answer."""

    def get_operation(self, *args: Any, **kwargs: Any) -> dict[str, Any] | None:
        operation = super().get_operation(*args, **kwargs)
        if operation is None:
            return None
        policy = declared_policy(self.view, self.method)
        operation["x-roles"] = sorted(policy) if policy else []
        operation["responses"]["default"] = self._get_response_for_code(
            OpenApiResponse(ProblemDocument, description="A refusal."), "default", ["application/problem+json"]
        )
        return operation

    def _get_response_bodies(self, direction: Direction = "response") -> dict[str, Any]:
        """What answers to DELETE with a body answers 200; the generator takes every DELETE for a 204 without one."""
        said = self.get_response_serializers()
        if self.method == "DELETE" and said is not None and not isinstance(said, dict):
            return {"200": self._get_response_for_code(said, "200", direction=direction)}
        bodies: dict[str, Any] = super()._get_response_bodies(direction)
        return bodies

    def get_auth(self) -> list[dict[str, Any]]:
        return [] if declared_policy(self.view, self.method) == ANYBODY else super().get_auth()
