from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('centers', '0007_deleted_centers'),
    ]

    operations = [
        migrations.AddField(
            model_name='centeradmin',
            name='person_id',
            field=models.UUIDField(null=True),
        ),
        # So far a copy had the id of its person.
        migrations.RunSQL("UPDATE centers_centeradmin SET person_id = id", migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='centeradmin',
            name='person_id',
            field=models.UUIDField(help_text='In the center; in a copy of it the same.'),
        ),
        migrations.AlterField(
            model_name='centeradmin',
            name='id',
            field=models.UUIDField(editable=False, help_text='Worked out from center and person.', primary_key=True, serialize=False),
        ),
        migrations.AddConstraint(
            model_name='centeradmin',
            constraint=models.UniqueConstraint(fields=('center', 'person_id'), name='one_copy_per_director'),
        ),
    ]
