from django.conf import settings
from django.db import models


class Sitting(models.Model):
    """An attempt, as plain as it gets; the tables are made by the benchmark."""

    id = models.UUIDField(primary_key=True)
    student = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    status = models.CharField(max_length=20)
    deadline_at = models.DateTimeField()

    class Meta:
        managed = False
        db_table = "naive_sitting"


class Answer(models.Model):
    """One row per question, overwritten."""

    sitting = models.ForeignKey(Sitting, on_delete=models.CASCADE)
    question_id = models.UUIDField()
    seq = models.IntegerField()
    response = models.JSONField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        managed = False
        db_table = "naive_answer"
