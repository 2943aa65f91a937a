import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    """Exam profiles of the center, blueprints, and what a paper and its source keep of them."""

    dependencies = [
        ("mock_tests", "0003_quizzes"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="ExamProfile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("slug", models.CharField(help_text="The same for all editions and dates of an exam.", max_length=24)),
                ("edition", models.PositiveIntegerField(help_text="1 for the first one of this slug.")),
                ("code", models.CharField(help_text="How tests and papers name this edition.", max_length=40, unique=True)),
                ("name", models.CharField(max_length=120)),
                ("level", models.CharField(blank=True, max_length=2)),
                ("exam_type", models.CharField(max_length=20)),
                ("valid_from", models.DateField(null=True)),
                ("valid_until", models.DateField(help_text="The first day on which it does not hold any more.", null=True)),
                ("data", models.JSONField(help_text="Sections, areas, kinds of items, marking, conversion, order of ties.")),
                ("based_on", models.CharField(blank=True, help_text="Code of the profile that it was copied from.", max_length=40)),
                ("replaced_at", models.DateTimeField(help_text="There is a newer edition of it.", null=True)),
                ("retired_at", models.DateTimeField(help_text="Not offered for new tests any more.", null=True)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("created_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["slug", "valid_from", "edition"],
                "constraints": [models.UniqueConstraint(fields=("slug", "edition"), name="one_profile_per_edition")],
            },
        ),
        migrations.CreateModel(
            name="Blueprint",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                ("description", models.TextField(blank=True)),
                ("spec", models.JSONField(help_text="Level, profile and sections with groups and lines.")),
                ("revision", models.PositiveIntegerField(db_default=1, default=1, help_text="Counts changes.")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("created_by", models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={"ordering": ["name", "id"]},
        ),
        migrations.AddField(
            model_name="paper",
            name="profile_data",
            field=models.JSONField(help_text="The exam profile as it was; empty in papers from before it was kept.", null=True),
        ),
        migrations.AddField(
            model_name="paperitem",
            name="bank_version",
            field=models.UUIDField(help_text="The version of the bank's question that it is, if it is one.", null=True),
        ),
        migrations.AddField(
            model_name="question",
            name="has_own_score",
            field=models.BooleanField(db_default=True, default=True, help_text="Whether its author said so; if not, the exam profile does."),
        ),
        migrations.AddField(
            model_name="question",
            name="wrong_share",
            field=models.DecimalField(blank=True, decimal_places=10, help_text="What a wrong answer earns of the marks, -1 to 0; empty: what the exam profile says.", max_digits=11, null=True),
        ),
        migrations.AddField(
            model_name="testsection",
            name="code",
            field=models.CharField(blank=True, db_default="", default="", help_text="Which section of its exam profile this is.", max_length=40),
        ),
        *[
            migrations.AddField(
                model_name=model,
                name="revision",
                field=models.PositiveIntegerField(db_default=1, default=1, help_text="Counts changes; the database does."),
            )
            for model in ("mocktest", "testsection", "questiongroup", "question")
        ],
    ]
