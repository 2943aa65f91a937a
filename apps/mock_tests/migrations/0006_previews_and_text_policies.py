"""Pictures have smaller ones, files that nothing refers to are noted, and texts say under which rules they were cleaned:
those that there are, the first."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


def _policy() -> models.CharField:
    return models.CharField(db_default="1", editable=False, max_length=8)


class Migration(migrations.Migration):
    dependencies = [
        ("mock_tests", "0005_changes_are_counted"),
    ]

    operations = [
        migrations.AddField(
            model_name="mediafile",
            name="width",
            field=models.PositiveIntegerField(help_text="Of a picture, in pixels.", null=True),
        ),
        migrations.AddField(
            model_name="mediafile",
            name="height",
            field=models.PositiveIntegerField(help_text="Of a picture, in pixels.", null=True),
        ),
        migrations.AddField(
            model_name="mediafile",
            name="unused_since",
            field=models.DateTimeField(help_text="When nothing was found that shows or plays it.", null=True),
        ),
        migrations.CreateModel(
            name="MediaPreview",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("width", models.PositiveIntegerField(help_text="In pixels.")),
                ("storage_name", models.CharField(max_length=200, unique=True)),
                ("media_type", models.CharField(max_length=60)),
                ("size", models.PositiveIntegerField(help_text="Bytes.")),
                (
                    "media",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="previews",
                        to="mock_tests.mediafile",
                    ),
                ),
            ],
            options={
                "ordering": ["width"],
            },
        ),
        migrations.AddConstraint(
            model_name="mediapreview",
            constraint=models.UniqueConstraint(fields=("media", "width"), name="one_preview_per_width"),
        ),
        migrations.AddField(model_name="questiongroup", name="text_policy", field=_policy()),
        migrations.AddField(model_name="question", name="text_policy", field=_policy()),
    ]
