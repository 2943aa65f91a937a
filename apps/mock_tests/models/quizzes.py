from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models

from apps.mock_tests.models.tests import MockTest


class Quiz(models.Model):
    """What a quiz has beside the test beneath it, which holds one section with one group."""

    test = models.OneToOneField(MockTest, primary_key=True, on_delete=models.CASCADE, related_name="quiz")
    is_active = models.BooleanField(default=True, help_text="Whether it is offered for homework and live sessions.")
    default_question_seconds = models.PositiveIntegerField(
        default=30, validators=[MinValueValidator(1)], help_text="For questions without a time of their own."
    )
    passing_percent = models.DecimalField(
        max_digits=5,
        decimal_places=2,
        null=True,
        blank=True,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Of the marks; empty: nobody passes or fails.",
    )

    class Meta:
        verbose_name_plural = "quizzes"

    def __str__(self) -> str:
        return self.test.title
