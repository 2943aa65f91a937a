"""A test with a recording for each of its two sections, and rooms that limit how they are played."""

from __future__ import annotations

import uuid
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from apps.assignments.models import ExamAssignment
from apps.mock_tests.models import MediaFile, MockTest
from apps.mock_tests.operations import authoring
from tests.cast import Cast
from tests.factories import RIVER, make_room, publish

BYTES = b"ID3" + bytes(range(256)) * 40


def make_recording(name: str = "talk") -> MediaFile:
    """A stored recording of ten kilobytes."""
    stored = default_storage.save(f"{uuid.uuid4().hex}.mp3", ContentFile(BYTES))
    return MediaFile.objects.create(
        kind="audio",
        storage_name=stored,
        media_type="audio/mpeg",
        original_name=f"{name}.mp3",
        size=len(BYTES),
        sha256=uuid.uuid4().hex,
    )


def make_listening_test(cast: Cast) -> tuple[MockTest, list[MediaFile]]:
    """Two sections, each with a recording and ``river``."""
    test = authoring.create_test(actor=cast.carol, changes={"title": "Listening"})
    recordings = [make_recording("first"), make_recording("second")]
    for place, file in enumerate(recordings):
        changes = {"name": f"Part {place}", "duration": 10}
        section = authoring.create_section(actor=cast.carol, test_id=test.pk, changes=changes)
        changes = {"title": "Group", "audio_id": file.pk}
        group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes=changes)
        authoring.create_question(actor=cast.carol, group_id=group.pk, changes=RIVER)
    publish(cast, test)
    return test, recordings


def make_listening_room(cast: Cast, *students: Any, **fields: Any) -> tuple[ExamAssignment, list[MediaFile]]:
    """An open room in which each recording is played twice at most, unless ``fields`` say otherwise."""
    test, recordings = make_listening_test(cast)
    fields = {"listening": "LIMITED", "plays_allowed": 2, **fields}
    return make_room(cast, *students, test=test, **fields), recordings
