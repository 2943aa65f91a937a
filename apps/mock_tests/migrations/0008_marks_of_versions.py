from django.db import migrations, models


class Migration(migrations.Migration):
    """A version of the bank's questions may leave its marks to the exam profile, as a question of a test may."""

    dependencies = [("mock_tests", "0007_items_of_the_bank")]

    operations = [
        migrations.AddField(
            model_name="bankversion",
            name="has_own_score",
            field=models.BooleanField(db_default=True, default=True, help_text="If not, the exam profile says it."),
        ),
        migrations.AddField(
            model_name="bankversion",
            name="wrong_share",
            field=models.DecimalField(
                blank=True,
                decimal_places=10,
                help_text="Of the marks; empty: the exam profile's.",
                max_digits=11,
                null=True,
            ),
        ),
    ]
