"""Quizzes: for authors with everything, for takers their covers."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.pagination import PagesOrAll
from api.common.requests import Request
from api.v1.mock_tests.serializers import fields
from api.v1.mock_tests.serializers import quizzes as shapes
from apps.assignments import operations as rooms
from apps.assignments import queries as assignments
from apps.mock_tests.operations.authoring import quizzes as operations
from apps.mock_tests.queries import quizzes as queries

QUIZ_OR_COVER = PolymorphicProxySerializer(
    component_name="QuizOrCover", serializers=[shapes.QuizOut, shapes.QuizCoverOut], resource_type_field_name=None
)
QUIZZES_OR_COVERS = PolymorphicProxySerializer(
    component_name="QuizOrCover",
    serializers=[shapes.QuizOut, shapes.QuizCoverOut],
    resource_type_field_name=None,
    many=True,
)


class ManyAtOnce(PagesOrAll):
    """A whole quiz fits into one page."""

    max_page_size = shapes.MOST_QUESTIONS


class QuizViewSet(GenericViewSet[Any]):
    """Short sets of questions with seconds for each."""

    resource = "quizzes"
    pagination_class = PagesOrAll
    serializer_class = shapes.QuizOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="quizzes_list", parameters=[shapes.QuizFilters], responses=QUIZZES_OR_COVERS)
    def list(self, request: Request) -> Response:
        """Staff get all quizzes of the center, takers the covers of those that are published, active and assigned to them,
        newest first. ``?page=all`` answers an array."""
        wanted = shapes.QuizFilters.read(request)
        if request.user.is_center_staff:
            rows = self.paginate_queryset(queries.list_quizzes_for(request.user, **wanted))
            return self.get_paginated_response(shapes.QuizOut(rows, many=True, context={"request": request}).data)
        found = assignments.list_assigned_quizzes_for(request.user, search=wanted.get("search", ""))
        return self.get_paginated_response(shapes.QuizCoverOut(self.paginate_queryset(found), many=True).data)

    @extend_schema(operation_id="quizzes_retrieve", responses=QUIZ_OR_COVER)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One quiz. Takers get its cover: questions come with the start."""
        if request.user.is_center_staff:
            return self._quiz(request, id)
        return Response(shapes.QuizCoverOut(assignments.get_assigned_quiz_for(request.user, id)).data)

    @extend_schema(operation_id="quizzes_create", request=shapes.NewQuizIn, responses={201: shapes.QuizOut})
    def create(self, request: Request) -> Response:
        """Begin a quiz, with its questions in the same call if they are there already: all of them, or nothing."""
        shape = shapes.NewQuizIn(data=request.data)
        shape.is_valid(raise_exception=True)
        changes, questions = shape.parts()
        quiz = operations.create_quiz(actor=request.user, changes=changes, questions=questions)
        return self._quiz(request, quiz.pk, status=201)

    @extend_schema(operation_id="quizzes_update", request=shapes.QuizIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a quiz: teachers their own, administrators any. Of a published one only ``is_active``."""
        shape = shapes.QuizIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        operations.update_quiz(actor=request.user, quiz_id=id, changes=shape.validated_data)
        return self._quiz(request, id)

    @extend_schema(operation_id="quizzes_replace", request=shapes.QuizIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="quizzes_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a quiz. Homework that gives it goes on, and all results stay."""
        operations.delete_quiz(actor=request.user, quiz_id=id)
        return Response(status=204)

    @extend_schema(operation_id="quizzes_publish", request=None, responses=shapes.QuizPublishedOut)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, id: uuid.UUID) -> Response:
        """Freeze the quiz for those who take it. The refusal of an incomplete one lists every reason with its place.
        Assigning an active quiz publishes it too."""
        paper = operations.publish_quiz(actor=request.user, quiz_id=id)
        return self._published(request, id, paper, f"Published as edition {paper.number}.")

    @extend_schema(operation_id="quizzes_unpublish", request=None, responses=shapes.QuizPublishedOut)
    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, id: uuid.UUID) -> Response:
        """Open the quiz for changes again. Refused while homework that is not over gives it."""
        rooms.unpublish_unused_test(actor=request.user, test_id=id, kind="QUIZ")
        return self._published(request, id, None, "The quiz is a draft again.")

    @extend_schema(operation_id="quizzes_shuffle_options", request=None, responses=shapes.ShuffledOut)
    @action(detail=True, methods=["post"], url_path="shuffle-options")
    def shuffle_options(self, request: Request, id: uuid.UUID) -> Response:
        """Put the options of every choice of a draft into another order, for good."""
        shuffled = operations.shuffle_options(actor=request.user, quiz_id=id)
        return Response({"detail": f"The options of {shuffled} questions were shuffled.", "shuffled": shuffled})

    def _quiz(self, request: Request, quiz_id: uuid.UUID, status: int = 200) -> Response:
        quiz = queries.get_quiz_for(request.user, quiz_id)
        return Response(shapes.QuizOut(quiz, context={"request": request}).data, status=status)

    def _published(self, request: Request, quiz_id: uuid.UUID, paper: Any, detail: str) -> Response:
        body = {"detail": detail, "data": queries.get_quiz_for(request.user, quiz_id), "paper": paper}
        return Response(shapes.QuizPublishedOut(body, context={"request": request}).data)


class QuizQuestionViewSet(GenericViewSet[Any]):
    """Questions of quizzes with their keys, for authors."""

    resource = "quiz-questions"
    pagination_class = ManyAtOnce
    serializer_class = shapes.QuizQuestionOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="quiz_questions_list", parameters=[shapes.QuizQuestionFilters])
    def list(self, request: Request) -> Response:
        """Questions in their order. ``?page=all`` answers an array."""
        wanted = shapes.QuizQuestionFilters.read(request)
        rows = self.paginate_queryset(queries.quiz_questions_for(request.user, **wanted))
        shown = shapes.QuizQuestionOut(rows, many=True, context=fields.with_links(request))
        return self.get_paginated_response(shown.data)

    @extend_schema(operation_id="quiz_questions_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One question."""
        return self._question(request, id)

    @extend_schema(
        operation_id="quiz_questions_create",
        request=shapes.NewQuizQuestionIn,
        responses={201: shapes.QuizQuestionOut},
    )
    def create(self, request: Request) -> Response:
        """Add a question to a draft."""
        shape = shapes.NewQuizQuestionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        quiz_id = shape.validated_data["quiz"]
        question = operations.create_question(actor=request.user, quiz_id=quiz_id, changes=shape.changes())
        return self._question(request, question.pk, status=201)

    @extend_schema(operation_id="quiz_questions_update", request=shapes.QuizQuestionIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a question of a draft. Options are sent as a whole, with their ``question_type`` where it is not QUIZ."""
        shape = shapes.QuizQuestionIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        operations.update_question(actor=request.user, question_id=id, changes=shape.changes())
        return self._question(request, id)

    @extend_schema(operation_id="quiz_questions_replace", request=shapes.QuizQuestionIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="quiz_questions_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a question of a draft."""
        operations.delete_question(actor=request.user, question_id=id)
        return Response(status=204)

    def _question(self, request: Request, question_id: uuid.UUID, status: int = 200) -> Response:
        question = queries.get_quiz_question_for(request.user, question_id)
        return Response(shapes.QuizQuestionOut(question, context=fields.with_links(request)).data, status=status)
