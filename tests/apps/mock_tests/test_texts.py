"""Under which rules a text was cleaned, and how old ones come to the present rules."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command

from apps.core import tenancy
from apps.mock_tests import queries
from apps.mock_tests.models import Question, QuestionGroup
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.files import texts
from apps.mock_tests.rules.papers import rendering
from apps.mock_tests.rules.texts import richtext
from tests import factories

pytestmark = pytest.mark.django_db

BAD = "<p>Kanari</p><script>alert(1)</script>"


@pytest.fixture
def test(cast):
    return factories.make_test(cast)


def policies():
    return {
        *Question.objects.values_list("text_policy", flat=True),
        *QuestionGroup.objects.values_list("text_policy", flat=True),
    }


def test_new_rows_say_the_present_version_and_copies_what_their_originals_say(cast, test, monkeypatch):
    assert policies() == {richtext.POLICY_VERSION}
    question = Question.objects.first()
    Question.objects.filter(pk=question.pk).update(text_policy="0")
    old = Question.objects.get(pk=question.pk)
    old.pk = None
    old._state.adding = True
    old.save(force_insert=True)
    assert Question.objects.get(pk=old.pk).text_policy == "0"


def test_old_rows_come_to_the_present_rules(cast, test):
    question = Question.objects.filter(type="multiple_choice").first()
    content, key = json.loads(json.dumps(question.content)), dict(question.key)
    content["options"][0]["text"] = BAD
    Question.objects.filter(pk=question.pk).update(
        text=BAD, explanation=BAD, content=content, text_policy="0", name="<b>plain words</b>"
    )
    QuestionGroup.objects.filter(pk=question.group_id).update(instruction=BAD, reading_text=BAD, text_policy="0")
    before = Question.objects.exclude(pk=question.pk).order_by("pk").values_list("content", "key", "text")
    others = list(before)
    assert texts.clean_old_texts() == 2
    question.refresh_from_db()
    assert (question.text, question.explanation) == ("<p>Kanari</p>", "<p>Kanari</p>")
    assert question.content["options"][0]["text"] == "<p>Kanari</p>"
    assert [option["id"] for option in question.content["options"]] == [option["id"] for option in content["options"]]
    assert (question.key, question.name) == (key, "<b>plain words</b>")
    group = QuestionGroup.objects.get(pk=question.group_id)
    assert (group.instruction, group.reading_text) == ("<p>Kanari</p>", "<p>Kanari</p>")
    assert list(before.all()) == others
    assert policies() == {richtext.POLICY_VERSION}
    assert texts.clean_old_texts() == 0


def test_a_new_version_of_the_rules_brings_every_row_along(cast, test, monkeypatch):
    before = list(Question.objects.order_by("pk").values_list("text", "content", "key"))
    count = Question.objects.count() + QuestionGroup.objects.count()
    monkeypatch.setattr(richtext, "POLICY_VERSION", "next")
    monkeypatch.setattr(texts, "_AT_ONCE", 2)
    monkeypatch.setattr(tenancy, "list_ready", lambda: [cast.north])
    said = StringIO()
    call_command("clean_texts", stdout=said)
    assert said.getvalue() == f"north: {count} rows are now as version next wants them\n"
    assert policies() == {"next"}
    assert list(Question.objects.order_by("pk").values_list("text", "content", "key")) == before


def test_a_paper_is_cleaned_when_it_is_shown(cast, test):
    """It never changes, so what it says under earlier rules is still in it."""
    question = Question.objects.filter(type="multiple_choice").first()
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"text": "<p>Kanari</p>"})
    content = json.loads(json.dumps(queries.get_paper(paper_id=factories.publish(cast, test).pk).content))
    groups = [group for section in content["sections"] for group in section["question_groups"]]
    shown = next(one for group in groups for one in group["questions"] if "Kanari" in one["text"])
    group = groups[0]
    clean = json.loads(json.dumps(content))
    assert rendering.cleaned(content) == clean
    shown["text"], shown["options"][0]["text"], group["reading_text"] = BAD, BAD, BAD
    again = json.dumps(rendering.cleaned(content))
    assert "script" not in again
    assert again.count("<p>Kanari</p>") == 3
