from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import StrictSerializer
from api.v1.jobs import links
from apps.jobs import rules

STATES = ["WAITING", "RUNNING", "DONE", "FAILED"]


class TaskFilters(Filters):
    kind = serializers.CharField(max_length=40, required=False)
    state = serializers.ChoiceField(STATES, required=False)


class FileQuery(StrictSerializer):
    expires = serializers.CharField()
    sig = serializers.CharField()


class TaskFileOut(serializers.Serializer[Any]):
    """What a task leaves behind."""

    name = serializers.CharField()
    size = serializers.IntegerField()
    url = serializers.CharField(help_text="Good for a quarter of an hour; each reading of the task gives a new one.")
    kept_until = serializers.DateTimeField()


class TaskOut(serializers.Serializer[Any]):
    """One piece of long work. Ask again until ``state`` is ``DONE`` or ``FAILED``; one that was cancelled has
    failed with the code ``cancelled``."""

    id = serializers.UUIDField()
    kind = serializers.CharField()
    title = serializers.CharField()
    state = serializers.ChoiceField(STATES)
    done = serializers.IntegerField()
    total = serializers.IntegerField(help_text="0 while nobody knows.")
    percent = serializers.SerializerMethodField()
    message = serializers.CharField(help_text="What it is at, or why it failed.")
    code = serializers.CharField(help_text="Why it failed, for programs.")
    result = serializers.SerializerMethodField()
    file = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    cancelled_at = serializers.DateTimeField(allow_null=True, help_text="When it was asked to stop.")
    finished_at = serializers.DateTimeField(allow_null=True)

    def get_percent(self, job: Any) -> int | None:
        return rules.percent(done=job.done, total=job.total, is_done=job.state == "DONE")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_result(self, job: Any) -> dict[str, Any]:
        return dict(job.result)

    @extend_schema_field(TaskFileOut(allow_null=True))
    def get_file(self, job: Any) -> dict[str, Any] | None:
        if not job.file or job.state != "DONE":
            return None
        shown = {
            "name": job.file_name,
            "size": job.file_size,
            "url": links.sign(self.context["request"], job.pk),
            "kept_until": job.file_until,
        }
        return dict(TaskFileOut(shown).data)
