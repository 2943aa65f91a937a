from django.db import migrations, models


class Migration(migrations.Migration):
    """Where a version of the bank's questions is used is found without looking at every item."""

    dependencies = [("mock_tests", "0006_question_bank")]

    operations = [
        migrations.AddIndex(
            model_name="paperitem",
            index=models.Index(
                condition=models.Q(("bank_version__isnull", False)), fields=["bank_version"], name="items_of_the_bank"
            ),
        ),
    ]
