from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("live", "0001_live_quizzes")]

    operations = [
        migrations.AddField(
            model_name="quizsession",
            name="gives_more_time",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="Each question takes as much longer as the accommodation of somebody who plays says.",
            ),
        ),
        migrations.AlterField(
            model_name="round",
            name="seconds",
            field=models.PositiveIntegerField(help_text="As planned; once it is asked, as long as it has."),
        ),
    ]
