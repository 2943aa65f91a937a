import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now


class QuizSession(models.Model):
    """One run of a paper's questions with a host."""

    class State(models.TextChoices):
        LOBBY = "LOBBY"
        QUESTION = "QUESTION"
        LOCKED = "LOCKED"
        REVEALED = "REVEALED"
        FINISHED = "FINISHED"

    class Bonus(models.TextChoices):
        NONE = "NONE"
        LINEAR = "LINEAR"
        HALF = "HALF"

    class AnswerPolicy(models.TextChoices):
        FIRST = "FIRST"
        LAST = "LAST"

    class BoardPolicy(models.TextChoices):
        LIVE = "LIVE"
        AFTER_CLOSE = "AFTER_CLOSE"
        HIDDEN = "HIDDEN"
        ANONYMOUS = "ANONYMOUS"

    class Guests(models.TextChoices):
        NONE = "NONE"
        NAMED = "NAMED"
        CODE = "CODE"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    paper = models.ForeignKey("mock_tests.Paper", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=200)
    code = models.CharField(max_length=6, help_text="What players type to join; free again once the session is over.")
    host = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    state = models.CharField(max_length=8, choices=State, default=State.LOBBY)
    number = models.PositiveSmallIntegerField(default=0, help_text="Of the present question, from 1; 0 in the lobby.")
    question_count = models.PositiveSmallIntegerField()
    version = models.PositiveIntegerField(default=1, help_text="Grows with every move; news tell it.")
    opened_at = models.DateTimeField(null=True, help_text="When the present question was asked.")
    closes_at = models.DateTimeField(null=True, help_text="An answer that comes later is refused and kept.")
    bonus = models.CharField(max_length=6, choices=Bonus, default=Bonus.HALF, help_text="What a fast answer earns.")
    answer_policy = models.CharField(max_length=5, choices=AnswerPolicy, default=AnswerPolicy.FIRST)
    board_policy = models.CharField(max_length=11, choices=BoardPolicy, default=BoardPolicy.LIVE)
    guests = models.CharField(max_length=5, choices=Guests, default=Guests.NONE, help_text="Which guests may join.")
    named_guests = ArrayField(models.UUIDField(), default=list, blank=True)
    may_join_late = models.BooleanField(default=True, help_text="Also after the first question was asked.")
    gives_more_time = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Each question takes as much longer as the accommodation of somebody who plays says.",
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-created_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["code"], condition=~models.Q(state="FINISHED"), name="one_running_quiz_per_code"
            ),
            models.CheckConstraint(
                condition=models.Q(state="LOBBY", number=0)
                | models.Q(state="FINISHED")
                | (~models.Q(state="LOBBY") & models.Q(number__gte=1)),
                name="a_question_has_a_number",
            ),
            models.CheckConstraint(
                condition=models.Q(state="LOBBY") | models.Q(state="FINISHED") | models.Q(closes_at__isnull=False),
                name="an_open_question_closes",
            ),
        ]
        indexes = [models.Index(fields=["host", "-created_at"], name="live_by_host")]

    def __str__(self) -> str:
        return self.title


class Round(models.Model):
    """One question of a session: what was planned, and what became of it."""

    session = models.ForeignKey(QuizSession, on_delete=models.CASCADE, related_name="rounds")
    number = models.PositiveSmallIntegerField()
    question_id = models.UUIDField()
    seconds = models.PositiveIntegerField(help_text="As planned; once it is asked, as long as it has.")
    points = models.DecimalField(max_digits=9, decimal_places=3)
    opened_at = models.DateTimeField(null=True)
    closed_at = models.DateTimeField(null=True, help_text="When time was up, or the host locked it.")
    revealed_at = models.DateTimeField(null=True)
    answered = models.PositiveIntegerField(null=True, help_text="How many players answered, once it is revealed.")
    distribution = models.JSONField(null=True, help_text="{option: how many chose it}, once it is revealed.")

    class Meta:
        ordering = ["number"]
        constraints = [models.UniqueConstraint(fields=["session", "number"], name="one_round_per_number")]


class Player(models.Model):
    """A person in a session, and what they have earned in it so far."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    session = models.ForeignKey(QuizSession, on_delete=models.CASCADE, related_name="players")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    display_name = models.CharField(max_length=170)
    joined_at = models.DateTimeField()
    removed_at = models.DateTimeField(null=True)
    score = models.DecimalField(max_digits=12, decimal_places=3, default=0)
    correct = models.PositiveSmallIntegerField(default=0, help_text="Questions with all of their marks.")
    millis = models.BigIntegerField(default=0, help_text="Time taken over answers that earned something.")
    rank = models.PositiveIntegerField(null=True, help_text="1 + players strictly better; frozen when it is over.")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "user"], name="one_player_per_person")]
        indexes = [models.Index(fields=["session", "-score", "millis"], name="player_board")]


class LiveAnswer(models.Model):
    """A line of the journal, only ever appended. Where the first answer counts, all of a player's take slot 0, so that there
    is one; where the last one counts, each takes the slot of its number."""

    pk = models.CompositePrimaryKey("session_id", "number", "player_id", "slot")
    # The statement that appends locks the session and looks the player up; constraints would do it once more.
    session = models.ForeignKey(
        QuizSession, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    number = models.SmallIntegerField(help_text="Of the question in the session.")
    player = models.ForeignKey(
        Player, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    slot = models.IntegerField()
    seq = models.IntegerField()
    response = models.JSONField()
    received_at = models.DateTimeField()


class LateAnswer(models.Model):
    """An answer that was refused since it came too late, or after another one: kept for review, never marked."""

    session = models.ForeignKey(QuizSession, on_delete=models.CASCADE, related_name="+")
    number = models.SmallIntegerField()
    player = models.ForeignKey(Player, on_delete=models.CASCADE, related_name="+")
    seq = models.IntegerField()
    response = models.JSONField()
    code = models.CharField(max_length=20)
    received_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["session", "number", "player", "seq", "code"], name="one_refusal_per_live_answer"
            )
        ]


class LiveMark(models.Model):
    """What one player's answer to one question earned; those who did not answer have none."""

    pk = models.CompositePrimaryKey("session_id", "number", "player_id")
    session = models.ForeignKey(QuizSession, on_delete=models.CASCADE, db_index=False, related_name="+")
    number = models.SmallIntegerField()
    player = models.ForeignKey(Player, on_delete=models.CASCADE, db_index=False, related_name="+")
    response = models.JSONField()
    millis = models.IntegerField(help_text="From the question to the answer.")
    share = models.DecimalField(max_digits=11, decimal_places=10, help_text="Of the marks, before the bonus.")
    points = models.DecimalField(max_digits=9, decimal_places=3)
