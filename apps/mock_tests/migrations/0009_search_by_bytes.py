from django.db import migrations, models


class Migration(migrations.Migration):
    """What is searched is in one plain form, so bytes are compared, which is faster than letters."""

    dependencies = [("mock_tests", "0008_marks_of_versions")]

    operations = [
        migrations.AlterField(
            model_name="bankquestion",
            name="search_text",
            field=models.TextField(
                db_collation="C",
                help_text="What of the current version is searched, in one plain form; compared byte by byte.",
            ),
        ),
    ]
