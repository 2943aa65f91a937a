from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from drf_spectacular.utils import PolymorphicProxySerializer, extend_schema
from rest_framework.decorators import action
from rest_framework.generics import GenericAPIView
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.common import links
from api.common.requests import Request
from api.common.throttling import AnswerRate, StartRate
from api.v1.live import serializers as shapes
from apps.core import clock, tenancy
from apps.live import queries
from apps.live.operations import answering, hosting, joining, moves
from apps.live.queries import boards, scenes

SESSIONS = PolymorphicProxySerializer(
    component_name="LiveQuiz",
    serializers=[shapes.HostedQuizSessionOut, shapes.QuizSessionOut],
    resource_type_field_name=None,
    many=True,
)
SESSION = PolymorphicProxySerializer(
    component_name="OneLiveQuiz",
    serializers=[shapes.QuizSessionDetailOut, shapes.QuizSessionOut],
    resource_type_field_name=None,
)


class QuizSessionViewSet(GenericViewSet[Any]):
    """Live quizzes, led by a host. Every move of the host answers what is on the host's screen from then on."""

    request: Request
    resource = "quiz-sessions"
    lookup_url_kwarg = "id"
    lookup_value_converter = "uuid"

    def get_throttles(self) -> list[Any]:
        rate = {"answers": AnswerRate, "join": StartRate}.get(self.action)
        return [rate()] if rate else super().get_throttles()

    @extend_schema(operation_id="quiz_sessions_list", parameters=[shapes.QuizSessionFilters], responses=SESSIONS)
    def list(self, request: Request) -> Response:
        """Admins see all sessions, teachers those they host, others those they have joined."""
        wanted = shapes.QuizSessionFilters.read(request)
        order = wanted.pop("ordering", "-created_at")
        found = queries.list_sessions_for(request.user, **wanted).order_by(order, "pk")
        shape = shapes.HostedQuizSessionOut if request.user.is_center_staff else shapes.QuizSessionOut
        return self.get_paginated_response(shape(self.paginate_queryset(found), many=True).data)

    @extend_schema(
        operation_id="quiz_sessions_create",
        request=shapes.OpenQuizSessionIn,
        responses={201: shapes.QuizSessionDetailOut},
    )
    def create(self, request: Request) -> Response:
        """Open a session of the newest paper of a published test or quiz; the answer has the code to join with. Asked are
        its questions with options and its statements that are true or false."""
        shape = shapes.OpenQuizSessionIn(data=request.data)
        shape.is_valid(raise_exception=True)
        session = hosting.open_session(actor=request.user, **shape.validated_data)
        return Response(self._render(session.pk), status=201)

    @extend_schema(operation_id="quiz_sessions_retrieve", responses=SESSION)
    def retrieve(self, request: Request, id: uuid.UUID) -> Response:
        """One session; its host sees the code, and of every question what became of it."""
        return Response(self._render(id))

    @extend_schema(operation_id="quiz_sessions_join", request=shapes.JoinQuizIn, responses=shapes.QuizSceneOut)
    @action(detail=False, methods=["post"])
    def join(self, request: Request) -> Response:
        """Become a player of the session with this code; again is harmless. Guests as its host allows."""
        shape = shapes.JoinQuizIn(data=request.data)
        shape.is_valid(raise_exception=True)
        player = joining.join(actor=request.user, **shape.validated_data)
        return self._scene(player.session_id)

    @extend_schema(operation_id="quiz_sessions_state", responses=shapes.QuizSceneOut)
    @action(detail=True, methods=["get"])
    def state(self, request: Request, id: uuid.UUID) -> Response:
        """What is on one's screen now, with one's own answers: for who comes back, and for who has no socket. Of a question
        that is not revealed it tells nothing of the key."""
        return self._scene(id)

    @extend_schema(operation_id="quiz_sessions_answer", request=shapes.QuizAnswerIn, responses=shapes.QuizAnsweredOut)
    @action(detail=True, methods=["post"])
    def answers(self, request: Request, id: uuid.UUID) -> Response:
        """Answer the open question. Acknowledged after it is stored for good; judged by the server's clock. What comes too
        late is refused and kept."""
        shape = shapes.QuizAnswerIn(data=request.data)
        shape.is_valid(raise_exception=True)
        given = shape.validated_data
        server_time = answering.answer(actor=request.user, session_id=id, **given)
        return Response(shapes.QuizAnsweredOut({**given, "server_time": server_time}).data)

    @extend_schema(operation_id="quiz_sessions_start", request=None, responses=shapes.QuizSceneOut)
    @action(detail=True, methods=["post"])
    def start(self, request: Request, id: uuid.UUID) -> Response:
        """Ask the first question."""
        return self._move(moves.start, id)

    @extend_schema(operation_id="quiz_sessions_next", request=None, responses=shapes.QuizSceneOut)
    @action(detail=True, methods=["post"])
    def next(self, request: Request, id: uuid.UUID) -> Response:
        """Ask the next question, or the first one."""
        return self._move(moves.next_question, id)

    @extend_schema(operation_id="quiz_sessions_lock", request=None, responses=shapes.QuizSceneOut)
    @action(detail=True, methods=["post"])
    def lock(self, request: Request, id: uuid.UUID) -> Response:
        """Take no more answers. A question whose time is up locks by itself."""
        return self._move(moves.lock, id)

    @extend_schema(operation_id="quiz_sessions_reveal", request=None, responses=shapes.QuizSceneOut)
    @action(detail=True, methods=["post"])
    def reveal(self, request: Request, id: uuid.UUID) -> Response:
        """Show what was right, who chose what, and the board."""
        return self._move(moves.reveal, id)

    @extend_schema(operation_id="quiz_sessions_finish", request=None, responses=shapes.QuizSceneOut)
    @action(detail=True, methods=["post"])
    def finish(self, request: Request, id: uuid.UUID) -> Response:
        """End the session; its board is final. A question that is still open does not count."""
        return self._move(moves.finish, id)

    @extend_schema(operation_id="quiz_sessions_players", responses=shapes.QuizPlayerOut(many=True))
    @action(detail=True, methods=["get"])
    def players(self, request: Request, id: uuid.UUID) -> Response:
        """Everybody who joined, also who was taken out."""
        found = self.paginate_queryset(queries.list_players_for(request.user, id))
        return self.get_paginated_response(shapes.QuizPlayerOut(found, many=True).data)

    @extend_schema(
        operation_id="quiz_sessions_remove_player", request=shapes.RemovePlayerIn, responses=shapes.QuizPlayerOut
    )
    @action(detail=True, methods=["post"], url_path="remove-player")
    def remove_player(self, request: Request, id: uuid.UUID) -> Response:
        """Take a player out for good. Again is harmless."""
        shape = shapes.RemovePlayerIn(data=request.data)
        shape.is_valid(raise_exception=True)
        player = moves.remove_player(actor=request.user, session_id=id, **shape.validated_data)
        return Response(shapes.QuizPlayerOut(player).data)

    def _move(self, move: Callable[..., object], id: uuid.UUID) -> Response:
        move(actor=self.request.user, session_id=id)
        return self._scene(id)

    def _scene(self, id: uuid.UUID) -> Response:
        sign = links.host_signer(tenancy.current(), clock.now() + links.LAST)
        return Response(shapes.QuizSceneOut(scenes.scene_for(self.request.user, id, sign=sign)).data)

    def _render(self, id: uuid.UUID) -> Any:
        session = queries.get_session_for(self.request.user, id)
        if not queries.may_host(actor=self.request.user, session=session):
            return shapes.QuizSessionOut(session).data
        session.rounds_in_order = queries.list_rounds(session_id=id)  # type: ignore[attr-defined]
        return shapes.QuizSessionDetailOut(session).data


class QuizBoardView(GenericAPIView[Any]):
    resource = "leaderboards/quizzes"
    serializer_class = shapes.QuizPlaceOut

    @extend_schema(operation_id="leaderboards_quiz", responses=shapes.QuizPlaceOut(many=True))
    def get(self, request: Request, id: uuid.UUID) -> Response:
        """The board of a live quiz, best first: frozen once it is over. Players see it as its board policy allows."""
        board: Any = boards.board_for(request.user, id)
        return self.get_paginated_response(shapes.QuizPlaceOut(self.paginate_queryset(board), many=True).data)
