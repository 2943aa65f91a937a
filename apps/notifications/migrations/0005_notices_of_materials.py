"""Students are told of what is handed out."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('notifications', '0004_notices_of_homework'),
    ]

    operations = [
        migrations.AlterField(
            model_name='notice',
            name='notification_type',
            field=models.CharField(choices=[('EXAM_OPENED', 'Exam Opened'), ('EXAM_PUBLISHED', 'Exam Published'), ('TASK_ASSIGNED', 'Task Assigned'), ('HOMEWORK_UPDATED', 'Homework Updated'), ('HOMEWORK_DEADLINE_CHANGED', 'Homework Deadline Changed'), ('DEADLINE_APPROACHING', 'Deadline Approaching'), ('DEADLINE_MISSED', 'Deadline Missed'), ('MATERIAL_SHARED', 'Material Shared'), ('CONTACT_REQUEST', 'Contact Request'), ('SYSTEM_UPDATE', 'System Update')], max_length=40),
        ),
        migrations.AlterField(
            model_name='notice',
            name='related_task_id',
            field=models.UUIDField(help_text='The room, homework or material it is about.', null=True),
        ),
    ]
