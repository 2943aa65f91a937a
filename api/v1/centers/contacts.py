"""Contact requests: a form for everybody, an inbox for owners."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common.filters import Filters, Order, Search
from api.common.pagination import Pages
from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.common.throttling import ContactRate
from apps.centers.operations import contacts
from apps.centers.queries import contacts as queries

REQUEST_STATUSES = ["PENDING", "CONTACTED", "RESOLVED", "REJECTED"]


class ContactIn(StrictSerializer):
    center_name = serializers.CharField(max_length=120)
    full_name = serializers.CharField(max_length=120)
    phone_number = serializers.CharField(max_length=40)
    message = serializers.CharField(max_length=4000, required=False, allow_blank=True, default="")
    homepage = serializers.CharField(
        max_length=300, required=False, allow_blank=True, help_text="Leave it empty: only robots fill it in."
    )


class ContactOut(serializers.Serializer[Any]):
    """What was asked, as its sender may see it."""

    id = serializers.UUIDField()
    center_name = serializers.CharField()
    full_name = serializers.CharField()
    phone_number = serializers.CharField()
    message = serializers.CharField()
    status = serializers.ChoiceField(REQUEST_STATUSES)
    created_at = serializers.DateTimeField()


class RequestOut(ContactOut):
    """The same for owners."""

    ip_address = serializers.IPAddressField(allow_null=True)
    updated_at = serializers.DateTimeField()


class RequestFilters(Filters):
    search = Search(help_text="Part of names, number or message.")
    status = serializers.ChoiceField(REQUEST_STATUSES, required=False)
    ordering = Order(["created_at", "status", "center_name"])


class StatusIn(StrictSerializer):
    status = serializers.ChoiceField(REQUEST_STATUSES)


class InboxPages(Pages):
    """Six a page unless asked otherwise: what clients of this inbox count with."""

    page_size = 6


class ContactView(APIView):
    """For people who are nobody here yet."""

    resource = "contact-requests"
    authentication_classes: list[type] = []
    throttle_classes = [ContactRate]

    @extend_schema(operation_id="contact_requests_create", request=ContactIn, responses={201: ContactOut})
    def post(self, request: Request) -> Response:
        """Ask to become a center, or to be called back."""
        shape = ContactIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        if given.pop("homepage", ""):
            # A robot is not told that it was seen.
            made = {"id": uuid.uuid4(), "status": "PENDING", "created_at": timezone.now(), **given}
            return Response(ContactOut(made).data, status=201)
        return Response(ContactOut(contacts.ask(**given)).data, status=201)


class OwnerRequestViewSet(GenericViewSet[Any]):
    """The owners' inbox."""

    resource = "owner-contact-requests"
    serializer_class = RequestOut
    pagination_class = InboxPages
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="owner_contact_requests_list", parameters=[RequestFilters])
    def list(self, request: Request) -> Response:
        """All requests, newest first."""
        rows = self.paginate_queryset(queries.list_requests(**RequestFilters.read(request)))
        return self.get_paginated_response(RequestOut(rows, many=True).data)

    @extend_schema(operation_id="owner_contact_requests_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One request."""
        return Response(RequestOut(queries.get_request(request_id=id)).data)

    @extend_schema(operation_id="owner_contact_requests_update", request=StatusIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Say how far it is; nothing else can change."""
        shape = StatusIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(RequestOut(contacts.set_status(request_id=id, **shape.validated_data)).data)

    @extend_schema(operation_id="owner_contact_requests_remove", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove it for good."""
        contacts.delete_request(request_id=id)
        return Response(status=204)
