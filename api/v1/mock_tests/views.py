from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import action
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from api.common.pagination import Pages, PagesOrAll
from api.common.requests import Request
from api.v1.mock_tests.bank import GroupsFromBank, TestsFromBank
from api.v1.mock_tests.covers import CoverOut
from api.v1.mock_tests.editions import EditionViews
from api.v1.mock_tests.interchange import InterchangeViews
from api.v1.mock_tests.interchange import with_rooms as _with_rooms
from api.v1.mock_tests.ordering import MovedQuestions, OrderedGroups, OrderedQuestions, OrderedSections
from api.v1.mock_tests.revisions import IF_MATCH, expected, tagged
from api.v1.mock_tests.serializers import fields, files, parts, questions, tests
from api.v1.mock_tests.uploads import limit_body
from apps.assignments import operations as rooms
from apps.assignments import queries as assignments
from apps.mock_tests import queries
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.authoring import publishing
from apps.mock_tests.operations.files import media
from apps.mock_tests.rules.files.media import MOST_AUDIO_BYTES

TEST_OR_COVER = PolymorphicProxySerializer(
    component_name="TestOrCover", serializers=[tests.MockTestOut, CoverOut], resource_type_field_name=None
)


class MockTestViewSet(InterchangeViews, OrderedSections, TestsFromBank, EditionViews, GenericViewSet):
    """Tests of the center, as their authors see them. Students get papers with their attempts, and covers before."""

    resource = "mock-tests"
    pagination_class = PagesOrAll
    serializer_class = tests.MockTestOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="mock_tests_list", parameters=[tests.MockTestFilters])
    def list(self, request: Request) -> Response:
        """All tests of the center, newest first. ``?page=all`` answers an array."""
        found = queries.list_tests_for(request.user, **tests.MockTestFilters.read(request))
        rows = self.paginate_queryset(found) or []
        shown = tests.MockTestOut(rows, many=True, context=_with_rooms(request, rows))
        return self.get_paginated_response(shown.data)

    @extend_schema(operation_id="mock_tests_retrieve", responses=TEST_OR_COVER)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One test with its sections. Takers get the cover of a test that a room gives them."""
        if request.user.is_center_staff:
            return self._test(request, id)
        return Response(CoverOut(assignments.get_assigned_paper_for(request.user, id)).data)

    @extend_schema(operation_id="mock_tests_create", request=tests.MockTestIn, responses={201: tests.MockTestOut})
    def create(self, request: Request) -> Response:
        """Begin a test. One with a level has the timed sections of its exam at once."""
        shape = tests.MockTestIn(data=request.data)
        shape.is_valid(raise_exception=True)
        test = authoring.create_test(actor=request.user, changes=shape.changes())
        return self._test(request, test.pk, status=201)

    @extend_schema(operation_id="mock_tests_update", parameters=[IF_MATCH], request=tests.MockTestIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a draft: teachers their own, administrators any."""
        shape = tests.MockTestIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        authoring.update_test(actor=request.user, test_id=id, changes=shape.changes(), expected=expected(request))
        return self._test(request, id)

    @extend_schema(operation_id="mock_tests_replace", parameters=[IF_MATCH], request=tests.MockTestIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="mock_tests_delete", parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a draft; papers that were made of it stay with their results."""
        authoring.delete_test(actor=request.user, test_id=id, expected=expected(request))
        return Response(status=204)

    @extend_schema(operation_id="mock_tests_publish", request=None, responses=tests.PublishOut)
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, id: uuid.UUID) -> Response:
        """Freeze the test as an edition that rooms can use. The refusal of an incomplete test lists every reason with
        its place. Publishing twice gives the same edition."""
        paper = publishing.publish_test(actor=request.user, test_id=id)
        return self._published(request, id, paper, f"Published as edition {paper.number}.")

    @extend_schema(operation_id="mock_tests_unpublish", request=None, responses=tests.PublishOut)
    @action(detail=True, methods=["post"])
    def unpublish(self, request: Request, id: uuid.UUID) -> Response:
        """Open the test for changes again; its editions stay. Refused while a room that is not closed gives it."""
        rooms.unpublish_unused_test(actor=request.user, test_id=id)
        return self._published(request, id, None, "The test is a draft again.")

    @extend_schema(operation_id="mock_tests_clone", request=None, responses={201: tests.MockTestOut})
    @action(detail=True, methods=["post"])
    def clone(self, request: Request, id: uuid.UUID) -> Response:
        """Copy a test with everything in it, as a draft of one's own."""
        return self._test(request, authoring.clone_test(actor=request.user, test_id=id).pk, status=201)

    @extend_schema(operation_id="mock_tests_papers", responses=tests.EditionOut(many=True), filters=True)
    @action(detail=True, pagination_class=Pages)
    def papers(self, request: Request, id: uuid.UUID) -> Response:
        """The editions of a test, newest first."""
        rows = self.paginate_queryset(queries.papers_for(request.user, id))
        return self.get_paginated_response(tests.EditionOut(rows, many=True).data)

    def _test(self, request: Request, test_id: uuid.UUID, status: int = 200) -> Response:
        test = queries.get_test_for(request.user, test_id)
        shown = tests.MockTestOut(test, context=_with_rooms(request, [test]))
        return tagged(Response(shown.data, status=status), test)

    def _published(self, request: Request, test_id: uuid.UUID, paper: Any, detail: str) -> Response:
        test = queries.get_test_for(request.user, test_id)
        body = {"detail": detail, "data": test, "paper": paper}
        return Response(tests.PublishOut(body, context=_with_rooms(request, [test])).data)


class SectionViewSet(OrderedGroups, GenericViewSet):
    """Timed parts of tests."""

    resource = "test-sections"
    pagination_class = PagesOrAll
    serializer_class = parts.SectionOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="test_sections_list", parameters=[parts.SectionFilters])
    def list(self, request: Request) -> Response:
        """Sections in their order. ``?page=all`` answers an array."""
        rows = queries.sections_for(request.user).filter(**parts.SectionFilters.read(request))
        return self.get_paginated_response(parts.SectionOut(self.paginate_queryset(rows), many=True).data)

    @extend_schema(operation_id="test_sections_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One section."""
        section = queries.get_section_for(request.user, id)
        return tagged(Response(parts.SectionOut(section).data), section)

    @extend_schema(operation_id="test_sections_create", request=parts.NewSectionIn, responses={201: parts.SectionOut})
    def create(self, request: Request) -> Response:
        """Add a section to a draft."""
        shape = parts.NewSectionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        section = authoring.create_section(
            actor=request.user, test_id=shape.validated_data["mock_test"], changes=shape.changes()
        )
        return Response(parts.SectionOut(queries.get_section_for(request.user, section.pk)).data, status=201)

    @extend_schema(operation_id="test_sections_update", parameters=[IF_MATCH], request=parts.SectionIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a section of a draft."""
        shape = parts.SectionIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        authoring.update_section(actor=request.user, section_id=id, changes=shape.changes(), expected=expected(request))
        return self.retrieve(request, id)

    @extend_schema(operation_id="test_sections_replace", parameters=[IF_MATCH], request=parts.SectionIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="test_sections_delete", parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a section of a draft with its questions."""
        authoring.delete_section(actor=request.user, section_id=id, expected=expected(request))
        return Response(status=204)


class QuestionGroupViewSet(OrderedQuestions, GroupsFromBank, GenericViewSet):
    """Questions under one instruction, passage, picture or recording."""

    resource = "question-groups"
    pagination_class = PagesOrAll
    serializer_class = parts.QuestionGroupOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="question_groups_list", parameters=[parts.QuestionGroupFilters])
    def list(self, request: Request) -> Response:
        """Groups in their order. ``?page=all`` answers an array."""
        rows = queries.groups_for(request.user).filter(**parts.QuestionGroupFilters.read(request))
        context = fields.with_links(request)
        page = parts.QuestionGroupOut(self.paginate_queryset(rows), many=True, context=context)
        return self.get_paginated_response(page.data)

    @extend_schema(operation_id="question_groups_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One group."""
        return self._group(request, id)

    @extend_schema(
        operation_id="question_groups_create",
        request=parts.NewQuestionGroupIn,
        responses={201: parts.QuestionGroupOut},
    )
    def create(self, request: Request) -> Response:
        """Add a group to a section of a draft."""
        shape = parts.NewQuestionGroupIn(data=request.data)
        shape.is_valid(raise_exception=True)
        section_id = shape.validated_data["section"]
        group = authoring.create_group(actor=request.user, section_id=section_id, changes=shape.changes())
        return self._group(request, group.pk, status=201)

    @extend_schema(operation_id="question_groups_update", parameters=[IF_MATCH], request=parts.QuestionGroupIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a group of a draft. A key that is absent stays, null removes the file."""
        shape = parts.QuestionGroupIn(data=request.data, partial=True)
        shape.is_valid(raise_exception=True)
        authoring.update_group(actor=request.user, group_id=id, changes=shape.changes(), expected=expected(request))
        return self._group(request, id)

    @extend_schema(operation_id="question_groups_replace", parameters=[IF_MATCH], request=parts.QuestionGroupIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="question_groups_delete", parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a group of a draft with its questions."""
        authoring.delete_group(actor=request.user, group_id=id, expected=expected(request))
        return Response(status=204)

    def _group(self, request: Request, group_id: uuid.UUID, status: int = 200) -> Response:
        group = queries.get_group_for(request.user, group_id)
        shown = parts.QuestionGroupOut(group, context=fields.with_links(request))
        return tagged(Response(shown.data, status=status), group)


class QuestionViewSet(MovedQuestions, GenericViewSet):
    """Questions with their keys, for authors."""

    resource = "questions"
    pagination_class = PagesOrAll
    serializer_class = questions.QuestionOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="questions_list", parameters=[questions.QuestionFilters])
    def list(self, request: Request) -> Response:
        """Questions in their order. ``?page=all`` answers an array."""
        rows = queries.questions_for(request.user).filter(**questions.QuestionFilters.read(request))
        context = fields.with_links(request)
        page = questions.QuestionOut(self.paginate_queryset(rows), many=True, context=context)
        return self.get_paginated_response(page.data)

    @extend_schema(operation_id="questions_retrieve", responses=questions.QUESTION)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One question."""
        return self._question(request, id)

    @extend_schema(operation_id="questions_create", request=questions.NEW_QUESTION, responses={201: questions.QUESTION})
    def create(self, request: Request) -> Response:
        """Add a question to a group of a draft. Options without text and picture are dropped."""
        shape = questions.NewQuestionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        group_id = shape.validated_data["group"]
        question = authoring.create_question(actor=request.user, group_id=group_id, changes=shape.changes())
        return self._question(request, question.pk, status=201)

    @extend_schema(
        operation_id="questions_update",
        parameters=[IF_MATCH],
        request=questions.QuestionIn,
        responses=questions.QUESTION,
    )
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Change a question of a draft. ``options`` and ``answers`` replace what was there."""
        shape = questions.QuestionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        authoring.update_question(
            actor=request.user, question_id=id, changes=shape.changes(), expected=expected(request)
        )
        return self._question(request, id)

    @extend_schema(
        operation_id="questions_replace",
        parameters=[IF_MATCH],
        request=questions.QuestionIn,
        responses=questions.QUESTION,
    )
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="questions_delete", parameters=[IF_MATCH], responses={204: None})
    def destroy(self, request: Request, id: uuid.UUID) -> Response:
        """Remove a question of a draft."""
        authoring.delete_question(actor=request.user, question_id=id, expected=expected(request))
        return Response(status=204)

    def _question(self, request: Request, question_id: uuid.UUID, status: int = 200) -> Response:
        question = queries.get_question_for(request.user, question_id)
        shown = questions.QuestionOut(question, context=fields.with_links(request))
        return tagged(Response(shown.data, status=status), question)


class UploadView(APIView):
    resource = "media-uploads"
    parser_classes = [MultiPartParser]

    @extend_schema(
        operation_id="media_uploads_create",
        request={"multipart/form-data": files.UploadIn},
        responses={201: files.UploadOut},
    )
    def post(self, request: Request) -> Response:
        """Keep a picture or recording, privately; ``file_key`` is what questions and groups refer to it by."""
        limit_body(request, MOST_AUDIO_BYTES)
        shape = files.UploadIn(data=request.data)
        shape.is_valid(raise_exception=True)
        file = shape.validated_data["file"]
        kind = files.UPLOAD_TARGETS.get(shape.validated_data.get("target", ""), "")
        kept = media.store_media(actor=request.user, content=file.read(), file_name=file.name or "", kind=kind)
        url = fields.with_links(request)["sign"](str(kept.pk))
        body = {
            "file_key": f"media:{kept.pk}",
            "url": url,
            "kind": kept.kind,
            "media_type": kept.media_type,
            "size": kept.size,
            "seconds": kept.seconds,
            "width": kept.width,
            "height": kept.height,
            "previews": {str(width): f"{url}&w={width}" for width in queries.preview_widths(media_id=kept.pk)},
        }
        return Response(files.UploadOut(body).data, status=201)
