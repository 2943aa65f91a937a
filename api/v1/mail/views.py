from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.requests import Request
from api.v1.mail import serializers as shapes
from apps.mail import operations, queries


class MailViewSet(GenericViewSet[Any]):
    """The letters that a center writes; on the main host the platform's own."""

    resource = "mails"
    serializer_class = shapes.MailOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="mails_list", parameters=[shapes.MailFilters])
    def list(self, request: Request) -> Response:
        """The letters that are kept, newest first. ``?status=DEAD``: those that were given up, each with its reason."""
        mails = queries.mails_for(request.user, **shapes.MailFilters.read(request))
        return self.get_paginated_response(shapes.MailOut(self.paginate_queryset(mails), many=True).data)

    @extend_schema(operation_id="mails_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One of them."""
        return Response(shapes.MailOut(queries.get_mail_for(request.user, id)).data)

    @extend_schema(operation_id="mails_revive", request=None)
    @action(detail=True, methods=["post"])
    def revive(self, request: Request, id: uuid.UUID) -> Response:
        """Send a letter that was given up after all. One that was cut off while it was sent may then arrive twice."""
        return Response(shapes.MailOut(operations.revive_own(actor=request.user, mail_id=id)).data)
