from django.db import models
from django.db.models.functions import Now


class Counted(models.Model):
    """What a center counts of itself."""

    admins = models.PositiveIntegerField(default=0)
    teachers = models.PositiveIntegerField(default=0)
    students = models.PositiveIntegerField(default=0)
    guests = models.PositiveIntegerField(default=0)
    attempts = models.PositiveBigIntegerField(default=0)
    storage_bytes = models.PositiveBigIntegerField(default=0)

    class Meta:
        abstract = True


class CenterFigures(Counted):
    """The figures of one center as it pushed them last. Lives in the public schema; rebuildable."""

    center = models.OneToOneField("centers.Center", primary_key=True, on_delete=models.CASCADE, related_name="+")
    waiting = models.PositiveIntegerField(default=0, help_text="People who wait to be let in.")
    seats = models.PositiveIntegerField(default=0, help_text="Active people, as the plan counts them.")
    groups = models.PositiveIntegerField(default=0)
    published_tests = models.PositiveIntegerField(default=0)
    open_rooms = models.PositiveIntegerField(default=0)
    running_attempts = models.PositiveIntegerField(default=0)
    files = models.PositiveIntegerField(default=0, db_default=0)
    graded_attempts = models.PositiveBigIntegerField(default=0)
    last_attempt_at = models.DateTimeField(null=True)
    refreshed_at = models.DateTimeField(null=True)
    refresh_at = models.DateTimeField(null=True, help_text="When the refresh is due that was asked for last.")

    class Meta:
        verbose_name = "center's figures"
        verbose_name_plural = "centers' figures"
        indexes = [models.Index(fields=["refreshed_at"], name="figures_age")]

    def __str__(self) -> str:
        return f"Figures of {self.center}"


class CenterDay(Counted):
    """The figures of one center at the end of a day, or as far as that day has come."""

    pk = models.CompositePrimaryKey("center_id", "day")
    center = models.ForeignKey("centers.Center", on_delete=models.CASCADE, db_index=False, related_name="+")
    day = models.DateField(help_text="In UTC.")
    noted_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [models.Index(fields=["day"], name="center_day")]
