"""Materials that a center hands out, in folders."""

import django.db.models.deletion
import django.db.models.functions.datetime
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('groups', '0002_avatar_and_history'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='StoredFile',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('sha256', models.CharField(max_length=64, unique=True)),
                ('storage_name', models.CharField(max_length=200, unique=True)),
                ('media_type', models.CharField(max_length=100)),
                ('size', models.PositiveIntegerField(help_text='Bytes.')),
                ('seconds', models.FloatField(help_text='Length of a recording.', null=True)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
        ),
        migrations.CreateModel(
            name='Category',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('description', models.TextField(blank=True)),
                ('is_public', models.BooleanField(default=False, help_text='For every student of the center.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('groups', models.ManyToManyField(blank=True, related_name='+', to='groups.group')),
            ],
            options={
                'verbose_name_plural': 'categories',
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Material',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('file_type', models.CharField(choices=[('PDF', 'Pdf'), ('DOCX', 'Docx'), ('AUDIO', 'Audio'), ('IMAGE', 'Image'), ('LINK', 'Link')], max_length=5)),
                ('link', models.CharField(blank=True, max_length=2000)),
                ('file_name', models.CharField(blank=True, help_text='As it was called when it was uploaded.', max_length=200)),
                ('is_public', models.BooleanField(default=False, help_text='For every student of the center; outside of categories.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('category', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='materials', to='materials.category')),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('groups', models.ManyToManyField(blank=True, related_name='+', to='groups.group')),
                ('file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='materials', to='materials.storedfile')),
            ],
            options={
                'ordering': ['-created_at', 'id'],
                'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('file', None), ('file_type', 'LINK'), models.Q(('link', ''), _negated=True)), models.Q(models.Q(('file_type', 'LINK'), _negated=True), ('file__isnull', False), ('link', '')), _connector='OR'), name='a_material_is_a_file_or_a_link')],
            },
        ),
    ]
