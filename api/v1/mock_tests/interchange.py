"""Tests and questions from files and to files: small ones in the answer, large ones as tasks."""

from __future__ import annotations

import base64
import uuid
from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response

from api.common.negotiation import AnyAccept
from api.common.requests import Request
from api.v1.jobs.serializers import TaskOut
from api.v1.mock_tests.serializers import files
from api.v1.mock_tests.uploads import limit_body
from apps.assignments import queries as assignments
from apps.mock_tests import queries
from apps.mock_tests.operations.exchange import export_jobs as exporting_jobs
from apps.mock_tests.operations.exchange import import_jobs as importing_jobs
from apps.mock_tests.operations.exchange import importing
from apps.mock_tests.operations.exchange import into_bank as importing_bank
from apps.mock_tests.queries import exports, profiles
from apps.mock_tests.rules.exchange.interchange import FORMATS
from apps.mock_tests.rules.exchange.table.writing import template

QUIZ = "QUIZ"
LARGE = 8 * 2**20
"""Files from this size on are imported by a worker unless the request says otherwise."""


def with_rooms(request: Request, tests: Sequence[Any]) -> dict[str, Any]:
    """How many rooms hold each of these tests, and what passes it, with one question each for all of them."""
    return {
        "request": request,
        "rooms": assignments.count_holding_rooms(test_ids=[test.pk for test in tests]),
        "pass_scores": profiles.pass_scores({test.profile for test in tests}),
    }


class InterchangeViews:
    """Files of tests."""

    @extend_schema(
        operation_id="mock_tests_import",
        request={"multipart/form-data": files.ImportIn},
        responses={
            201: files.ImportOut,
            200: OpenApiResponse(files.ImportOut, description="A preview, or a file that was imported before."),
            202: OpenApiResponse(TaskOut, description="A worker does it; the task's result holds the report."),
        },
    )
    @action(detail=False, methods=["post"], url_path="import", parser_classes=[MultiPartParser])
    def import_file(self, request: Request) -> Response:
        """Make a draft of a file, or put its questions into the bank. The same file again gives the same test;
        ``preview`` stores nothing. A file that cannot be read is refused with lines and reasons. One of eight megabytes
        or more becomes a task, as does any with ``async=true``."""
        limit_body(request, settings.SHIKEN_IMPORT_MAX_BYTES)
        shape = files.ImportIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = dict(shape.validated_data)
        file, later = given.pop("file"), given.pop("async")
        name = file.name or ""
        if later or (later is None and file.size >= LARGE):
            job = importing_jobs.ask_import(actor=request.user, content=file.file, file_name=name, **given)
            return Response(TaskOut(job, context={"request": request}).data, status=202)
        to, topic = given.pop("to"), given.pop("topic", None)
        if to == "bank":
            given.pop("level", None)
            return _into_bank(request, data=file.file, file_name=name, topic=topic, **given)
        outcome = importing.import_test(actor=request.user, data=file.file, file_name=name, **given)
        made = outcome.test
        quiz = made.pk if made is not None and made.kind == QUIZ else None
        test = queries.get_test_for(request.user, made.pk) if made is not None and quiz is None else None
        body = {"test": test, "quiz": quiz, "bank": None, "report": outcome.report, "existing": outcome.existing}
        return Response(
            files.ImportOut(body, context=with_rooms(request, [test] if test else [])).data,
            status=200 if outcome.existing or made is None else 201,
        )

    @extend_schema(
        operation_id="mock_tests_import_template",
        parameters=[files.TemplateQuery],
        responses={(200, FORMATS["xlsx"].media_type): OpenApiTypes.BINARY, (200, "text/csv"): OpenApiTypes.BINARY},
    )
    @action(detail=False, url_path="import/template", content_negotiation_class=AnyAccept)
    def import_template(self, request: Request) -> HttpResponse:
        """The table that people fill in: its columns, and in the workbook what they mean and an example of each type."""
        to = files.TemplateQuery.read(request)["to"]
        headers = {"Content-Disposition": f'attachment; filename="questions.{to}"', "X-Content-Type-Options": "nosniff"}
        return HttpResponse(template(to), content_type=FORMATS[to].media_type, headers=headers)

    @extend_schema(operation_id="mock_tests_export", parameters=[files.ExportQuery], responses=files.ExportOut)
    @action(detail=True)
    def export(self, request: Request, id: uuid.UUID) -> Response:
        """The test as a file of another format, with a statement of everything that this format does not hold. The file
        stands in the answer, so that both always arrive together."""
        exported = exports.export_test_for(request.user, id, to=files.ExportQuery.read(request)["to"])
        content = exported.content.decode() if exported.is_text else base64.b64encode(exported.content).decode()
        body = {
            "file_name": exported.file_name,
            "media_type": exported.media_type,
            "encoding": "text" if exported.is_text else "base64",
            "content": content,
            "losses": exported.losses,
        }
        return Response(files.ExportOut(body).data)

    @extend_schema(operation_id="mock_tests_export_many", request=files.ExportIn, responses={202: TaskOut})
    @action(detail=False, methods=["post"], url_path="export")
    def export_many(self, request: Request) -> Response:
        """Have a test, some of its questions, or questions of the bank written to a file. The file hangs on the task;
        the statement of what it does not hold is the task's result."""
        shape = files.ExportIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        job = exporting_jobs.ask_export(
            actor=request.user,
            to=given["to"],
            test_id=given.get("test"),
            question_ids=given.get("questions", ()),
            bank_filters=given.get("bank"),
        )
        return Response(TaskOut(job, context={"request": request}).data, status=202)


def _into_bank(request: Request, **given: Any) -> Response:
    added = importing_bank.import_into_bank(actor=request.user, **given)
    body = {
        "test": None,
        "quiz": None,
        "bank": {"created": added.created, "known": added.known},
        "report": added.report,
        "existing": bool(added.known) and not added.created,
    }
    status = 201 if added.created else 200
    return Response(files.ImportOut(body, context=with_rooms(request, [])).data, status=status)
