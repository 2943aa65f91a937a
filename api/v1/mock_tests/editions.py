"""Before and after publishing: what is wrong with a draft, how takers will see it, what changed between editions."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from api.common.requests import Request
from api.v1.attempts.serializers.papers import TakerPaperOut
from api.v1.mock_tests.serializers import fields
from api.v1.mock_tests.serializers.editions import (
    ChangesQuery,
    CheckOut,
    PaperComparisonOut,
    PreviewQuery,
    RoomRulesOut,
)
from apps.mock_tests import queries
from apps.mock_tests.queries.papers import comparing as papers
from apps.mock_tests.queries.papers import sitting

if TYPE_CHECKING:
    from rest_framework.viewsets import GenericViewSet as Base
else:
    Base = object


class EditionViews(Base):
    @extend_schema(operation_id="mock_tests_check", responses=CheckOut)
    @action(detail=True)
    def check(self, request: Request, id: uuid.UUID) -> Response:
        """Every reason why the test cannot be published, and what differs from its exam, each with its place."""
        return Response(CheckOut(queries.findings_for(request.user, id)).data)

    @extend_schema(operation_id="mock_tests_preview", parameters=[PreviewQuery], responses=TakerPaperOut)
    @action(detail=True)
    def preview(self, request: Request, id: uuid.UUID) -> Response:
        """The test as a taker gets it: of a published one its edition, of a draft what there is. Nothing begins and nothing
        is kept; addresses of media are signed for a working session."""
        sign = fields.with_links(request)["sign"]
        return Response(papers.preview_for(request.user, id, sign=sign, **PreviewQuery.read(request)))

    @extend_schema(operation_id="mock_tests_sitting", responses=RoomRulesOut)
    @action(detail=True)
    def sitting(self, request: Request, id: uuid.UUID) -> Response:
        """How the exam of a published test is sat: with what a room of it begins where nothing else is said. Of what is
        absent the exam says nothing."""
        return Response(RoomRulesOut(sitting.sitting_for(request.user, id)).data)

    @extend_schema(operation_id="mock_tests_paper_changes", parameters=[ChangesQuery], responses=PaperComparisonOut)
    @action(detail=True, url_path="papers/<int:number>/changes")
    def changes(self, request: Request, id: uuid.UUID, number: int) -> Response:
        """What changed up to an edition: parts that came, went, moved or say something else, keys and marks included."""
        found = papers.changes_for(request.user, id, number=number, **ChangesQuery.read(request))
        return Response(PaperComparisonOut(found).data)
