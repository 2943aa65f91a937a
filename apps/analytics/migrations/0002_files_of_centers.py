"""Centers count their files."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("analytics", "0001_figures_of_centers"),
    ]

    operations = [
        migrations.AddField(
            model_name="centerfigures",
            name="files",
            field=models.PositiveIntegerField(db_default=0, default=0),
        ),
    ]
