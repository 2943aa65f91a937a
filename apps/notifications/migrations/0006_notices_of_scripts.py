"""Teachers are told of what waits to be marked."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0005_notices_of_materials'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='notification_type',
            field=models.CharField(choices=[('EXAM_OPENED', 'Exam Opened'), ('EXAM_PUBLISHED', 'Exam Published'), ('TASK_ASSIGNED', 'Task Assigned'), ('HOMEWORK_UPDATED', 'Homework Updated'), ('HOMEWORK_DEADLINE_CHANGED', 'Homework Deadline Changed'), ('DEADLINE_APPROACHING', 'Deadline Approaching'), ('DEADLINE_MISSED', 'Deadline Missed'), ('MATERIAL_SHARED', 'Material Shared'), ('SCRIPTS_WAITING', 'Scripts Waiting'), ('CONTACT_REQUEST', 'Contact Request'), ('SYSTEM_UPDATE', 'System Update')], max_length=40),
        ),
    ]
