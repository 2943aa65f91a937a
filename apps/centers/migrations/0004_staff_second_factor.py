from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('centers', '0003_profile_domains_and_contacts'),
    ]

    operations = [
        migrations.AddField(
            model_name='center',
            name='staff_second_factor',
            field=models.BooleanField(db_default=False, default=False, help_text='Staff without a second factor may do nothing but set one up.'),
        ),
    ]
