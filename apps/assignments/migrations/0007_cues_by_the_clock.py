from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("assignments", "0006_homework_alarms"),
    ]

    operations = [
        migrations.AddField(
            model_name="examassignment",
            name="is_cued_by_clock",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Where the room listens at once: recordings start by themselves when their section begins.",
            ),
        ),
    ]
