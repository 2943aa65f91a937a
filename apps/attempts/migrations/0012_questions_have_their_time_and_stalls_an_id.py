import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attempts", "0011_pauses_have_a_reason_and_requests_a_key")]

    operations = [
        migrations.AlterField(
            model_name="attempt",
            name="course",
            field=models.JSONField(
                default=list, help_text="The steps of timed sections or questions and breaks; empty: open as a whole."
            ),
        ),
        migrations.AlterField(
            model_name="timegrant",
            name="kind",
            field=models.CharField(
                choices=[
                    ("BASE", "Base"),
                    ("SECTION", "Section"),
                    ("QUESTION", "Question"),
                    ("BREAK", "Break"),
                    ("ACCOMMODATION", "Accommodation"),
                    ("PAUSE", "Pause"),
                    ("INCIDENT", "Incident"),
                    ("EXTENSION", "Extension"),
                    ("REOPENED", "Reopened"),
                    ("LEFT", "Left"),
                    ("WINDOW", "Window"),
                ],
                max_length=13,
            ),
        ),
        migrations.CreateModel(
            name="Stall",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("report", models.UUIDField()),
                ("seconds", models.FloatField()),
                ("credited_seconds", models.FloatField()),
                ("reported_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "play",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="stalls",
                        to="attempts.play",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("play", "report"), name="one_stall_per_report")]
            },
        ),
    ]
