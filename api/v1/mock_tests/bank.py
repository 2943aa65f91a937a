"""The bank of questions, its topics, and what tests take from it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.pagination import Pages, PagesOrAll
from api.common.requests import Request
from api.v1.mock_tests.revisions import IF_MATCH, expected
from api.v1.mock_tests.serializers import bank as shapes
from api.v1.mock_tests.serializers.fields import with_links
from apps.centers.queries import centers
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.bank import bulk as bank_bulk
from apps.mock_tests.operations.bank import review as bank_review
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.queries.bank import questions as queries
from apps.mock_tests.queries.bank import usage as bank_usage

if TYPE_CHECKING:
    from rest_framework.viewsets import GenericViewSet as Base
else:
    Base = object


class TopicViewSet(GenericViewSet):
    """Topics of the bank: trees of up to six floors."""

    resource = "topics"
    pagination_class = PagesOrAll
    serializer_class = shapes.TopicOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="topics_list", parameters=[shapes.TopicFilters])
    def list(self, request: Request) -> Response:
        """All topics by name, each with its path from the top. ``?page=all`` answers an array."""
        rows = self.paginate_queryset(queries.topics_for(request.user, **shapes.TopicFilters.read(request))) or []
        return self.get_paginated_response(shapes.TopicOut(rows, many=True, context=_counts()).data)

    @extend_schema(operation_id="topics_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One topic."""
        return Response(shapes.TopicOut(queries.get_topic_for(request.user, id), context=_counts()).data)

    @extend_schema(operation_id="topics_create", request=shapes.TopicIn, responses={201: shapes.TopicOut})
    def create(self, request: Request) -> Response:
        """Make a topic. A name stands once below each topic, whatever its case and width."""
        shape = shapes.TopicIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = bank_topics.create_topic(actor=request.user, changes=shape.validated_data)
        return Response(shapes.TopicOut(made, context={"counts": {}}).data, status=201)

    @extend_schema(operation_id="topics_update", request=shapes.TopicIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Rename a topic, move it with all below it, or close it for new questions."""
        shape = shapes.TopicIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        bank_topics.update_topic(actor=request.user, topic_id=id, changes=shape.validated_data)
        return self.retrieve(request, id)

    @extend_schema(operation_id="topics_replace", request=shapes.TopicIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="topics_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a topic in which nothing lies."""
        bank_topics.delete_topic(actor=request.user, topic_id=id)
        return Response(status=204)


class BankQuestionViewSet(GenericViewSet):
    """Questions of the center that tests take copies of. Every edit of what one says is a version that stays."""

    resource = "bank-questions"
    pagination_class = Pages
    serializer_class = shapes.BankQuestionOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="bank_questions_list", parameters=[shapes.BankFilters])
    def list(self, request: Request) -> Response:
        """The questions of the bank, newest first, with their use and statistics."""
        found = queries.list_questions_for(request.user, **shapes.BankFilters.read(request))
        rows = self.paginate_queryset(found) or []
        return self.get_paginated_response(shapes.BankQuestionOut(rows, many=True, context=_beside(request, rows)).data)

    @extend_schema(operation_id="bank_questions_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One question, as its current version says it."""
        return _question(request, id)

    @extend_schema(
        operation_id="bank_questions_create",
        request=shapes.BankQuestionIn,
        responses={201: shapes.BankQuestionOut},
    )
    def create(self, request: Request) -> Response:
        """Write a question into the bank. Where the center reviews it begins as a draft, elsewhere tests may take it."""
        shape = shapes.BankQuestionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = bank.create_question(actor=request.user, changes=shape.changes(), note=shape.note_given)
        return _question(request, made.pk, status=201)

    @extend_schema(operation_id="bank_questions_update", parameters=[IF_MATCH], request=shapes.BankQuestionIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a question: what it says anew is its next version, how it is filed changes in place. ``If-Match`` takes the
        number of the version. Tests that took it keep what they have."""
        shape = shapes.BankQuestionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        bank.edit_question(
            actor=request.user,
            question_id=id,
            changes=shape.changes(),
            note=shape.note_given,
            expected=expected(request),
        )
        return _question(request, id)

    @extend_schema(operation_id="bank_questions_replace", parameters=[IF_MATCH], request=shapes.BankQuestionIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="bank_questions_delete", responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Put a question out of sight; tests and papers keep their copies."""
        bank.delete_question(actor=request.user, question_id=id)
        return Response(status=204)

    @extend_schema(operation_id="bank_questions_versions", responses=shapes.VERSIONS, filters=True)
    @action(detail=True)
    def versions(self, request: Request, id: uuid.UUID) -> Response:
        """Every version, newest first: who wrote it, when and why, with its own statistics."""
        rows = self.paginate_queryset(queries.versions_for(request.user, id)) or []
        return self.get_paginated_response(shapes.VersionOut(rows, many=True, context=with_links(request)).data)

    @extend_schema(
        operation_id="bank_questions_compare", parameters=[shapes.CompareQuery], responses=shapes.ComparisonOut
    )
    @action(detail=True)
    def compare(self, request: Request, id: uuid.UUID) -> Response:
        """What changed between two versions, field by field."""
        found = queries.compare_for(request.user, id, **shapes.CompareQuery.read(request))
        return Response(shapes.ComparisonOut(found).data)

    @extend_schema(operation_id="bank_questions_reviews", responses=shapes.ReviewOut(many=True), filters=True)
    @action(detail=True)
    def review(self, request: Request, id: uuid.UUID) -> Response:
        """The steps of its review, newest first."""
        rows = self.paginate_queryset(queries.reviews_for(request.user, id)) or []
        return self.get_paginated_response(shapes.ReviewOut(rows, many=True).data)

    @extend_schema(operation_id="bank_questions_review", parameters=[IF_MATCH], request=shapes.ReviewIn)
    @review.mapping.post
    def take_step(self, request: Request, id: uuid.UUID) -> Response:
        """Take a step: authors submit, retire and reopen, colleagues approve or send back with a comment. ``If-Match`` takes
        the number of the version that was judged."""
        shape = shapes.ReviewIn(data=request.data)
        shape.is_valid(raise_exception=True)
        bank_review.take_step(actor=request.user, question_id=id, expected=expected(request), **shape.validated_data)
        return _question(request, id)

    @extend_schema(operation_id="bank_questions_usage", responses=shapes.UsageOut)
    @action(detail=True)
    def usage(self, request: Request, id: uuid.UUID) -> Response:
        """In which tests and papers it is, with which version, and how often it was seen there."""
        return Response(shapes.UsageOut(bank_usage.usage_for(request.user, id)).data)

    @extend_schema(operation_id="bank_questions_bulk", request=shapes.BulkIn, responses=shapes.BulkOut)
    @action(detail=False, methods=["post"])
    def bulk(self, request: Request) -> Response:
        """Change up to a thousand questions at once: all of them, or none with every reason."""
        shape = shapes.BulkIn(data=request.data)
        shape.is_valid(raise_exception=True)
        return Response(shapes.BulkOut(bank_bulk.change_questions(actor=request.user, **shape.validated_data)).data)

    @extend_schema(
        operation_id="bank_questions_duplicates",
        parameters=[shapes.DoublesQuery],
        responses=shapes.DoublesOut(many=True),
    )
    @action(detail=False, pagination_class=None)
    def duplicates(self, request: Request) -> Response:
        """Pairs that are the same or alike, the most alike first, 200 at most: to look at, nothing is done with them."""
        found = queries.doubles_for(request.user, **shapes.DoublesQuery.read(request))
        return Response(shapes.DoublesOut(found, many=True, context=with_links(request)).data)


class GroupsFromBank(Base):
    @extend_schema(
        operation_id="question_groups_from_bank", request=shapes.TakeIn, responses={201: shapes.TakenListOut}
    )
    @action(detail=True, methods=["post"], url_path="from-bank")
    def from_bank(self, request: Request, id: uuid.UUID) -> Response:
        """Copy questions of the bank to the end of a group of a draft, in this order; all of them or none."""
        shape = shapes.TakeIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = bank.use_in_group(actor=request.user, group_id=id, **shape.validated_data)
        return Response(shapes.TakenListOut({"questions": made}).data, status=201)


class TestsFromBank(Base):
    @extend_schema(operation_id="mock_tests_bank_updates", responses=shapes.OutdatedOut(many=True), filters=False)
    @action(detail=True, url_path="bank-updates", pagination_class=None)
    def bank_updates(self, request: Request, id: uuid.UUID) -> Response:
        """The questions of a test that say something older than what the bank has for tests now."""
        found = queries.outdated_in(request.user, id)
        return Response(shapes.OutdatedOut(found, many=True, context=with_links(request)).data)

    @extend_schema(operation_id="mock_tests_update_from_bank", request=shapes.RenewIn, responses=shapes.TakenListOut)
    @bank_updates.mapping.post
    def update_from_bank(self, request: Request, id: uuid.UUID) -> Response:
        """Bring questions of a draft up to date: those that are named, or all."""
        shape = shapes.RenewIn(data=request.data)
        shape.is_valid(raise_exception=True)
        made = bank.bring_up_to_date(actor=request.user, test_id=id, **shape.validated_data)
        return Response(shapes.TakenListOut({"questions": made}).data)


def _question(request: Request, question_id: uuid.UUID, status: int = 200) -> Response:
    question = queries.get_question_for(request.user, question_id)
    response = Response(shapes.BankQuestionOut(question, context=_beside(request, [question])).data, status=status)
    response["ETag"] = f'"{question.current_version.number}"' if question.current_version else ""
    return response


def _beside(request: Request, rows: Sequence[Any]) -> dict[str, Any]:
    """What is told beside questions: what the center demands, and where they are used."""
    uses = bank_usage.count_uses(question_ids=[row.pk for row in rows])
    return {**with_links(request), "review": centers.question_review(), "uses": uses}


def _counts() -> dict[str, Any]:
    return {"counts": queries.count_by_topic()}
