from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.pagination import PagesOrAll
from api.common.requests import Request
from api.v1.users import serializers as shapes
from apps.authentication import queries as accounts
from apps.authentication.operations import people, registration
from apps.groups import queries

if TYPE_CHECKING:
    from apps.authentication.models import User


class UserViewSet(GenericViewSet[Any]):
    """The people of the center."""

    resource = "users"
    pagination_class = PagesOrAll
    serializer_class = shapes.PersonOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="users_list", parameters=[shapes.UserFilters])
    def list(self, request: Request) -> Response:
        """Admins see everybody, teachers the students of the groups they teach. ``?page=all`` answers an array."""
        wanted = shapes.UserFilters.read(request)
        order = wanted.pop("ordering", "last_name")
        people = queries.people_for(request.user, **wanted).order_by(order, "first_name", "pk")
        return self.get_paginated_response(shapes.PersonOut(self.paginate_queryset(people), many=True).data)

    @extend_schema(operation_id="users_retrieve", responses=shapes.PersonWithGroupsOut)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One person, with their groups."""
        return self._answer(queries.get_person_for(request.user, id))

    @extend_schema(
        operation_id="users_create", request=shapes.CreateUserIn, responses={201: shapes.PersonWithGroupsOut}
    )
    def create(self, request: Request) -> Response:
        """Add a teacher, student or guest who can sign in at once."""
        shape = shapes.CreateUserIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(people.create_person(**shape.validated_data), status=201)

    @extend_schema(operation_id="users_update", request=shapes.UpdateUserIn, responses=shapes.PersonWithGroupsOut)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Rename, approve, shut out or let in again. Who is shut out is signed out everywhere, at once."""
        shape = shapes.UpdateUserIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(people.update_person(actor=request.user, user_id=id, **shape.validated_data))

    @extend_schema(operation_id="users_replace", request=shapes.UpdateUserIn, responses=shapes.PersonWithGroupsOut)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same as PATCH, for clients that send it so; absent fields stay."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="users_approve", request=None, responses=shapes.PersonWithGroupsOut)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: uuid.UUID) -> Response:
        """Let a person in who registered; they are told by mail."""
        return self._answer(registration.approve_person(actor=request.user, user_id=id))

    @extend_schema(operation_id="users_reject", request=None, responses=shapes.PersonWithGroupsOut)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, id: uuid.UUID) -> Response:
        """Shut a person out who registered and waits. One who was let in is shut out by ``is_active``."""
        return self._answer(registration.reject_person(actor=request.user, user_id=id))

    def _answer(self, person: User, status: int = 200) -> Response:
        context = {"memberships": queries.memberships_of(person.pk)}
        return Response(shapes.PersonWithGroupsOut(person, context=context).data, status=status)


class GuestViewSet(GenericViewSet[Any]):
    """People who are here for a while and see only what is assigned to them by name."""

    resource = "guests"
    serializer_class = shapes.GuestOut

    @extend_schema(operation_id="guests_list", parameters=[shapes.GuestFilters])
    def list(self, request: Request) -> Response:
        """The center's guests with the invitations they came by."""
        wanted = shapes.GuestFilters.read(request)
        order = wanted.pop("ordering", "last_name")
        guests = accounts.list_guests(**wanted).order_by(order, "first_name", "pk")
        return self.get_paginated_response(shapes.GuestOut(self.paginate_queryset(guests), many=True).data)

    @extend_schema(operation_id="guests_upgrade", request=shapes.UpgradeIn, responses=shapes.UpgradedOut)
    @action(detail=False, methods=["post"])
    def upgrade(self, request: Request) -> Response:
        """Make a guest a student. They sign in anew, since a new role ends all sessions."""
        shape = shapes.UpgradeIn(data=request.data)
        shape.is_valid(raise_exception=True)
        person = registration.upgrade_guest(**shape.validated_data)
        return Response(shapes.UpgradedOut({"detail": f"{person} is a student now.", "user": person}).data)
