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
from api.v1.users.personal import PersonalActions
from api.v1.users.roster import RosterActions
from apps.authentication.operations import people, registration, welcome
from apps.groups import queries

if TYPE_CHECKING:
    from apps.authentication.models import User


class UserViewSet(RosterActions, PersonalActions, GenericViewSet[Any]):
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
        rows = self.paginate_queryset(queries.people_for(request.user, **wanted).order_by(order, "first_name", "pk"))
        return self.get_paginated_response(self.get_serializer(rows, many=True).data)

    @extend_schema(operation_id="users_retrieve", responses=shapes.PersonWithGroupsOut)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One person, with their groups."""
        return self._answer(queries.get_person_for(request.user, id))

    @extend_schema(
        operation_id="users_create", request=shapes.CreateUserIn, responses={201: shapes.PersonWithGroupsOut}
    )
    def create(self, request: Request) -> Response:
        """Add a teacher, student or guest: with a password, or with a letter by which they choose one."""
        shape = shapes.CreateUserIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(people.add_person(actor=request.user, **shape.validated_data), status=201)

    @extend_schema(operation_id="users_update", request=shapes.UpdateUserIn, responses=shapes.PersonWithGroupsOut)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Rename, approve, shut out or let in again. Who is shut out is signed out everywhere, at once. Roles are changed
        at ``role/``."""
        shape = shapes.UpdateUserIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(people.update_person(actor=request.user, user_id=id, **shape.validated_data))

    @extend_schema(operation_id="users_replace", request=shapes.UpdateUserIn, responses=shapes.PersonWithGroupsOut)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same as PATCH, for clients that send it so; absent fields stay."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="users_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Take a person out of the center. What they answered stays; ``restore/`` brings them back, ``erase/`` forgets
        who they were."""
        people.delete_person(actor=request.user, user_id=id)
        return Response(status=204)

    @extend_schema(operation_id="users_restore", request=None, responses=shapes.PersonWithGroupsOut)
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, id: uuid.UUID) -> Response:
        """Bring a deleted person back, without their groups."""
        return self._answer(people.restore_person(actor=request.user, user_id=id))

    @extend_schema(operation_id="users_role", request=shapes.RoleIn, responses=shapes.PersonWithGroupsOut)
    @action(detail=True, methods=["post"])
    def role(self, request: Request, id: uuid.UUID) -> Response:
        """Give a person another role. Their tokens and live connections end at once; they sign in anew."""
        shape = shapes.RoleIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(people.change_role(actor=request.user, user_id=id, **shape.validated_data))

    @extend_schema(operation_id="users_approve", request=None, responses=shapes.PersonWithGroupsOut)
    @action(detail=True, methods=["post"])
    def approve(self, request: Request, id: uuid.UUID) -> Response:
        """Let a person in who registered; they are told by mail."""
        return self._answer(registration.approve_person(actor=request.user, user_id=id))

    @extend_schema(operation_id="users_reject", request=shapes.ReasonIn, responses=shapes.PersonWithGroupsOut)
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, id: uuid.UUID) -> Response:
        """Shut a person out who registered and waits; they are told by mail, with the reason if there is one. One who was
        let in is shut out by ``is_active``."""
        shape = shapes.ReasonIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._answer(registration.reject_person(actor=request.user, user_id=id, **shape.validated_data))

    @extend_schema(operation_id="users_approve_many", request=shapes.ManyIn, responses=shapes.ManyOut)
    @action(detail=False, methods=["post"], url_path="approve")
    def approve_many(self, request: Request) -> Response:
        """Let up to a hundred people in, each on their own: one that cannot be let in stops no other."""
        shape = shapes.ManyIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._decided(registration.approve_many(actor=request.user, **shape.validated_data))

    @extend_schema(operation_id="users_reject_many", request=shapes.ManyWithReasonIn, responses=shapes.ManyOut)
    @action(detail=False, methods=["post"], url_path="reject")
    def reject_many(self, request: Request) -> Response:
        """Shut out up to a hundred people who wait, each on their own."""
        shape = shapes.ManyWithReasonIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return self._decided(registration.reject_many(actor=request.user, **shape.validated_data))

    @extend_schema(operation_id="users_resend_invitation", request=None, responses=shapes.PersonWithGroupsOut)
    @action(detail=True, methods=["post"], url_path="resend-invitation")
    def resend_invitation(self, request: Request, id: uuid.UUID) -> Response:
        """Write again to a person who was added without a password and has not chosen one."""
        return self._answer(welcome.resend_welcome(actor=request.user, user_id=id))

    def _answer(self, person: User, status: int = 200) -> Response:
        context = {"request": self.request, "memberships": queries.memberships_of(person.pk)}
        return Response(shapes.PersonWithGroupsOut(person, context=context).data, status=status)

    def _decided(self, decided: registration.Decided) -> Response:
        refused = [{"id": id, "code": refusal.code, "detail": str(refusal)} for id, refusal in decided.refused]
        return Response(shapes.ManyOut({"done": decided.done, "refused": refused}).data)
