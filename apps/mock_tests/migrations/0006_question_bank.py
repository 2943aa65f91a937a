import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.datetime
import django.db.models.functions.text
import uuid
from django.conf import settings
from django.db import migrations, models


FORWARDS = """
CREATE FUNCTION mock_tests_refuse_change_of_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A version of a question never changes (%).', lower(TG_OP)
        USING ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER bank_version_never_changes BEFORE UPDATE ON mock_tests_bankversion FOR EACH ROW
    WHEN (to_jsonb(NEW) - 'author_id' IS DISTINCT FROM to_jsonb(OLD) - 'author_id')
    EXECUTE FUNCTION mock_tests_refuse_change_of_version();
CREATE TRIGGER bank_version_stays BEFORE DELETE ON mock_tests_bankversion FOR EACH ROW
    EXECUTE FUNCTION mock_tests_refuse_change_of_version();
"""

BACKWARDS = """
DROP TRIGGER bank_version_never_changes ON mock_tests_bankversion;
DROP TRIGGER bank_version_stays ON mock_tests_bankversion;
DROP FUNCTION mock_tests_refuse_change_of_version();
"""


class Migration(migrations.Migration):
    """Topics, questions of the bank with versions that never change, their review and their figures."""

    dependencies = [
        ("mock_tests", "0006_previews_and_text_policies"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="BankVersion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField(help_text="From 1.")),
                ("note", models.CharField(blank=True, help_text="Why it was changed.", max_length=300)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("type", models.CharField(help_text="A name in rules.types.registry.", max_length=20)),
                ("name", models.CharField(blank=True, max_length=200)),
                ("text", models.TextField(blank=True)),
                ("content", models.JSONField(default=dict)),
                ("key", models.JSONField(default=dict)),
                ("score", models.DecimalField(decimal_places=3, default=1, max_digits=8)),
                ("shuffle", models.BooleanField(default=False)),
                ("explanation", models.TextField(blank=True)),
                (
                    "content_hash",
                    models.CharField(help_text="SHA-256 over what is asked and answered, without ids.", max_length=64),
                ),
                (
                    "audio",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="mock_tests.mediafile",
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "image",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="mock_tests.mediafile",
                    ),
                ),
            ],
            options={
                "ordering": ["question", "-number"],
            },
        ),
        migrations.CreateModel(
            name="BankQuestion",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "difficulty",
                    models.CharField(
                        blank=True, choices=[("EASY", "Easy"), ("MEDIUM", "Medium"), ("HARD", "Hard")], max_length=6
                    ),
                ),
                (
                    "exam_type",
                    models.CharField(
                        blank=True, help_text="The exam that it is like: JLPT N3, JEE Main.", max_length=40
                    ),
                ),
                ("language", models.CharField(blank=True, help_text="Of its text: ja, en.", max_length=12)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("DRAFT", "Draft"),
                            ("IN_REVIEW", "In Review"),
                            ("APPROVED", "Approved"),
                            ("RETIRED", "Retired"),
                        ],
                        default="DRAFT",
                        max_length=9,
                    ),
                ),
                ("type", models.CharField(help_text="Of the current version.", max_length=20)),
                ("content_hash", models.CharField(help_text="Of the current version.", max_length=64)),
                (
                    "search_text",
                    models.TextField(help_text="What of the current version is searched, in one plain form."),
                ),
                (
                    "sketch",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="Equal values make likely doubles.",
                        size=None,
                    ),
                ),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "deleted_at",
                    models.DateTimeField(help_text="Out of sight; tests that took it keep their copies.", null=True),
                ),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-created_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="BankStatistics",
            fields=[
                (
                    "version",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="statistics",
                        serialize=False,
                        to="mock_tests.bankversion",
                    ),
                ),
                ("seen", models.PositiveIntegerField(help_text="Graded attempts that count.")),
                ("blank", models.PositiveIntegerField()),
                ("facility", models.FloatField(help_text="Mean share of the marks.")),
                (
                    "discrimination",
                    models.FloatField(help_text="Correlation with the rest of the paper, -1 to 1.", null=True),
                ),
                ("mean_seconds", models.FloatField(null=True)),
                ("computed_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.AddField(
            model_name="bankversion",
            name="question",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="mock_tests.bankquestion"
            ),
        ),
        migrations.CreateModel(
            name="BankReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "step",
                    models.CharField(
                        choices=[
                            ("SUBMITTED", "Submitted"),
                            ("APPROVED", "Approved"),
                            ("SENT_BACK", "Sent Back"),
                            ("RETIRED", "Retired"),
                            ("REOPENED", "Reopened"),
                        ],
                        max_length=9,
                    ),
                ),
                ("comment", models.TextField(blank=True)),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "question",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reviews",
                        to="mock_tests.bankquestion",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="mock_tests.bankversion"
                    ),
                ),
            ],
            options={
                "ordering": ["question", "id"],
            },
        ),
        migrations.AddField(
            model_name="bankquestion",
            name="approved_version",
            field=models.ForeignKey(
                help_text="The newest that was approved.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="mock_tests.bankversion",
            ),
        ),
        migrations.AddField(
            model_name="bankquestion",
            name="current_version",
            field=models.ForeignKey(
                help_text="The newest.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="mock_tests.bankversion",
            ),
        ),
        migrations.CreateModel(
            name="BankFigures",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("item", models.UUIDField(help_text="The question of the paper.")),
                (
                    "score",
                    models.DecimalField(decimal_places=3, help_text="What the paper gives for it.", max_digits=8),
                ),
                ("seen", models.PositiveIntegerField(help_text="Graded attempts that count.")),
                ("blank", models.PositiveIntegerField(help_text="Of these, how many left it out.")),
                ("marks", models.DecimalField(decimal_places=3, help_text="Sum of its marks.", max_digits=20)),
                ("marks_squared", models.DecimalField(decimal_places=6, max_digits=24)),
                (
                    "rest",
                    models.DecimalField(
                        decimal_places=3, help_text="Sum of all other marks of these takers.", max_digits=20
                    ),
                ),
                ("rest_squared", models.DecimalField(decimal_places=6, max_digits=24)),
                ("marks_by_rest", models.DecimalField(decimal_places=6, max_digits=24)),
                ("timed", models.PositiveIntegerField(help_text="Attempts whose time on it is known.")),
                ("seconds", models.FloatField(help_text="Sum of these times.")),
                (
                    "paper",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="mock_tests.paper"
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="figures", to="mock_tests.bankversion"
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="question",
            name="bank_version",
            field=models.ForeignKey(
                blank=True,
                help_text="What it copies.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="mock_tests.bankversion",
            ),
        ),
        migrations.CreateModel(
            name="Topic",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=120)),
                (
                    "path",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        help_text="The topic itself after all that it lies in.",
                        size=None,
                    ),
                ),
                ("is_active", models.BooleanField(default=True, help_text="Whether new questions may be put here.")),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="children",
                        to="mock_tests.topic",
                    ),
                ),
            ],
            options={
                "ordering": ["name", "id"],
            },
        ),
        migrations.AddField(
            model_name="bankquestion",
            name="topic",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="questions",
                to="mock_tests.topic",
            ),
        ),
        migrations.AddConstraint(
            model_name="bankversion",
            constraint=models.UniqueConstraint(fields=("question", "number"), name="one_version_per_number"),
        ),
        migrations.AddConstraint(
            model_name="bankfigures",
            constraint=models.UniqueConstraint(fields=("paper", "item"), name="one_row_of_figures_per_item"),
        ),
        migrations.AddIndex(
            model_name="topic",
            index=django.contrib.postgres.indexes.GinIndex(fields=["path"], name="topics_below"),
        ),
        migrations.AddConstraint(
            model_name="topic",
            constraint=models.UniqueConstraint(
                models.F("parent"),
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("parent__isnull", False)),
                name="one_topic_per_name_and_parent",
            ),
        ),
        migrations.AddConstraint(
            model_name="topic",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("parent", None)),
                name="one_root_topic_per_name",
            ),
        ),
        migrations.AddIndex(
            model_name="bankquestion",
            index=models.Index(
                condition=models.Q(("deleted_at", None)), fields=["-created_at", "id"], name="bank_newest"
            ),
        ),
        migrations.AddIndex(
            model_name="bankquestion",
            index=models.Index(fields=["content_hash"], name="bank_by_content"),
        ),
        migrations.AddIndex(
            model_name="bankquestion",
            index=django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="bank_by_tag"),
        ),
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
