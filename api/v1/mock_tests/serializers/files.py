"""What comes in and goes out as files, and the exams that tests can follow."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import StrictSerializer
from api.v1.mock_tests.serializers.tests import LEVELS, MockTestOut
from apps.mock_tests.operations.exchange import importing
from apps.mock_tests.rules.exchange import interchange

FORMATS = list(interchange.FORMATS)
TARGETS = ["test", "bank"]
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
    mode = serializers.ChoiceField(
        importing.MODES,
        required=False,
        default="what-can-be-taken",
        help_text="What happens when a question is refused.",
    )
    to = serializers.ChoiceField(TARGETS, required=False, default="test", help_text="Where questions go.")
    topic = serializers.UUIDField(
        required=False, help_text="Of the bank: topics that the file names are made below it."
    )

    def get_fields(self) -> dict[str, Any]:
        # A word of the language cannot be the name of an attribute.
        later = serializers.BooleanField(
            required=False, allow_null=True, default=None, help_text="Whether a worker does it; absent: if it is large."
        )
        return {**super().get_fields(), "async": later}


class ReportRowOut(serializers.Serializer[Any]):
    line = serializers.IntegerField(help_text="The line of a text, or the row of a table.")
    kind = serializers.CharField()
    name = serializers.CharField()
    outcome = serializers.ChoiceField(["taken", "partly", "refused", "ignored"])
    reasons = serializers.ListField(child=serializers.CharField())
    path = serializers.CharField(default="", help_text="The file inside a package.")
    column = serializers.CharField(default="", help_text="Of a table: the columns at fault.")


class ReportOut(serializers.Serializer[Any]):
    rows = ReportRowOut(many=True)
    taken = serializers.IntegerField()
    partly = serializers.IntegerField()
    refused = serializers.IntegerField()
    ignored = serializers.IntegerField()
    notes = serializers.ListField(child=serializers.CharField())


class BankAddedOut(serializers.Serializer[Any]):
    created = serializers.ListField(child=serializers.UUIDField(), help_text="The new questions of the bank.")
    known = serializers.IntegerField(help_text="How many the bank had already.")


class ImportOut(serializers.Serializer[Any]):
    test = MockTestOut(allow_null=True)
    quiz = serializers.UUIDField(allow_null=True, help_text="The quiz, if the file was a package of one.")
    bank = BankAddedOut(allow_null=True, help_text="After an import into the bank.")
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
    encoding = serializers.ChoiceField(["text", "base64"], help_text="Of ``content``.")
    content = serializers.CharField(help_text="The whole file, as text where it is one, otherwise in base64.")
    losses = LossOut(many=True, help_text="What an import of this very file would not give back.")


class BankFiltersIn(StrictSerializer):
    """Which questions of the bank; what is absent does not narrow."""

    ids = serializers.ListField(child=serializers.UUIDField(), max_length=10_000, required=False, allow_empty=False)
    text = serializers.CharField(max_length=200, required=False)
    topic = serializers.UUIDField(required=False, help_text="With all below it.")
    tags = serializers.ListField(child=serializers.CharField(max_length=60), max_length=20, required=False)
    difficulty = serializers.ChoiceField(["EASY", "MEDIUM", "HARD"], required=False)
    type = serializers.CharField(max_length=20, required=False)
    exam_type = serializers.CharField(max_length=40, required=False)
    language = serializers.CharField(max_length=12, required=False)
    state = serializers.ChoiceField(["DRAFT", "IN_REVIEW", "APPROVED", "RETIRED"], required=False)
    author = serializers.UUIDField(required=False)
    unused = serializers.BooleanField(required=False)


class ExportIn(StrictSerializer):
    """Either a test, perhaps with some of its questions only, or questions of the bank."""

    to = serializers.ChoiceField(FORMATS)
    test = serializers.UUIDField(required=False)
    questions = serializers.ListField(
        child=serializers.UUIDField(), max_length=10_000, required=False, allow_empty=False, help_text="Of the test."
    )
    bank = BankFiltersIn(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if ("test" in attrs) == ("bank" in attrs):
            raise serializers.ValidationError({"test": "Either a test or the bank is needed."})
        if "questions" in attrs and "test" not in attrs:
            raise serializers.ValidationError({"questions": "Questions are those of a test."})
        return attrs


class TemplateQuery(Filters):
    to = serializers.ChoiceField(["csv", "xlsx"], default="xlsx")


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
    width = serializers.IntegerField(allow_null=True, help_text="Of a picture, in pixels.")
    height = serializers.IntegerField(allow_null=True)
    previews = serializers.DictField(
        child=serializers.URLField(), help_text="Addresses of smaller pictures by their widths; they expire too."
    )


class MediaQuery(serializers.Serializer[Any]):
    expires = serializers.IntegerField(help_text="Unix time.")
    sig = serializers.CharField()
    w = serializers.IntegerField(
        required=False, help_text="At least so many pixels wide, if a smaller picture will do."
    )
