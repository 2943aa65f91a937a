"""Recordings that a room limits: plays are counted, and each has an address of its own for a moment."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from api.common import keys, links
from api.common.keys import KEY_HEADER, KeyedIn
from api.common.negotiation import AnyAccept
from api.common.requests import Request
from api.common.serializers import StrictSerializer
from api.v1.mock_tests.media import HEADERS
from apps.assignments import queries as rooms
from apps.attempts.operations import cues_by_clock, listening
from apps.attempts.queries import plays
from apps.attempts.rules import listening as rules
from apps.core import clock
from apps.core.tenancy import Tenant
from apps.mock_tests import queries as papers

START, FINISH, STALL = "start", "finish", "stall"
_RANGE = re.compile(r"bytes=(\d{1,12})-\d{0,12}", re.ASCII)


# -- shapes --------------------------------------------------------------------------------------------------------


class PlayIn(StrictSerializer):
    action = serializers.ChoiceField([START, FINISH, STALL])
    play = serializers.UUIDField(
        required=False,
        source="play_id",
        help_text="The id of the play. A start may choose it: sent again with the same one it does not count twice.",
    )
    recording = serializers.UUIDField(required=False, help_text="What to start, where plays are limited.")
    cue = serializers.UUIDField(required=False, source="cue_id", help_text="What to start, where the room listens.")
    seconds = serializers.FloatField(required=False, help_text="How long it stood still.")
    report = serializers.UUIDField(
        required=False, help_text="An id of the screen's own for a stall: told again with the same one it counts once."
    )

    def validate(self, given: dict[str, Any]) -> dict[str, Any]:
        needed = {START: (), FINISH: ("play_id",), STALL: ("play_id", "seconds")}[given["action"]]
        known = {START: {"play_id", "recording", "cue_id"}, FINISH: {"play_id"}}
        known[STALL] = {"play_id", "seconds", "report"}
        for name in needed:
            if name not in given:
                raise serializers.ValidationError({name.removesuffix("_id"): ["This is needed."]}, code="required")
        for name in given.keys() - known[given["action"]] - {"action"}:
            raise serializers.ValidationError(
                {name.removesuffix("_id"): ["This has no meaning here."]}, code="unknown_field"
            )
        return given


class PlayOut(serializers.Serializer[Any]):
    play = serializers.UUIDField()
    recording = serializers.UUIDField()
    number = serializers.IntegerField(help_text="1 for the first time that this recording is played.")
    plays_left = serializers.IntegerField(allow_null=True, help_text="Null where the whole room listens at once.")
    url = serializers.CharField(
        allow_null=True, help_text="Where the recording is, on this host, for a minute; null when the play has ended."
    )
    starts_at = serializers.DateTimeField(allow_null=True, help_text="Of the whole room.")
    offset = serializers.FloatField(help_text="Seconds into the recording at which to begin now.")
    finished_at = serializers.DateTimeField(allow_null=True)
    credited = serializers.FloatField(help_text="Seconds that this stall gave back.")
    server_time = serializers.DateTimeField()


class CueIn(KeyedIn):
    recording = serializers.UUIDField()
    starts_at = serializers.DateTimeField(required=False, help_text="By the server's clock; absent: in five seconds.")


class CueOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    recording = serializers.UUIDField()
    starts_at = serializers.DateTimeField()


class HeardOut(CueOut):
    """A cue, and what the seats tell of it."""

    seats = serializers.IntegerField(help_text="How many have begun to play it.")
    finished = serializers.IntegerField()
    stalled = serializers.IntegerField(help_text="How many stood still on the way.")
    stalled_seconds = serializers.FloatField()
    credited_seconds = serializers.FloatField()


class RecordingOut(serializers.Serializer[Any]):
    recording = serializers.UUIDField()
    plays = serializers.IntegerField()
    plays_left = serializers.IntegerField(allow_null=True)


class ListeningOut(serializers.Serializer[Any]):
    """Where the recordings of an attempt stand."""

    recordings = RecordingOut(many=True)
    cue = CueOut(allow_null=True, help_text="The latest one of the room, for those who come late.")
    server_time = serializers.DateTimeField()


class ToCueOut(serializers.Serializer[Any]):
    """A recording of the room's paper."""

    recording = serializers.UUIDField()
    section = serializers.CharField()
    title = serializers.CharField(help_text="Of its group.")
    question_number = serializers.IntegerField(source="number", allow_null=True, help_text="Where it is a question's.")
    seconds = serializers.FloatField(help_text="How long it is; 0 where nobody knows.")
    cues = serializers.IntegerField(help_text="How often it was started.")


class UpcomingOut(serializers.Serializer[Any]):
    """``cue`` is null when everything in the present section was heard."""

    cue = CueOut(allow_null=True)
    server_time = serializers.DateTimeField()


class PlayQuery(StrictSerializer):
    expires = serializers.CharField(max_length=12)
    sig = serializers.CharField(max_length=60)


# -- playing -------------------------------------------------------------------------------------------------------


def act(*, tenant: Tenant, student_id: uuid.UUID, attempt_id: uuid.UUID, given: dict[str, Any]) -> dict[str, Any]:
    """What a checked message about a play asks for, over HTTP and over the socket alike."""
    wanted = {name: value for name, value in given.items() if name != "action"}
    works: dict[str, Callable[..., listening.Playing]] = {
        START: listening.start_play,
        FINISH: listening.finish_play,
        STALL: listening.report_stall,
    }
    work = works[given["action"]]
    return shown(tenant, work(student_id=student_id, attempt_id=attempt_id, **wanted))


def shown(tenant: Tenant, playing: listening.Playing) -> dict[str, Any]:
    play = playing.play
    until = playing.server_time + rules.LINK_LIFE
    return {
        "play": play.pk,
        "recording": play.recording,
        "number": play.number,
        "plays_left": playing.plays_left,
        "url": links.sign_play(tenant, play.pk, until) if play.finished_at is None else None,
        "starts_at": play.cue.starts_at if play.cue else None,
        "offset": playing.offset,
        "finished_at": play.finished_at,
        "credited": playing.credited,
        "server_time": playing.server_time,
    }


class PlaysView(APIView):
    resource = "attempts/plays"

    @extend_schema(operation_id="attempts_plays", responses=ListeningOut)
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """How often each recording was played, and what the room listens to."""
        return Response(ListeningOut(plays.listening_of(actor=request.user, attempt_id=id)).data)

    @extend_schema(operation_id="attempts_play", request=PlayIn, responses={200: PlayOut, 201: PlayOut})
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Start a play, which counts (201), or tell that it has ended or stood still. A stall gives time back, within
        bounds."""
        shape = PlayIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        tenant: Tenant = request.tenant
        body = act(tenant=tenant, student_id=request.user.pk, attempt_id=id, given=given)
        return Response(PlayOut(body).data, status=201 if given["action"] == START else 200)


class CuesView(APIView):
    resource = "attempts/cues"

    @extend_schema(operation_id="attempts_cues", responses=HeardOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """What was started in the room, and how it was heard, the latest first."""
        return Response(HeardOut(plays.cues_for(actor=request.user, assignment_id=id), many=True).data)

    @extend_schema(operation_id="attempts_cue", parameters=[KEY_HEADER], request=CueIn, responses={201: CueOut})
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Start a recording for everybody in the room at once."""
        shape = CueIn(data=request.data)
        shape.is_valid(raise_exception=True)
        cue = keys.answer_once(
            request,
            scope=id,
            kind="cue",
            given=shape.validated_data,
            check=lambda: rooms.get_assignment_for(request.user, id),
            work=lambda given: CueOut(listening.give_cue(actor=request.user, assignment_id=id, **given)).data,
        )
        return Response(cue, status=201)


class RecordingsView(APIView):
    resource = "attempts/recordings"

    @extend_schema(operation_id="attempts_recordings", responses=ToCueOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """What there is to start in this room, in the order of its paper."""
        return Response(ToCueOut(plays.recordings_for(actor=request.user, assignment_id=id), many=True).data)


class NextRecordingView(APIView):
    resource = "attempts/next-recording"

    @extend_schema(operation_id="attempts_next_recording", request=None, responses=UpcomingOut)
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Where recordings start by the clock: the one that is heard now or next in the present section, and when it starts
        for this student. The first of the room to ask makes that moment known to everybody. Again is harmless."""
        upcoming, at = cues_by_clock.next_by_clock(student_id=request.user.pk, attempt_id=id)
        cue = None
        if upcoming:
            cue = {"id": upcoming.cue.pk, "recording": upcoming.cue.recording, "starts_at": upcoming.starts_at}
        return Response(UpcomingOut({"cue": cue, "server_time": at}).data)


class PlayMediaView(APIView):
    """The gate of single plays. The right to one is in the signed link."""

    resource = "plays"
    authentication_classes: list[type] = []
    throttle_classes: list[type] = []  # a classroom behind one address listens at once
    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="plays_retrieve",
        parameters=[PlayQuery],
        responses={(200, "application/octet-stream"): OpenApiResponse(OpenApiTypes.BINARY), 206: None},
    )
    def get(self, request: Request, id: uuid.UUID) -> HttpResponse:
        """The recording of a play that runs, from the beginning, or on from where it was given out already."""
        given = request.query_params
        links.check_play(
            tenant=request.tenant,
            play_id=id,
            expires=given.get("expires", ""),
            signature=given.get("sig", ""),
            at=clock.now(),
        )
        found = _RANGE.fullmatch(request.headers.get("Range", "").strip())
        part = listening.fetch_part(play_id=id, begin=int(found[1]) if found else 0)
        size = part.file.size
        headers = {**HEADERS, "Content-Disposition": "attachment"}
        if found:
            headers["Content-Range"] = f"bytes {part.begin}-{size - 1}/{size}"
        content = papers.read_media(file=part.file, begin=part.begin, end=size)
        return HttpResponse(content, status=206 if found else 200, content_type=part.file.media_type, headers=headers)
