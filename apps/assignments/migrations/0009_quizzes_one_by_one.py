from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("assignments", "0008_accommodations_follow_each_other")]

    operations = [
        migrations.AddField(
            model_name="homeworkassignment",
            name="is_one_by_one",
            field=models.BooleanField(
                db_default=False,
                default=False,
                help_text="In quizzes each question has its seconds by the server's clock, one after the other,"
                " forward only.",
            ),
        ),
    ]
