"""The bank in the admin of a center: filed and reviewed there, through the operations of everybody else."""

from __future__ import annotations

import pytest

from apps.centers.models import Center
from apps.mock_tests.models import BankQuestion, Topic
from tests.admin.test_writes import errors_of, form_of, press

pytestmark = pytest.mark.django_db
PAGE = "/admin/mock_tests/bankquestion/"


@pytest.fixture
def dora(cast, browser):
    return browser(cast.dora)


def test_a_question_is_filed(cast, dora, in_north):
    question = in_north.bank_question
    address = f"{PAGE}{question.pk}/change/"
    answer = dora.post(address, form_of(dora, address, difficulty="HARD", tags="a,b", topic="", language="ja"))
    assert answer.status_code == 302, errors_of(answer)
    question.refresh_from_db()
    assert (question.difficulty, question.tags, question.topic, question.language) == ("HARD", ["a", "b"], None, "ja")
    assert question.versions.count() == 1


def test_a_question_goes_through_its_review(cast, dora, in_north):
    question = in_north.bank_question
    Center.objects.filter(pk=cast.north.id).update(question_review="ON")
    BankQuestion.objects.filter(pk=question.pk).update(state="DRAFT")
    for name, more, state in (
        ("submit", {}, "IN_REVIEW"),
        ("send_back", {"comment": "Two are right"}, "DRAFT"),
        ("submit", {}, "IN_REVIEW"),
        ("approve", {}, "APPROVED"),
        ("retire", {}, "RETIRED"),
        ("reopen", {}, "DRAFT"),
    ):
        press(dora, PAGE, question, name.replace("_", "-"), **more)
        question.refresh_from_db()
        assert question.state == state, name
    assert "Two are right" in dora.get(f"{PAGE}{question.pk}/change/").content.decode()


def test_what_is_refused_is_said(cast, dora, in_north):
    press(dora, PAGE, in_north.bank_question, "submit")
    assert "does not review questions" in dora.get(PAGE).content.decode()


def test_words_are_found_in_every_form(cast, dora, in_north):
    assert "Question of North" in dora.get(PAGE, {"q": "ＱＵＥＳＴＩＯＮ north"}).content.decode()
    assert "Question of North" not in dora.get(PAGE, {"q": "south"}).content.decode()


def test_topics_are_made_moved_and_removed(cast, dora, in_north):
    page = "/admin/mock_tests/topic/"
    assert dora.post(f"{page}add/", {"name": "Verbs", "is_active": "on"}).status_code == 302
    made = Topic.objects.get(name="Verbs")
    address = f"{page}{made.pk}/change/"
    answer = dora.post(address, form_of(dora, address, parent=in_north.bank_question.topic.pk))
    assert answer.status_code == 302, errors_of(answer)
    made.refresh_from_db()
    assert made.path == [in_north.bank_question.topic.pk, made.pk]
    assert dora.post(f"{page}add/", {"name": "topic of north", "is_active": "on"}).status_code == 200
    press(dora, page, in_north.bank_question.topic, "remove")
    press(dora, page, made, "remove")
    assert list(Topic.objects.all()) == [in_north.bank_question.topic]
