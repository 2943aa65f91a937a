"""The directors of all centers, for owners."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.filters import Filters, Order, Search
from api.common.pagination import Pages
from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.v1.centers import faces
from apps.authentication.operations import directors
from apps.centers.queries import admins as queries


class AdminFilters(Filters):
    search = Search(help_text="Part of names, e-mail or center.")
    center = serializers.UUIDField(required=False)
    is_active = serializers.BooleanField(required=False)
    is_approved = serializers.BooleanField(required=False)
    ordering = Order(["created_at", "email", "last_name"])


class AddAdminIn(StrictSerializer):
    """``center`` is the older name of ``center_id``; one of them is needed."""

    center_id = serializers.UUIDField(required=False)
    center = serializers.UUIDField(required=False)
    email = serializers.EmailField(max_length=254)
    password = serializers.CharField(max_length=200, trim_whitespace=False)
    first_name = serializers.CharField(max_length=80)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)

    def validate(self, values: dict[str, Any]) -> dict[str, Any]:
        older = values.pop("center", None)
        if "center_id" not in values:
            if older is None:
                raise serializers.ValidationError({"center_id": ["This field is required."]}, code="required")
            values["center_id"] = older
        return values


class ChangeAdminIn(StrictSerializer):
    first_name = serializers.CharField(max_length=80, required=False)
    last_name = serializers.CharField(max_length=80, required=False, allow_blank=True)
    email = serializers.EmailField(max_length=254, required=False)
    is_active = serializers.BooleanField(required=False)
    is_approved = serializers.BooleanField(required=False)
    center_id = serializers.UUIDField(required=False, help_text="May be sent, but not changed.")


class AdminRowOut(serializers.Serializer[Any]):
    """A director in the owners' list, as last copied from the center."""

    id = serializers.UUIDField()
    email = serializers.EmailField()
    first_name = serializers.CharField()
    last_name = serializers.CharField()
    center = serializers.UUIDField(source="center_id")
    center_name = serializers.CharField(source="center.name")
    is_active = serializers.BooleanField()
    is_approved = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class AdminOut(AdminRowOut):
    """The same with what a list can do without."""

    role = serializers.SerializerMethodField()
    avatar = serializers.SerializerMethodField()
    updated_at = serializers.DateTimeField()

    def get_role(self, admin: Any) -> str:
        return "CENTER_ADMIN"

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_avatar(self, admin: Any) -> str | None:
        return faces.picture_at(admin.center, admin.avatar)


class SavedAdminOut(AdminOut):
    message = serializers.SerializerMethodField(help_text="A sentence for people.")

    def get_message(self, admin: Any) -> str:
        return str(self.context["message"])


class MessageOut(serializers.Serializer[Any]):
    message = serializers.CharField(help_text="A sentence for people.")


class OwnerAdminViewSet(GenericViewSet[Any]):
    """Center admins, for the owners of the platform; main host only."""

    resource = "owner-center-admins"
    serializer_class = AdminOut
    pagination_class = Pages
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="owner_center_admins_list", parameters=[AdminFilters], responses=AdminRowOut(many=True))
    def list(self, request: Request) -> Response:
        """All of them, newest first."""
        rows = self.paginate_queryset(queries.list_admins(**AdminFilters.read(request)))
        return self.get_paginated_response(AdminRowOut(rows, many=True).data)

    @extend_schema(operation_id="owner_center_admins_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One of them."""
        return Response(AdminOut(queries.get_admin(admin_id=id)).data)

    @extend_schema(operation_id="owner_center_admins_create", request=AddAdminIn, responses={201: SavedAdminOut})
    def create(self, request: Request) -> Response:
        """Give a center an admin, who can sign in there at once."""
        shape = AddAdminIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._saved(directors.add_director(**shape.validated_data), "The admin can sign in now.", 201)

    @extend_schema(operation_id="owner_center_admins_update", request=ChangeAdminIn, responses=SavedAdminOut)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change name, address or state. Who is shut out is signed out everywhere, at once."""
        shape = ChangeAdminIn(data=request.data)
        shape.is_valid(raise_exception=True)
        directors.change_director(actor=request.user, admin_id=id, **shape.validated_data)
        return self._saved(id, "The changes are saved.")

    @extend_schema(operation_id="owner_center_admins_replace", request=ChangeAdminIn, responses=SavedAdminOut)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="owner_center_admins_remove", responses=MessageOut)
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Take an admin out of their center."""
        directors.remove_director(actor=request.user, admin_id=id)
        return Response({"message": "The admin is removed."})

    def _saved(self, id: uuid.UUID, message: str, status: int = 200) -> Response:
        context = {"message": message}
        return Response(SavedAdminOut(queries.get_admin(admin_id=id), context=context).data, status=status)
