"""Archiving, exporting, restoring and deleting centers: what takes long answers 202 with a task."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from api.common.filters import Filters, Search
from api.common.parsers import StrictJSONParser
from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.v1.centers import serializers as shapes
from api.v1.jobs.serializers import TaskOut
from apps.centers.operations import centers, deleting, exporting, restoring
from apps.centers.queries import deleted

if TYPE_CHECKING:
    from apps.jobs.models import Job


class DeleteIn(StrictSerializer):
    """Nothing is needed. Who wants to be asked twice sends the slug."""

    slug = serializers.CharField(max_length=63, required=False, help_text="Refused unless it is the center's.")
    reason = serializers.CharField(max_length=500, required=False, allow_blank=True, help_text="Kept for ever.")


class RestoreIn(StrictSerializer):
    """Either a file, or the task that keeps an export."""

    file = serializers.FileField(required=False, help_text="An export.")
    task = serializers.UUIDField(required=False, help_text="Of an export, or of a deletion.")
    slug = serializers.CharField(max_length=41, required=False, help_text="A copy needs another one than its original.")
    name = serializers.CharField(max_length=120, required=False)
    host = serializers.CharField(max_length=253, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("file" in attrs) == ("task" in attrs):
            raise serializers.ValidationError({"file": "Send either a file or a task."}, code="required")
        return attrs


class CenterTaskOut(serializers.Serializer[Any]):
    """Long work on a center was asked for."""

    status = serializers.CharField()
    message = serializers.CharField()
    center_id = serializers.UUIDField()
    task = TaskOut()


class DeletedFilters(Filters):
    search = Search(help_text="Part of name or slug.")


class DeletedCenterOut(serializers.Serializer[Any]):
    """A center that is no more."""

    center_id = serializers.UUIDField()
    slug = serializers.CharField()
    name = serializers.CharField()
    reason = serializers.CharField()
    deleted_by_name = serializers.CharField()
    asked_at = serializers.DateTimeField()
    deleted_at = serializers.DateTimeField()
    task = serializers.UUIDField(source="job_id", allow_null=True, help_text="To restore it from, while it is kept.")
    export_until = serializers.DateTimeField(allow_null=True)
    counts = serializers.DictField(child=serializers.IntegerField(allow_null=True))


class CenterLife:
    """The verbs of a center's life, for the view set of centers."""

    @extend_schema(operation_id="owner_centers_archive", request=None, responses=shapes.CenterOut)
    @action(detail=True, methods=["post"])
    def archive(self, request: Request, id: uuid.UUID) -> Response:
        """Close a center and keep all of its data: its hosts answer 404, everybody is signed out. Activating opens it."""
        return Response(shapes.CenterOut(centers.archive_center(center_id=id)).data)

    @extend_schema(operation_id="owner_centers_export", request=None, responses={202: CenterTaskOut})
    @action(detail=True, methods=["post"])
    def export(self, request: Request, id: uuid.UUID) -> Response:
        """Have a center written into one file, which hangs on the task for some weeks."""
        job = exporting.ask_export(center_id=id)
        return _accepted(
            request, job, "EXPORTING", "The center is being exported; the task has the file when it is done."
        )

    @extend_schema(operation_id="owner_centers_delete", request=DeleteIn, responses={202: CenterTaskOut})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Delete a center: it is closed at once, exported, then dropped with all that is of it. The task keeps the
        export for some weeks, and the center can be restored from it."""
        body: Any = request.data or {}
        shape = DeleteIn(data={**request.query_params.dict(), **body} if isinstance(body, dict) else body)
        shape.is_valid(raise_exception=True)
        job = deleting.ask_delete(center_id=id, **shape.validated_data)
        return _accepted(request, job, "DELETING", "The center is closed and will be deleted once it is exported.")

    @extend_schema(operation_id="owner_centers_restore", request=RestoreIn, responses={202: CenterTaskOut})
    @action(detail=False, methods=["post"], parser_classes=[MultiPartParser, StrictJSONParser])
    def restore(self, request: Request) -> Response:
        """Make a center from an export: the original again where that is gone, else a copy. A file that is no sound
        export of this installation is refused at once with the reason."""
        shape = RestoreIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = dict(shape.validated_data)
        job = restoring.ask_restore(content=given.pop("file", None), export_id=given.pop("task", None), **given)
        return _accepted(request, job, "RESTORING", "The center is being restored; it opens when all of it is there.")

    @extend_schema(
        operation_id="owner_centers_deleted", parameters=[DeletedFilters], responses=DeletedCenterOut(many=True)
    )
    @action(detail=False, methods=["get"])
    def deleted(self, request: Request) -> Response:
        """Centers that are no more, the last one first."""
        view: Any = self
        rows = view.paginate_queryset(deleted.list_deleted(**DeletedFilters.read(request)))
        return view.get_paginated_response(DeletedCenterOut(rows, many=True).data)


def _accepted(request: Request, job: Job, status: str, message: str) -> Response:
    shown = {"status": status, "message": message, "center_id": job.params["center_id"], "task": job}
    return Response(CenterTaskOut(shown, context={"request": request}).data, status=202)
