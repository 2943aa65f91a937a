"""What a quiz has beside its test; questions may have a time of their own. Quizzes that there are get the defaults."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("mock_tests", "0002_papers_never_change"),
    ]

    operations = [
        migrations.CreateModel(
            name="Quiz",
            fields=[
                (
                    "test",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="quiz",
                        serialize=False,
                        to="mock_tests.mocktest",
                    ),
                ),
                (
                    "is_active",
                    models.BooleanField(
                        default=True, help_text="Whether it is offered for homework and live sessions."
                    ),
                ),
                (
                    "default_question_seconds",
                    models.PositiveIntegerField(
                        default=30,
                        help_text="For questions without a time of their own.",
                        validators=[django.core.validators.MinValueValidator(1)],
                    ),
                ),
                (
                    "passing_percent",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Of the marks; empty: nobody passes or fails.",
                        max_digits=5,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "quizzes",
            },
        ),
        migrations.AddField(
            model_name="question",
            name="seconds",
            field=models.PositiveIntegerField(
                blank=True, help_text="For this question alone, in a quiz; empty: what the quiz gives.", null=True
            ),
        ),
        migrations.RunSQL(
            "INSERT INTO mock_tests_quiz (test_id, is_active, default_question_seconds)"
            " SELECT id, true, 30 FROM mock_tests_mocktest WHERE kind = 'QUIZ'",
            migrations.RunSQL.noop,
        ),
    ]
