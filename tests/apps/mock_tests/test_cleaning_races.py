"""Removing what nobody uses, at the very moment at which somebody begins to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import transaction

from apps.core import clock, tenancy
from apps.mock_tests import queries
from apps.mock_tests.models import MediaFile, Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.files import cleaning, media
from tests import factories
from tests.core.files import samples
from tests.core.files.conftest import folder  # noqa: F401

pytestmark = [pytest.mark.races, pytest.mark.usefixtures("folder")]


def picture(cast, color):
    content = samples.picture(size=(400, 30), color=color)
    return media.store_media(actor=cast.carol, content=content, file_name=f"{color}.png")


def test_who_begins_to_use_a_picture_while_it_is_removed_keeps_it_or_is_told(committed, cast, north, at_once):
    outcomes = set()
    with tenancy.enter(north):
        test = factories.make_test(cast)
        question = Question.objects.filter(group__section__mock_test=test).first()
    for round in range(6):
        with tenancy.enter(north):
            kept = picture(cast, (round, 7, 7))
            MediaFile.objects.filter(pk=kept.pk).update(unused_since=clock.now() - timedelta(days=99))

        def use(text=f'<img src="media:{kept.pk}">'):
            authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"text": text})

        used, _ = at_once(use, cleaning.clean_files)
        with tenancy.enter(north):
            is_there = MediaFile.objects.filter(pk=kept.pk).exists()
            names_it = str(kept.pk) in Question.objects.get(pk=question.pk).text
        assert is_there or not names_it, used
        assert is_there == (not isinstance(used, Exception)), used
        outcomes.add(is_there)
    assert outcomes


def test_without_the_lock_a_picture_would_go_under_its_reader(committed, cast, north, at_once, monkeypatch):
    """The negative control: a question that reads what there is without holding it loses the picture."""
    with tenancy.enter(north):
        kept = picture(cast, "red")
        test = factories.make_test(cast)
        question = Question.objects.filter(group__section__mock_test=test).first()
        MediaFile.objects.filter(pk=kept.pk).update(unused_since=clock.now() - timedelta(days=99))
        with transaction.atomic():
            assert set(MediaFile.objects.filter(pk=kept.pk).values_list("pk", flat=True)) == {kept.pk}
            at_once(cleaning.clean_files)
            Question.objects.filter(pk=question.pk).update(text=f'<img src="media:{kept.pk}">')
        assert not MediaFile.objects.filter(pk=kept.pk).exists()
        other = picture(cast, "blue")
        MediaFile.objects.filter(pk=other.pk).update(unused_since=clock.now() - timedelta(days=99))
        with transaction.atomic():
            assert queries.known_media(media_ids=[other.pk]) == {other.pk}
            at_once(cleaning.clean_files)
        assert MediaFile.objects.filter(pk=other.pk).exists()
