from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Order, Search
from api.common.serializers import BoundedList, StrictSerializer
from apps.live.rules import MOST_SECONDS

STATES = ["LOBBY", "QUESTION", "LOCKED", "REVEALED", "FINISHED"]
BONUSES = ["NONE", "LINEAR", "HALF"]
ANSWER_POLICIES = ["FIRST", "LAST"]
BOARD_POLICIES = ["LIVE", "AFTER_CLOSE", "HIDDEN", "ANONYMOUS"]
GUESTS = ["NONE", "NAMED", "CODE"]


class QuizSessionFilters(Filters):
    search = Search(help_text="Part of the title.")
    state = serializers.ChoiceField(STATES, required=False)
    ordering = Order(["created_at", "title"])


class OpenQuizSessionIn(StrictSerializer):
    mock_test = serializers.UUIDField(source="mock_test_id", help_text="A published test or quiz.")
    title = serializers.CharField(max_length=200, required=False, help_text="Left out: the title of the test.")
    seconds = serializers.IntegerField(
        min_value=5,
        max_value=MOST_SECONDS,
        required=False,
        allow_null=True,
        help_text="For every question; null: its own time, or that of the quiz.",
    )
    points = serializers.DecimalField(
        max_digits=6,
        decimal_places=0,
        min_value=1,
        max_value=10_000,
        required=False,
        allow_null=True,
        help_text="For every question, 1000 if left out; null: its marks in the test.",
    )
    bonus = serializers.ChoiceField(
        BONUSES,
        required=False,
        help_text="What time takes off the points: nothing, all of them at the last moment, or half of them (default).",
    )
    answer_policy = serializers.ChoiceField(ANSWER_POLICIES, required=False, help_text="Which answer counts.")
    board_policy = serializers.ChoiceField(BOARD_POLICIES, required=False, help_text="What players see of the board.")
    guests = serializers.ChoiceField(GUESTS, required=False, help_text="No guests, those named here, or by code.")
    guest_ids = BoundedList(child=serializers.UUIDField(), max_length=200, required=False)
    may_join_late = serializers.BooleanField(required=False, help_text="Also after the first question.")
    gives_more_time = serializers.BooleanField(
        required=False, help_text="Each question takes as much longer as the accommodation of somebody who plays says."
    )


class JoinQuizIn(StrictSerializer):
    code = serializers.CharField(max_length=20, help_text="As it is typed; case, spaces and hyphens do not matter.")


class QuizAnswerIn(StrictSerializer):
    number = serializers.IntegerField(min_value=1, max_value=2**31 - 1, help_text="Of the question, from 1.")
    seq = serializers.IntegerField(
        min_value=1, max_value=2**31 - 1, help_text="Chosen by the client; the same again is no second answer."
    )
    response = serializers.JSONField(help_text="An option's id, a list of them, or true or false.")


class QuizAnsweredOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    seq = serializers.IntegerField()
    server_time = serializers.DateTimeField()


class RemovePlayerIn(StrictSerializer):
    player = serializers.UUIDField(source="player_id")


class QuizHostOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    full_name = serializers.CharField(source="get_full_name")


class QuizSessionOut(serializers.Serializer[Any]):
    """What players see of a session in lists."""

    id = serializers.UUIDField()
    title = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    number = serializers.IntegerField(help_text="Of the present question, from 1; 0 in the lobby.")
    question_count = serializers.IntegerField()
    player_count = serializers.IntegerField()
    host = QuizHostOut(allow_null=True)
    answer_policy = serializers.ChoiceField(ANSWER_POLICIES)
    bonus = serializers.ChoiceField(BONUSES)
    board_policy = serializers.ChoiceField(BOARD_POLICIES)
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class HostedQuizSessionOut(QuizSessionOut):
    """The same for staff."""

    code = serializers.CharField()
    mock_test = serializers.UUIDField(source="paper.test_id")
    paper = serializers.UUIDField(source="paper_id")
    guests = serializers.ChoiceField(GUESTS)
    guest_ids = serializers.ListField(child=serializers.UUIDField(), source="named_guests")
    may_join_late = serializers.BooleanField()
    gives_more_time = serializers.BooleanField()


class QuizRoundOut(serializers.Serializer[Any]):
    """A question and what became of it; of one that is not revealed nothing of its key or its answers."""

    number = serializers.IntegerField()
    question = serializers.UUIDField(source="question_id")
    seconds = serializers.IntegerField()
    points = serializers.CharField()
    opened_at = serializers.DateTimeField(allow_null=True)
    closed_at = serializers.DateTimeField(allow_null=True)
    revealed_at = serializers.DateTimeField(allow_null=True)
    answered = serializers.IntegerField(allow_null=True)
    distribution = serializers.DictField(child=serializers.IntegerField(), allow_null=True)


class QuizSessionDetailOut(HostedQuizSessionOut):
    rounds = QuizRoundOut(many=True, source="rounds_in_order")


class QuizPlayerOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    user = serializers.UUIDField(source="user_id")
    name = serializers.CharField(source="display_name")
    joined_at = serializers.DateTimeField()
    removed_at = serializers.DateTimeField(allow_null=True)
    score = serializers.DecimalField(max_digits=12, decimal_places=3)
    correct = serializers.IntegerField()


# -- what is on a screen -------------------------------------------------------------------------------------------


class AskedOptionOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    text = serializers.CharField()
    image = serializers.CharField(allow_null=True)


class AskedQuestionOut(serializers.Serializer[Any]):
    """A question as players see it, with what it is read, seen or heard with."""

    number = serializers.IntegerField()
    id = serializers.UUIDField()
    type = serializers.CharField()
    text = serializers.CharField()
    image = serializers.CharField(allow_null=True)
    audio = serializers.CharField(allow_null=True)
    options = AskedOptionOut(many=True)
    instruction = serializers.CharField()
    reading_text = serializers.CharField()
    group_image = serializers.CharField(allow_null=True)
    seconds = serializers.IntegerField()
    points = serializers.CharField()
    opened_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField(help_text="An answer that arrives later is refused and kept.")


class QuizRevealOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    right = serializers.ListField(child=serializers.CharField(), help_text="Options that earn something.")
    explanation = serializers.CharField()
    distribution = serializers.DictField(child=serializers.IntegerField(), help_text="Players by option.")
    answered = serializers.IntegerField()


class QuizStandingOut(serializers.Serializer[Any]):
    rank = serializers.IntegerField(help_text="1 + number of players strictly better; ties share it.")
    name = serializers.CharField(help_text="Empty on a board without names, but for one's own row.")
    score = serializers.CharField()


class QuizBoardOut(serializers.Serializer[Any]):
    players = serializers.IntegerField()
    top = QuizStandingOut(many=True)


class OwnQuizAnswerOut(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    seq = serializers.IntegerField()
    response = serializers.JSONField()
    points = serializers.CharField(allow_null=True, help_text="Null until the question is revealed.")
    is_correct = serializers.BooleanField(allow_null=True)


class QuizMeOut(serializers.Serializer[Any]):
    player = serializers.UUIDField()
    name = serializers.CharField()
    score = serializers.CharField()
    correct = serializers.IntegerField()
    rank = serializers.IntegerField(allow_null=True, help_text="Null where the board is not shown, or not yet.")
    answer = OwnQuizAnswerOut(allow_null=True, help_text="To the present question.")
    answers = OwnQuizAnswerOut(many=True)


class QuizSceneOut(serializers.Serializer[Any]):
    """What is on a screen now."""

    session = serializers.UUIDField()
    role = serializers.ChoiceField(["host", "player"])
    title = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    version = serializers.IntegerField()
    number = serializers.IntegerField()
    questions = serializers.IntegerField()
    answer_policy = serializers.ChoiceField(ANSWER_POLICIES)
    players = serializers.IntegerField()
    answered = serializers.IntegerField(allow_null=True, help_text="While a question is open for its host alone.")
    code = serializers.CharField(required=False, help_text="For the host alone.")
    question = AskedQuestionOut(allow_null=True)
    reveal = QuizRevealOut(allow_null=True)
    board = QuizBoardOut(allow_null=True)
    me = QuizMeOut(allow_null=True)
    server_time = serializers.DateTimeField()


class QuizPlaceOut(QuizStandingOut):
    """A row of a board: nothing of a person but the name, and that only where the board has names."""

    correct = serializers.IntegerField(help_text="Questions with all of their marks.")
    is_me = serializers.BooleanField()
