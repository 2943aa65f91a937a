"""Where the parts of a test stand. Each mixin adds its actions to the view set of what they belong to."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response

from api.common.requests import Request
from api.v1.mock_tests.revisions import IF_MATCH, expected
from api.v1.mock_tests.serializers.parts import (
    MoveGroupIn,
    MoveQuestionIn,
    OrderIn,
    QuestionGroupOut,
    SectionOut,
)
from api.v1.mock_tests.serializers.questions import QUESTION
from api.v1.mock_tests.serializers.tests import MockTestOut
from apps.mock_tests.operations.authoring import ordering

if TYPE_CHECKING:
    from rest_framework.viewsets import GenericViewSet

    class Base(GenericViewSet):
        def retrieve(self, request: Request, id: uuid.UUID) -> Response: ...
else:
    Base = object


class OrderedSections(Base):
    @extend_schema(operation_id="mock_tests_order", parameters=[IF_MATCH], request=OrderIn, responses=MockTestOut)
    @action(detail=True, methods=["post"])
    def order(self, request: Request, id: uuid.UUID) -> Response:
        """Put the sections of a draft in order. The list names all of them, each once; if they are others by now, nothing is
        changed and the answer is 409 `edited_meanwhile`, with the ids that are there."""
        ordering.order_sections(actor=request.user, test_id=id, ids=_ids(request), expected=expected(request))
        return self.retrieve(request, id)


class OrderedGroups(Base):
    @extend_schema(operation_id="test_sections_order", parameters=[IF_MATCH], request=OrderIn, responses=SectionOut)
    @action(detail=True, methods=["post"])
    def order(self, request: Request, id: uuid.UUID) -> Response:
        """Put the question groups of a section in order, all of them or nothing."""
        ordering.order_groups(actor=request.user, section_id=id, ids=_ids(request), expected=expected(request))
        return self.retrieve(request, id)

    @extend_schema(operation_id="test_sections_clone", request=None, responses={201: SectionOut})
    @action(detail=True, methods=["post"])
    def clone(self, request: Request, id: uuid.UUID) -> Response:
        """Copy a section of a draft with everything in it; the copy stands behind it."""
        response = self.retrieve(request, ordering.clone_section(actor=request.user, section_id=id).pk)
        response.status_code = 201
        return response


class OrderedQuestions(Base):
    @extend_schema(
        operation_id="question_groups_order", parameters=[IF_MATCH], request=OrderIn, responses=QuestionGroupOut
    )
    @action(detail=True, methods=["post"])
    def order(self, request: Request, id: uuid.UUID) -> Response:
        """Put the questions of a group in order, all of them or nothing."""
        ordering.order_questions(actor=request.user, group_id=id, ids=_ids(request), expected=expected(request))
        return self.retrieve(request, id)

    @extend_schema(
        operation_id="question_groups_move", parameters=[IF_MATCH], request=MoveGroupIn, responses=QuestionGroupOut
    )
    @action(detail=True, methods=["post"])
    def move(self, request: Request, id: uuid.UUID) -> Response:
        """Move a group to a place in this or another section of its test."""
        shape = MoveGroupIn(data=request.data)
        shape.is_valid(raise_exception=True)
        ordering.move_group(
            actor=request.user,
            group_id=id,
            section_id=shape.validated_data["section"],
            position=shape.validated_data.get("position"),
            expected=expected(request),
        )
        return self.retrieve(request, id)

    @extend_schema(operation_id="question_groups_clone", request=None, responses={201: QuestionGroupOut})
    @action(detail=True, methods=["post"])
    def clone(self, request: Request, id: uuid.UUID) -> Response:
        """Copy a question group of a draft with its questions; the copy stands behind it."""
        response = self.retrieve(request, ordering.clone_group(actor=request.user, group_id=id).pk)
        response.status_code = 201
        return response


class MovedQuestions(Base):
    @extend_schema(operation_id="questions_move", parameters=[IF_MATCH], request=MoveQuestionIn, responses=QUESTION)
    @action(detail=True, methods=["post"])
    def move(self, request: Request, id: uuid.UUID) -> Response:
        """Move a question to a place in this or another group of its test."""
        shape = MoveQuestionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        ordering.move_question(
            actor=request.user,
            question_id=id,
            group_id=shape.validated_data["group"],
            position=shape.validated_data.get("position"),
            expected=expected(request),
        )
        return self.retrieve(request, id)


def _ids(request: Request) -> list[uuid.UUID]:
    shape = OrderIn(data=request.data)
    shape.is_valid(raise_exception=True)
    return list(shape.validated_data["ids"])
