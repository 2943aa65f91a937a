from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.pagination import Pages, PagesOrAll
from api.common.parsers import StrictJSONParser
from api.common.requests import Request
from api.v1.groups import serializers as shapes
from api.v1.mock_tests.uploads import limit_body
from apps.core import images
from apps.groups import operations, queries

BODY = {"application/json": shapes.GroupIn, "multipart/form-data": shapes.GroupIn}


class GroupViewSet(GenericViewSet[Any]):
    """Classes of the center."""

    request: Request
    resource = "groups"
    parser_classes = [StrictJSONParser, MultiPartParser]
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
        return self.get_paginated_response(self._shown(self.paginate_queryset(groups), many=True))

    @extend_schema(operation_id="groups_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One group."""
        return self._answer(id)

    @extend_schema(operation_id="groups_create", request=BODY, responses={201: shapes.GroupOut})
    def create(self, request: Request) -> Response:
        """Open a group."""
        group = operations.create_group(**self._wanted())
        return self._answer(group.pk, status=201)

    @extend_schema(operation_id="groups_update", request=BODY)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a group. Its teachers may change name, description and picture; ``teacher_ids`` replaces who teaches."""
        operations.update_group(actor=request.user, group_id=id, **self._wanted(partial=True))
        return self._answer(id)

    @extend_schema(operation_id="groups_replace", request=BODY)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="groups_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Close a group for good; what its students did stays."""
        operations.delete_group(group_id=id)
        return Response(status=204)

    @extend_schema(operation_id="groups_archive", request=None)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, id: uuid.UUID) -> Response:
        """Let a group rest: nobody joins and no new room is given it; who is in stays in. Again without effect."""
        operations.archive_group(group_id=id)
        return self._answer(id)

    @extend_schema(operation_id="groups_reactivate", request=None)
    @action(detail=True, methods=["post"])
    def reactivate(self, request: Request, id: uuid.UUID) -> Response:
        """Take an archived group up again."""
        operations.reactivate_group(group_id=id)
        return self._answer(id)

    @extend_schema(operation_id="groups_avatar_set", request={"multipart/form-data": shapes.AvatarIn})
    @action(detail=True, methods=["post"], parser_classes=[MultiPartParser])
    def avatar(self, request: Request, id: uuid.UUID) -> Response:
        """Show the group by this picture."""
        limit_body(request, images.MOST_BYTES)
        shape = shapes.AvatarIn(data=request.data)
        shape.is_valid(raise_exception=True)
        operations.update_group(actor=request.user, group_id=id, avatar=shape.validated_data["avatar"])
        return self._answer(id)

    @extend_schema(operation_id="groups_avatar_remove", request=None, responses=shapes.GroupOut)
    @avatar.mapping.delete
    def remove_avatar(self, request: Request, id: uuid.UUID) -> Response:
        """Show no picture of the group any more."""
        operations.update_group(actor=request.user, group_id=id, avatar=None)
        return self._answer(id)

    @extend_schema(
        operation_id="groups_members",
        parameters=[shapes.MemberFilters],
        responses=shapes.MemberOut(many=True),
        filters=True,
    )
    @action(detail=True)
    def members(self, request: Request, id: uuid.UUID) -> Response:
        """Who is in the group, teachers first. ``?page=all`` answers an array."""
        wanted = shapes.MemberFilters.read(request)
        rows = self.paginate_queryset(queries.members_for(request.user, id, **wanted))
        shown = shapes.MemberOut(rows, many=True, context=self.get_serializer_context())
        return self.get_paginated_response(shown.data)

    @extend_schema(
        operation_id="groups_history",
        parameters=[shapes.GroupHistoryFilters],
        responses=shapes.HistoryOut(many=True),
        filters=True,
    )
    @action(detail=True, pagination_class=Pages)
    def history(self, request: Request, id: uuid.UUID) -> Response:
        """Who came, went and was moved, and by whom, the newest first."""
        wanted = shapes.GroupHistoryFilters.read(request)
        rows = self.paginate_queryset(queries.history_for(request.user, group_id=id, **wanted))
        return self.get_paginated_response(shapes.HistoryOut(rows, many=True).data)

    def _wanted(self, *, partial: bool = False) -> dict[str, Any]:
        if self.request.content_type.startswith("multipart/"):
            limit_body(self.request, images.MOST_BYTES)
        shape = shapes.GroupIn(data=self.request.data, partial=partial)
        shape.is_valid(raise_exception=True)
        return dict(shape.validated_data)

    def _answer(self, group_id: uuid.UUID, *, status: int = 200) -> Response:
        return Response(self._shown(queries.get_group_for(self.request.user, group_id)), status=status)

    def _shown(self, groups: Any, *, many: bool = False) -> Any:
        return shapes.GroupOut(groups, many=many, context=self.get_serializer_context()).data


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

    @extend_schema(operation_id="group_memberships_move", request=shapes.MoveIn, responses=shapes.MoveOut)
    @action(detail=False, methods=["post"])
    def move(self, request: Request) -> Response:
        """Move up to a hundred people from one group to another, all or nobody. Their attempts and marks stay; rooms of
        the first group in which they have not begun are theirs no more."""
        shape = shapes.MoveIn(data=request.data)
        shape.is_valid(raise_exception=True)
        wanted = shape.validated_data
        groups = {name: wanted[name] for name in ("from_group_id", "to_group_id")}
        outcome = operations.move_members(user_ids=[row["user_id"] for row in wanted["members"]], **groups)
        body = {
            **groups,
            "moved_count": len(outcome.created),
            "skipped_count": len(outcome.skipped),
            "moved_user_ids": [row.user_id for row in outcome.created],
        }
        return Response(shapes.MoveOut(body).data)

    @extend_schema(
        operation_id="group_memberships_history",
        parameters=[shapes.HistoryFilters],
        responses=shapes.HistoryOut(many=True),
        filters=True,
    )
    @action(detail=False)
    def history(self, request: Request) -> Response:
        """Every stay in a group that there is and was, of one person with ``user_id``, the newest first."""
        rows = queries.history_for(request.user, **shapes.HistoryFilters.read(request))
        return self.get_paginated_response(shapes.HistoryOut(self.paginate_queryset(rows), many=True).data)

    @extend_schema(operation_id="group_memberships_delete", responses=shapes.MessageOut)
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """End a membership; it stays in the history."""
        operations.remove_member(membership_id=id)
        return Response({"message": "The person has left the group."})
