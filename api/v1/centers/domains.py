"""A center's hosts: the one that the platform gave it, and the domains that it brings along."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.common.throttling import DomainRate
from apps.centers.operations import domains
from apps.centers.queries import domains as queries

STATES = ["PLATFORM", "PENDING", "VERIFIED", "FAILING", "LOST"]


class DomainIn(StrictSerializer):
    domain = serializers.CharField(max_length=300, help_text="A host in any script, without scheme, port and path.")


class RecordOut(serializers.Serializer[Any]):
    """What has to stand in the zone of the domain."""

    type = serializers.CharField()
    name = serializers.CharField()
    value = serializers.CharField()


class AddressOut(serializers.Serializer[Any]):
    """A host of the center, or one that waits for its proof."""

    id = serializers.UUIDField()
    domain = serializers.CharField(help_text="As it is written in the DNS.")
    shown = serializers.CharField(help_text="In its own script.")
    state = serializers.ChoiceField(STATES)
    is_primary = serializers.BooleanField(help_text="Links in letters lead here.")
    is_served = serializers.BooleanField()
    record = serializers.SerializerMethodField()
    problem = serializers.CharField(help_text="What was wrong when it was last looked up.")
    created_at = serializers.DateTimeField(allow_null=True)
    checked_at = serializers.DateTimeField(allow_null=True)
    verified_at = serializers.DateTimeField(allow_null=True)
    served_until = serializers.DateTimeField(allow_null=True, help_text="While the record is gone.")

    @extend_schema_field(RecordOut(allow_null=True))
    def get_record(self, address: Any) -> dict[str, str] | None:
        if not address.record_name:
            return None
        return {"type": "TXT", "name": address.record_name, "value": address.record_value}


class DomainViewSet(GenericViewSet[Any]):
    """Where the center can be reached."""

    resource = "centers/domains"
    serializer_class = AddressOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    def get_throttles(self) -> list[Any]:
        return [*super().get_throttles(), *([DomainRate()] if self.action in ("create", "verify") else [])]

    @extend_schema(operation_id="centers_domains_list", responses=AddressOut(many=True))
    def list(self, request: Request) -> Response:
        """All hosts, the primary one first."""
        page = self.paginate_queryset(queries.list_addresses(center_id=request.tenant.id))
        return self.get_paginated_response(AddressOut(page, many=True).data)

    @extend_schema(operation_id="centers_domains_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One of them."""
        return Response(AddressOut(queries.get_address(center_id=request.tenant.id, address_id=id)).data)

    @extend_schema(operation_id="centers_domains_create", request=DomainIn, responses={201: AddressOut})
    def create(self, request: Request) -> Response:
        """Add a domain. It is served once its TXT record stands and ``verify`` has found it."""
        shape = DomainIn(data=request.data)
        shape.is_valid(raise_exception=True)
        added = domains.add_domain(center_id=request.tenant.id, **shape.validated_data)
        return Response(AddressOut(added).data, status=201)

    @extend_schema(operation_id="centers_domains_verify", request=None)
    @action(detail=True, methods=["post"])
    def verify(self, request: Request, id: uuid.UUID) -> Response:
        """Look the record up now; the domain works at once if it is there."""
        return Response(AddressOut(domains.verify_domain(center_id=request.tenant.id, address_id=id)).data)

    @extend_schema(operation_id="centers_domains_make_primary", request=None)
    @action(detail=True, methods=["post"], url_path="make-primary")
    def make_primary(self, request: Request, id: uuid.UUID) -> Response:
        """Lead people here from now on."""
        return Response(AddressOut(domains.make_primary(center_id=request.tenant.id, address_id=id)).data)

    @extend_schema(operation_id="centers_domains_remove", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Give a domain up; it stops working at once."""
        domains.remove_domain(center_id=request.tenant.id, address_id=id)
        return Response(status=204)
