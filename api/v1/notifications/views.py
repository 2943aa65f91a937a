from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common.requests import Request
from api.v1.notifications import serializers as shapes
from apps.notifications import operations, queries


class NoticeViewSet(GenericViewSet[Any]):
    """What the signed-in person was told."""

    resource = "notifications"
    serializer_class = shapes.NoticeOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="notifications_list", parameters=[shapes.NoticeFilters])
    def list(self, request: Request) -> Response:
        """One's own notices, newest first. ``?is_read=false`` counts the unread ones."""
        notices = queries.notices_for(request.user, **shapes.NoticeFilters.read(request))
        page = self.paginate_queryset(notices) or ()
        return self.get_paginated_response([queries.as_data(notice) for notice in page])

    @extend_schema(operation_id="notifications_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One of them."""
        return Response(queries.as_data(queries.get_notice_for(request.user, id)))

    @extend_schema(operation_id="notifications_update", request=shapes.ReadIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Mark as read or unread; nothing else can change."""
        shape = shapes.ReadIn(data=request.data)
        shape.is_valid(raise_exception=True)
        notice = operations.set_read(actor=request.user, notice_id=id, **shape.validated_data)
        return Response(queries.as_data(notice))

    @extend_schema(operation_id="notifications_mark_all_read", request=None, responses=shapes.UpdatedOut)
    @action(detail=False, methods=["post"], url_path="mark-all-read")
    def mark_all_read(self, request: Request) -> Response:
        """Mark everything as read."""
        return Response({"updated": operations.mark_all_read(actor=request.user)})


class WishesView(APIView):
    """Which letters the signed-in person wants that nobody has to get."""

    resource = "notifications/mail-wishes"

    @extend_schema(operation_id="mail_wishes_retrieve", responses=shapes.WishesOut)
    def get(self, request: Request) -> Response:
        """One's own wishes."""
        return Response(shapes.WishesOut(queries.wishes_of(user_id=request.user.pk)).data)

    @extend_schema(operation_id="mail_wishes_update", request=shapes.WishesIn, responses=shapes.WishesOut)
    def patch(self, request: Request) -> Response:
        """Change them."""
        shape = shapes.WishesIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(shapes.WishesOut(operations.set_wishes(actor=request.user, **shape.validated_data)).data)

    @extend_schema(operation_id="mail_wishes_replace", request=shapes.WishesIn, responses=shapes.WishesOut)
    def put(self, request: Request) -> Response:
        """The same."""
        return self.patch(request)


class UnsubscribeView(APIView):
    """For whoever holds a letter, and for mail programs with their one click (RFC 8058), whose body says nothing new."""

    resource = "notifications/unsubscribe"
    authentication_classes: list[type] = []

    @extend_schema(
        operation_id="mail_unsubscribe",
        parameters=[shapes.UnsubscribeQuery],
        request=None,
        responses=shapes.UnsubscribedOut,
    )
    def post(self, request: Request) -> Response:
        """No more letters about results; again without effect."""
        operations.unsubscribe(token=request.query_params.get("token", ""))
        return Response({"detail": "You will get no more letters about results."})
