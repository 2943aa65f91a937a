"""Lists of people: the form, the preview and the import."""

from __future__ import annotations

from typing import Any, get_args

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from api.common.filters import Filters
from api.common.negotiation import AnyAccept
from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.v1.mock_tests.uploads import limit_body
from apps.authentication.rules import roster as rules
from apps.authentication.rules import roster_template
from apps.groups import roster

MODES = [roster.ALL_OR_NOTHING, roster.SKIP_BAD_ROWS]


class TemplateQuery(Filters):
    to = serializers.ChoiceField(list(get_args(roster_template.Format)), required=False, default="csv")


class RosterIn(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True, help_text="CSV or XLSX, 10 MB and 10,000 people at most.")
    preview = serializers.BooleanField(required=False, default=False, help_text="Store nothing, tell everything.")
    mode = serializers.ChoiceField(MODES, required=False, default=roster.ALL_OR_NOTHING)
    create_groups = serializers.BooleanField(required=False, default=False, help_text="Open groups that are not there.")
    update_existing = serializers.BooleanField(
        required=False, default=False, help_text="Write filled cells over what people who are here have."
    )
    send_invitations = serializers.BooleanField(
        required=False, default=True, help_text="Write to new people how to choose a password."
    )


class RosterFlawOut(serializers.Serializer[Any]):
    """What is wrong with a cell, or with a row where the column is empty."""

    row = serializers.IntegerField(help_text="As the spreadsheet numbers it.")
    column = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField()


class RosterRowOut(serializers.Serializer[Any]):
    row = serializers.IntegerField(source="entry.row")
    outcome = serializers.ChoiceField(["create", "update", "keep"], source="what")
    email = serializers.CharField(source="entry.email")
    first_name = serializers.CharField(source="entry.first_name")
    last_name = serializers.CharField(source="entry.last_name")
    role = serializers.CharField(source="entry.role", help_text="Empty: student, or as the person is here.")
    groups = serializers.ListField(child=serializers.CharField(), source="entry.groups")
    language = serializers.CharField(source="entry.language")
    phone = serializers.CharField(source="entry.phone")


class WholeRefusedOut(serializers.Serializer[Any]):
    code = serializers.CharField()
    detail = serializers.CharField()


class RosterOut(serializers.Serializer[Any]):
    """What came of a list, or would come of it."""

    preview = serializers.BooleanField()
    mode = serializers.CharField()
    format = serializers.CharField()
    encoding = serializers.CharField(help_text="Of a CSV file.")
    delimiter = serializers.CharField(trim_whitespace=False)
    columns = serializers.ListField(child=serializers.CharField(), help_text="As they were understood.")
    ignored_columns = serializers.ListField(child=serializers.CharField())
    total = serializers.IntegerField()
    created = serializers.IntegerField()
    updated = serializers.IntegerField()
    kept = serializers.IntegerField(help_text="Who was here already.")
    joined = serializers.IntegerField(help_text="New places in groups.")
    groups_created = serializers.ListField(child=serializers.CharField())
    unchanged = serializers.BooleanField(source="is_unchanged", help_text="The center has all of it already.")
    error_count = serializers.SerializerMethodField()
    errors = serializers.SerializerMethodField(help_text="The first thousand.")  # type: ignore[assignment]
    rows = RosterRowOut(many=True, help_text="Of a preview, the first hundred.")
    refusal = serializers.SerializerMethodField(help_text="Why the whole would be refused.")

    def get_error_count(self, report: roster.Report) -> int:
        return len(report.flaws)

    @extend_schema_field(RosterFlawOut(many=True))
    def get_errors(self, report: roster.Report) -> list[dict[str, Any]]:
        return RosterFlawOut(report.flaws[: rules.MOST_FLAWS], many=True).data  # type: ignore[return-value]

    @extend_schema_field(WholeRefusedOut(allow_null=True))
    def get_refusal(self, report: roster.Report) -> dict[str, str] | None:
        refusal = report.refusal
        return {"code": refusal.code, "detail": str(refusal)} if refusal else None


class RosterActions:
    """Part of the view set of people."""

    @extend_schema(
        operation_id="users_import",
        request={"multipart/form-data": RosterIn},
        responses={201: RosterOut, 200: OpenApiResponse(RosterOut, description="A preview, or nothing was new.")},
    )
    @action(detail=False, methods=["post"], url_path="import", parser_classes=[MultiPartParser])
    def import_file(self, request: Request) -> Response:
        """Add the people of a CSV or XLSX file, with their groups. The same file again changes nothing. A bad row refuses
        the whole, with each place and reason, or is left out, as ``mode`` says."""
        limit_body(request, rules.MOST_BYTES)
        shape = RosterIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        send_letters = given.pop("send_invitations")
        report = roster.import_roster(
            actor=request.user, data=given.pop("file").read(), send_letters=send_letters, **given
        )
        return Response(RosterOut(report).data, status=200 if report.preview or report.is_unchanged else 201)

    @extend_schema(
        operation_id="users_import_template",
        parameters=[TemplateQuery],
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY)},
    )
    @action(detail=False, url_path="import/template", content_negotiation_class=AnyAccept)
    def template(self, request: Request) -> HttpResponse:
        """The empty list as a file, with the columns and, in the workbook, what may stand in them."""
        to = TemplateQuery.read(request)["to"]
        headers = {"Content-Disposition": f'attachment; filename="people.{to}"', "Cache-Control": "private, no-store"}
        media_type = roster_template.MEDIA_TYPES[to]
        return HttpResponse(roster_template.template(to), content_type=media_type, headers=headers)
