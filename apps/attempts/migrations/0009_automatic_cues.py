from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assignments", "0007_cues_by_the_clock"),
        ("attempts", "0008_marking_by_hand"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="cue",
            name="is_automatic",
            field=models.BooleanField(db_default=False, default=False, help_text="Given by the clock of a section."),
        ),
        migrations.AddConstraint(
            model_name="cue",
            constraint=models.UniqueConstraint(
                condition=models.Q(("is_automatic", True)),
                fields=("assignment", "recording"),
                name="one_automatic_cue_per_recording",
            ),
        ),
    ]
