from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.pagination import Pages, PagesOrAll
from api.common.requests import Request
from api.v1.groups import serializers as shapes
from apps.groups import operations, queries


class GroupViewSet(GenericViewSet[Any]):
    """Classes of the center."""

    resource = "groups"
    pagination_class = PagesOrAll
    serializer_class = shapes.GroupOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="groups_list", parameters=[shapes.GroupFilters])
    def list(self, request: Request) -> Response:
        """Admins see all groups, teachers those they teach, students their own. ``?page=all`` answers an array."""
        wanted = shapes.GroupFilters.read(request)
        order = wanted.pop("ordering", "name")
        groups = queries.list_groups_for(request.user, **wanted).order_by(order, "pk")
        return self.get_paginated_response(shapes.GroupOut(self.paginate_queryset(groups), many=True).data)

    @extend_schema(operation_id="groups_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One group."""
        return Response(shapes.GroupOut(queries.get_group_for(request.user, id)).data)

    @extend_schema(operation_id="groups_create", request=shapes.GroupIn, responses={201: shapes.GroupOut})
    def create(self, request: Request) -> Response:
        """Open a group."""
        shape = shapes.GroupIn(data=request.data)
        shape.is_valid(raise_exception=True)
        group = operations.create_group(**shape.validated_data)
        return Response(shapes.GroupOut(queries.get_group_for(request.user, group.pk)).data, status=201)

    @extend_schema(operation_id="groups_update", request=shapes.GroupIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a group. Its teachers may change name and description; ``teacher_ids`` replaces who teaches."""
        shape = shapes.GroupIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        operations.update_group(actor=request.user, group_id=id, **shape.validated_data)
        return Response(shapes.GroupOut(queries.get_group_for(request.user, id)).data)

    @extend_schema(operation_id="groups_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Close a group for good; what its students did stays."""
        operations.delete_group(group_id=id)
        return Response(status=204)

    @extend_schema(operation_id="groups_members", responses=shapes.MemberOut(many=True), filters=True)
    @action(detail=True, pagination_class=Pages)
    def members(self, request: Request, id: uuid.UUID) -> Response:
        """Who is in the group, teachers first."""
        rows = self.paginate_queryset(queries.members_for(request.user, id))
        return self.get_paginated_response(shapes.MemberOut(rows, many=True, context={"request": request}).data)


class MembershipViewSet(GenericViewSet[Any]):
    """Who is in which group at present."""

    resource = "group-memberships"
    serializer_class = shapes.MembershipOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="group_memberships_list", parameters=[shapes.MembershipFilters])
    def list(self, request: Request) -> Response:
        """Admins see all memberships, teachers those of their groups, students their own."""
        rows = queries.memberships_for(request.user).filter(**shapes.MembershipFilters.read(request))
        return self.get_paginated_response(shapes.MembershipOut(self.paginate_queryset(rows), many=True).data)

    @extend_schema(
        operation_id="group_memberships_create", request=shapes.MembershipIn, responses={201: shapes.MembershipOut}
    )
    def create(self, request: Request) -> Response:
        """Let one person in."""
        shape = shapes.MembershipIn(data=request.data)
        shape.is_valid(raise_exception=True)
        wanted = shape.validated_data
        row = operations.add_member(
            group_id=wanted["group_id"], user_id=wanted["user_id"], role=wanted["role_in_group"]
        )
        return Response(shapes.MembershipOut(row).data, status=201)

    @extend_schema(
        operation_id="group_memberships_bulk_add", request=shapes.BulkAddIn, responses={201: shapes.BulkAddOut}
    )
    @action(detail=False, methods=["post"], url_path="bulk-add")
    def bulk_add(self, request: Request) -> Response:
        """Let up to a hundred people in, all or nobody; who is in already is skipped."""
        shape = shapes.BulkAddIn(data=request.data)
        shape.is_valid(raise_exception=True)
        group_id = shape.validated_data["group_id"]
        members = [(member["user_id"], member["role_in_group"]) for member in shape.validated_data["members"]]
        outcome = operations.add_members(group_id=group_id, members=members)
        body = {
            "group_id": group_id,
            "created_count": len(outcome.created),
            "skipped_count": len(outcome.skipped),
            "created_user_ids": [row.user_id for row in outcome.created],
        }
        return Response(shapes.BulkAddOut(body).data, status=201)

    @extend_schema(operation_id="group_memberships_delete", responses=shapes.MessageOut)
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """End a membership; it stays in the history."""
        operations.remove_member(membership_id=id)
        return Response({"message": "The person has left the group."})
