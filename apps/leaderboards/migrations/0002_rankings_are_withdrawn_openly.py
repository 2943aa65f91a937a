from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("leaderboards", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="ranking",
            name="withdrawn_at",
            field=models.DateTimeField(
                null=True, help_text="Since when it is final no more: its room was opened again."
            ),
        ),
    ]
