"""The seats of a room over HTTP, and the collecting of papers: the twin of the socket in ``api/ws/rooms.py``."""

from __future__ import annotations

import uuid
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response

from api.common.filters import Filters
from api.common.keys import KEY_HEADER
from api.common.pagination import Pages
from api.common.requests import Request
from api.v1.attempts import serializers as shapes
from api.v1.attempts.rooms import SeatsChangedView
from apps.attempts.operations import collecting
from apps.attempts.queries import seats


class SeatFilters(Filters):
    state = serializers.ChoiceField(seats.STATES, required=False, help_text="Only seats in this state.")


class FlagsOut(serializers.Serializer[Any]):
    """What an invigilator may want to look at; none of it decides anything."""

    windows = serializers.IntegerField(help_text="How many windows or devices have had the attempt; 1 is usual.")
    reopened = serializers.IntegerField(help_text="How often it was opened again.")
    focus_lost = serializers.IntegerField()
    events = serializers.DictField(child=serializers.IntegerField(), help_text="What the screen noticed, by kind.")
    addresses = serializers.ListField(child=serializers.CharField(), help_text="The network addresses it was sat from.")


class WatchedSeatOut(serializers.Serializer[Any]):
    """One student of a room."""

    student = serializers.UUIDField()
    name = serializers.CharField()
    attempt = serializers.UUIDField(allow_null=True)
    number = serializers.IntegerField(help_text="0 before the first attempt.")
    state = serializers.ChoiceField(seats.STATES, help_text="AWAY: sits, but was not heard of for half a minute.")
    started_at = serializers.DateTimeField(allow_null=True)
    deadline_at = serializers.DateTimeField(allow_null=True)
    paused_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    section = serializers.CharField(help_text="Where sections are timed.")
    section_ends_at = serializers.DateTimeField(allow_null=True)
    answered = serializers.IntegerField(help_text="Questions with an entry in the journal.")
    saved_at = serializers.DateTimeField(allow_null=True, help_text="Of the last answer that is stored for good.")
    heard_at = serializers.DateTimeField(allow_null=True, help_text="Of the last sign of life.")
    flags = FlagsOut()


class SeatPages(Pages):
    """As other lists, with what is true of the whole room."""

    page_size = 100
    max_page_size = 1000
    seen: seats.Seats

    def get_paginated_response(self, data: Any) -> Response:
        answer = super().get_paginated_response(data)
        answer.data |= {
            "server_time": self.seen.server_time,
            "has_presence": self.seen.has_presence,
            "questions": self.seen.questions,
            "states": self.seen.counts,
        }
        return answer

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        page = super().get_paginated_response_schema(schema)
        page["properties"] |= {
            "server_time": {"type": "string", "format": "date-time"},
            "has_presence": {"type": "boolean", "description": "False while nobody can say who was heard of lately."},
            "questions": {"type": "integer"},
            "states": {
                "type": "object",
                "additionalProperties": {"type": "integer"},
                "description": "How many seats of the room are in each state.",
            },
        }
        return page


class SeatsView(GenericAPIView[Any]):
    resource = "attempts/seats"
    serializer_class = WatchedSeatOut
    pagination_class = SeatPages

    @extend_schema(operation_id="attempts_seats", parameters=[SeatFilters], responses=WatchedSeatOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """Who is expected in this room or has sat in it, by name, and how each one stands."""
        wanted = SeatFilters.read(request)
        seen = seats.seats_for(request.user, id)
        rows = self.paginate_queryset(seats.of_state(seen.seats, list(wanted.values())))
        self.paginator.seen = seen  # type: ignore[union-attr]
        return self.get_paginated_response(WatchedSeatOut([seats.told(seat) for seat in rows or ()], many=True).data)


class ForceSubmitView(SeatsChangedView):
    resource = "attempts/force-submit"

    @extend_schema(
        operation_id="attempts_force_submit",
        parameters=[KEY_HEADER],
        request=shapes.PauseIn,
        responses=shapes.SeatsOut,
    )
    def post(self, request: Request, id: uuid.UUID) -> Response:
        """Hand in for some or all who sit in this room, with what is saved."""
        return self.change(request, id, shapes.PauseIn, collecting.force_submit, "force-submit")
