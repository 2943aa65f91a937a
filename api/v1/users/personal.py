"""Personal data: one file with everything that a center holds about one person, and forgetting that person."""

from __future__ import annotations

import io
import json
import uuid
import zipfile
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common.negotiation import AnyAccept
from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.v1.authentication.serializers import ErasureIn, UserOut
from apps.attempts.queries import personal as attempts
from apps.audit import queries as audit
from apps.authentication import queries as accounts
from apps.authentication.operations import erasing
from apps.core import clock
from apps.groups import queries as groups
from apps.leaderboards import queries as boards
from apps.mail import queries as mail
from apps.materials import queries as materials
from apps.notifications import queries as notices

if TYPE_CHECKING:
    from apps.authentication.models import User

MOST_RESULTS = 10_000
FORMAT = 1
PACKAGE = {(200, "application/zip"): OpenApiResponse(OpenApiTypes.BINARY)}


class EraseIn(StrictSerializer):
    reason = serializers.CharField(max_length=300, help_text="Kept in the trail; write no names.")


class ErasedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    erased_at = serializers.DateTimeField()
    detail = serializers.SerializerMethodField()

    def get_detail(self, user: Any) -> str:
        return "This person is forgotten. Answers and results stay without a name."


def collect(person: User) -> dict[str, Any]:
    """What each app holds about a person, as that person may see it."""
    return {
        "format": FORMAT,
        "made_at": clock.now(),
        **accounts.data_about(user_id=person.pk),
        "groups": groups.data_about(user_id=person.pk),
        "materials": materials.data_about(user_id=person.pk),
        "attempts": attempts.data_about(person=person),
        "ranks": [asdict(result) for result in boards.results_of(person, person.pk)[:MOST_RESULTS]],
        **notices.data_about(user_id=person.pk),
        "letters": mail.data_about(address=person.email),
        "acts": audit.acts_of(person_id=person.pk),
    }


def package(person: User) -> HttpResponse:
    """The file: a zip with ``personal-data.json`` and, if there is one, the picture."""
    body = json.dumps(collect(person), cls=DjangoJSONEncoder, ensure_ascii=False, indent=1)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("personal-data.json", body)
        if person.avatar and default_storage.exists(person.avatar):
            with default_storage.open(person.avatar) as picture:
                file.writestr(f"picture.{person.avatar.rpartition('.')[2]}", picture.read())
    headers = {
        "Content-Disposition": f'attachment; filename="personal-data-{person.pk}.zip"',
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(made.getvalue(), content_type="application/zip", headers=headers)


class PersonalActions:
    """Part of the view set of people."""

    @extend_schema(operation_id="users_export", responses=PACKAGE)
    @action(detail=True, content_negotiation_class=AnyAccept)
    def export(self, request: Request, id: uuid.UUID) -> HttpResponse:
        """Everything that the center holds about one person, as that person may see it: a zip with JSON."""
        return package(accounts.get_user(user_id=id))

    @extend_schema(operation_id="users_erase", request=EraseIn, responses=ErasedOut)
    @action(detail=True, methods=["post"])
    def erase(self, request: Request, id: uuid.UUID) -> Response:
        """Forget who a person was, for good. Answers, results and places in rankings stay, without a name."""
        shape = EraseIn(data=request.data)
        shape.is_valid(raise_exception=True)
        person = erasing.erase_person(actor=request.user, user_id=id, **shape.validated_data)
        return Response(ErasedOut(person).data)


class OwnDataView(APIView):
    resource = "auth/me/export"
    content_negotiation_class = AnyAccept

    @extend_schema(operation_id="auth_me_export", responses=PACKAGE)
    def get(self, request: Request) -> HttpResponse:
        """Everything that the center holds about me: a zip with JSON."""
        return package(request.user)


class OwnErasureView(APIView):
    resource = "auth/me/erasure"

    @extend_schema(operation_id="auth_me_erasure_ask", request=ErasureIn, responses={202: UserOut})
    def post(self, request: Request) -> Response:
        """Ask to be forgotten. An admin of the center has to do it; until then I can change my mind."""
        shape = ErasureIn(data=request.data)
        shape.is_valid(raise_exception=True)
        person = erasing.ask_erasure(actor=request.user, **shape.validated_data)
        return Response(UserOut(person, context={"request": request}).data, status=202)

    @extend_schema(operation_id="auth_me_erasure_withdraw", responses=UserOut)
    def delete(self, request: Request) -> Response:
        """Stay after all."""
        person = erasing.withdraw_erasure(actor=request.user)
        return Response(UserOut(person, context={"request": request}).data)
