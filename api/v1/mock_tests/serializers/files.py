"""What comes in and goes out as files, and the exams that tests can follow."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import StrictSerializer
from api.v1.mock_tests.serializers.tests import LEVELS, MockTestOut
from apps.mock_tests.rules import interchange

FORMATS = list(interchange.FORMATS)
UPLOAD_TARGETS = {
    "jlpt_group": "image",
    "jlpt_group_audio": "audio",
    "jlpt_question": "image",
    "jlpt_question_audio": "audio",
    "quiz_question": "image",
}


class ImportIn(StrictSerializer):
    file = serializers.FileField(allow_empty_file=True)
    format = serializers.ChoiceField(FORMATS, required=False, help_text="Absent: as the content looks.")
    level = serializers.ChoiceField(LEVELS, required=False, allow_blank=True, help_text="Empty: as the title says.")
    preview = serializers.BooleanField(required=False, default=False)


class ReportRowOut(serializers.Serializer[Any]):
    path = serializers.CharField(default="", help_text="Its file in a package, empty for a file that is none.")
    line = serializers.IntegerField()
    kind = serializers.CharField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(["taken", "partly", "refused", "ignored"])
    reasons = serializers.ListField(child=serializers.CharField())


class ReportOut(serializers.Serializer[Any]):
    rows = ReportRowOut(many=True)
    taken = serializers.IntegerField()
    partly = serializers.IntegerField()
    refused = serializers.IntegerField()
    ignored = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())


class ImportOut(serializers.Serializer[Any]):
    test = MockTestOut(allow_null=True)
    report = ReportOut()
    existing = serializers.BooleanField(help_text="The same file was imported before; nothing new was stored.")


class ExportQuery(Filters):
    to = serializers.ChoiceField(FORMATS, default="moodle_xml", help_text="Absent: the one that keeps the most.")


class LossOut(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="The place in the test, e.g. /sections/0/question_groups/1/questions/2.")
    reason = serializers.CharField()


class ExportOut(serializers.Serializer[Any]):
    file_name = serializers.CharField()
    media_type = serializers.CharField()
    content = serializers.CharField(help_text="The whole file; Moodle XML holds pictures and recordings.")
    losses = LossOut(many=True, help_text="What an import of this very file would not give back.")


class UploadIn(StrictSerializer):
    target = serializers.ChoiceField(list(UPLOAD_TARGETS), required=False)
    file = serializers.FileField()


class UploadOut(serializers.Serializer[Any]):
    file_key = serializers.CharField()
    url = serializers.URLField(help_text="For a look at it; expires.")
    kind = serializers.ChoiceField(["image", "audio"])
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    seconds = serializers.FloatField(allow_null=True)


class MediaQuery(serializers.Serializer[Any]):
    expires = serializers.IntegerField(help_text="Unix time.")
    sig = serializers.CharField()
