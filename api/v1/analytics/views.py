from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common.requests import Request
from api.v1.analytics import serializers as shapes
from apps.analytics import queries


class OwnerView(APIView):
    resource = "analytics/owner"

    @extend_schema(operation_id="analytics_owner", responses=shapes.OwnerFiguresOut)
    def get(self, request: Request) -> Response:
        """The platform at a glance: centers, people, attempts, storage, growth, ends of trials, limits, health."""
        return Response(shapes.OwnerFiguresOut(queries.owner_figures()).data)


class OwnerCentersView(GenericAPIView[Any]):
    resource = "analytics/owner/centers"
    serializer_class = shapes.FiguresRowOut

    @extend_schema(
        operation_id="analytics_owner_centers",
        parameters=[shapes.FiguresFilters],
        responses=shapes.FiguresRowOut(many=True),
        filters=True,
    )
    def get(self, request: Request) -> Response:
        """The centers, each as it counted itself last, by name."""
        rows = self.paginate_queryset(queries.list_figures(**shapes.FiguresFilters.read(request)))
        return self.get_paginated_response(shapes.FiguresRowOut(rows, many=True).data)


class CenterAdminView(APIView):
    resource = "analytics/center-admin"

    @extend_schema(operation_id="analytics_center_admin", responses=shapes.CenterFiguresOut)
    def get(self, request: Request) -> Response:
        """The center at a glance."""
        return Response(shapes.CenterFiguresOut(queries.center_admin_figures()).data)


class TeacherView(APIView):
    resource = "analytics/teacher"

    @extend_schema(operation_id="analytics_teacher", responses=shapes.TeacherFiguresOut)
    def get(self, request: Request) -> Response:
        """One's own groups at a glance."""
        return Response(shapes.TeacherFiguresOut(queries.teacher_figures(request.user)).data)


class StudentView(APIView):
    resource = "analytics/student"

    @extend_schema(operation_id="analytics_student", responses=shapes.StudentFiguresOut)
    def get(self, request: Request) -> Response:
        """One's own work at a glance."""
        return Response(shapes.StudentFiguresOut(queries.student_figures(request.user)).data)
