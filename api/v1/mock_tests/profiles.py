"""Exams that tests can follow."""

from __future__ import annotations

import uuid

from drf_spectacular.utils import extend_schema
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common.pagination import PagesOrAll
from api.common.requests import Request
from api.v1.mock_tests.serializers.profiles import ExamProfileFilters, ExamProfileIn, ExamProfileOut, NewExamProfileIn
from apps.mock_tests.operations import profiles as operations
from apps.mock_tests.queries import profiles


class ExamProfileViewSet(GenericViewSet):
    """Timed sections, scored areas, marking and pass rules, dated. Those that come with the product can be copied; those
    of the center have editions."""

    resource = "exam-profiles"
    pagination_class = PagesOrAll
    serializer_class = ExamProfileOut
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    @extend_schema(operation_id="exam_profiles_list", parameters=[ExamProfileFilters])
    def list(self, request: Request) -> Response:
        """The profiles that new tests can follow. ``?page=all`` answers an array."""
        found = profiles.list_profiles_for(request.user, **ExamProfileFilters.read(request))
        return self.get_paginated_response(ExamProfileOut(self.paginate_queryset(found), many=True).data)

    @extend_schema(operation_id="exam_profiles_retrieve")
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One profile, or one edition of a profile of the center."""
        return Response(ExamProfileOut(profiles.get_profile_for(request.user, id)).data)

    @extend_schema(operation_id="exam_profiles_create", request=NewExamProfileIn, responses={201: ExamProfileOut})
    def create(self, request: Request) -> Response:
        """Write a profile, or copy one with ``based_on``. What contradicts itself is refused with every reason; so are dates
        that overlap with those of the same slug."""
        shape = NewExamProfileIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = dict(shape.validated_data)
        named = {name: given.pop(name) for name in ("based_on", "slug") if name in given}
        row = operations.create_profile(actor=request.user, changes=given, **named)
        return Response(ExamProfileOut(profiles.get_profile_for(request.user, row.pk)).data, status=201)

    @extend_schema(operation_id="exam_profiles_update", request=ExamProfileIn)
    def partial_update(self, request: Request, id: uuid.UUID) -> Response:
        """Make the next edition, and answer it. Tests and papers of the edition before stay with it. An edition that was
        replaced or retired is refused with 409, so nobody overwrites a change unseen."""
        shape = ExamProfileIn(data=request.data)
        shape.is_valid(raise_exception=True)
        row = operations.change_profile(actor=request.user, profile_id=id, changes=shape.validated_data)
        return Response(ExamProfileOut(profiles.get_profile_for(request.user, row.pk)).data)

    @extend_schema(operation_id="exam_profiles_replace", request=ExamProfileIn)
    def update(self, request: Request, id: uuid.UUID) -> Response:
        """The same; here too what is absent stays."""
        return self.partial_update(request, id)

    @extend_schema(operation_id="exam_profiles_retire", request=None)
    @action(detail=True, methods=["post"])
    def retire(self, request: Request, id: uuid.UUID) -> Response:
        """Offer it no longer for new tests. Those that follow it stay as they are."""
        operations.retire_profile(actor=request.user, profile_id=id)
        return Response(ExamProfileOut(profiles.get_profile_for(request.user, id)).data)
