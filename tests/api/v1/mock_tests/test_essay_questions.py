"""Essays as authors send and get them, and what the document says of each type of question."""

from __future__ import annotations

import json
import uuid

import pytest
from drf_spectacular.generators import SchemaGenerator

from apps.mock_tests.models import Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.files import media
from apps.mock_tests.rules.types.registry import TYPES
from tests.api.v1.mock_tests.test_mock_tests import body_of, places
from tests.apps.mock_tests.test_media_rules import picture
from tests.client import Api

pytestmark = pytest.mark.django_db

LEVELS = [{"title": "Poor", "points": "0"}, {"title": "Good", "points": "2.50", "description": "<b>all</b> said"}]
ESSAY = {
    "type": "essay",
    "text": "Write a letter.",
    "score": "10",
    "limits": {"unit": "characters", "least": 100, "most": 400},
    "rubric": [{"title": "Content", "levels": LEVELS}, {"title": "Language", "most": 3}],
    "model_answer": "<p>Dear Bob,<script>alert(1)</script></p>",
}


@pytest.fixture
def group(cast):
    test = authoring.create_test(actor=cast.carol, changes={"title": "Spring", "level": "N5"})
    return authoring.create_group(actor=cast.carol, section_id=test.sections.first().pk, changes={"title": "One"})


def post(cast, group, **changes):
    return Api(cast.carol).post("questions/", {"group": str(group.pk), **ESSAY, **changes}, format="json")


def patch(cast, id, **changes):
    return Api(cast.carol).patch(f"questions/{id}/", changes, format="json")


def test_an_essay_is_made_shown_and_changed_by_its_fields(cast, group):
    made = body_of(post(cast, group), 201)
    assert made["limits"] == ESSAY["limits"]
    assert made["model_answer"] == "<p>Dear Bob,</p>"
    content, language = made["rubric"]
    assert content["levels"][1] == {"title": "Good", "points": "2.500", "description": "<b>all</b> said"}
    assert (content["most"], language["most"], language["levels"]) == (None, "3.000", [])
    changed = body_of(patch(cast, made["id"], limits={"unit": "words", "most": 50}), 200)
    assert changed["limits"] == {"unit": "words", "least": None, "most": 50}
    assert (changed["rubric"], changed["model_answer"]) == (made["rubric"], made["model_answer"])
    assert body_of(Api(cast.carol).get(f"questions/{made['id']}/"), 200) == changed
    again = body_of(patch(cast, made["id"], rubric=changed["rubric"], limits=changed["limits"]), 200)
    assert again == changed  # what is shown can be sent back
    stored = Question.objects.get(pk=made["id"])
    assert stored.key["rubric"][0]["levels"][1]["points"] == "2.5"
    assert "model_answer" not in stored.content


def test_other_types_neither_show_nor_keep_these_fields(cast, group):
    options = [{"text": "a", "is_correct": True}, {"text": "b"}]
    made = body_of(post(cast, group), 201)
    choice = body_of(patch(cast, made["id"], type="single_choice", options=options), 200)
    assert not {"limits", "rubric", "model_answer"} & choice.keys()
    back = patch(cast, made["id"], type="essay")
    assert ("/rubric", "required") in places(back)


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"rubric": []}, ("/rubric", "required")),
        ({"rubric": [{"title": "A"}]}, ("/rubric/0", "levels_or_most")),
        ({"rubric": [{"title": "", "most": 1}]}, ("/rubric/0/title", "required")),
        ({"rubric": [{"title": "A", "most": -1}]}, ("/rubric/0/most", "min_value")),
        ({"rubric": [{"title": "A", "most": "1e99"}]}, ("/rubric/0/most", "max_digits")),
        ({"rubric": [{"title": "A", "most": 1, "worth": 2}]}, ("/rubric/0/worth", "unknown_field")),
        ({"rubric": [{"title": "A", "most": 1}] * 21}, ("/rubric", "max_length")),
        ({"rubric": "A"}, ("/rubric", "not_a_list")),
        ({"limits": {"unit": "pages"}}, ("/limits/unit", "invalid_choice")),
        ({"limits": {"most": 15_001}}, ("/limits/most", "max_value")),
        ({"limits": {"least": 9, "most": 8}}, ("/limits/least", "least_above_most")),
        ({"limits": [1]}, ("/limits", "invalid")),
        ({"model_answer": f'<img src="media:{uuid.uuid4()}">'}, ("/model_answer/0", "unknown_media")),
        ({"own": {}}, ("/own", "unknown_field")),
    ],
)
def test_refuses_what_is_no_essay(cast, group, changes, found):
    assert places(post(cast, group, **changes)) == {found}
    assert not Question.objects.exists()


def test_pictures_of_a_model_answer_are_shown_by_link(cast, group):
    image = media.store_media(actor=cast.carol, content=picture(), file_name="a.png")
    made = body_of(post(cast, group, model_answer=f'<p><img src="media:{image.pk}"></p>'), 201)
    assert f"media:{image.pk}" not in made["model_answer"]
    assert str(image.pk) in made["model_answer"]
    kept = body_of(patch(cast, made["id"], model_answer=made["model_answer"]), 200)
    assert kept["model_answer"].count("<img") == 1
    assert f"media:{image.pk}" in Question.objects.get(pk=made["id"]).key["model_answer"]


def test_the_document_tells_the_types_apart():
    components = SchemaGenerator().get_schema(request=None, public=True)["components"]["schemas"]
    for name in ("TakerQuestion", "NewQuestionRequest", "Question"):
        mapping = components[name]["discriminator"]["mapping"]
        assert components[name]["discriminator"]["propertyName"] == "type"
        assert mapping.keys() == TYPES.keys()
    taker = components["TakerEssayOut"]["properties"]
    assert "limits" in taker
    assert not {"rubric", "model_answer"} & taker.keys()
    sent = components["NewEssayQuestionInRequest"]["properties"]
    assert {"limits", "rubric", "model_answer", "group", "text"} <= sent.keys()
    assert not {"options", "truth", "gaps", "policy"} & sent.keys()
    assert "rubric" not in json.dumps(components["NewSingleChoiceQuestionInRequest"]["properties"])
    assert "shuffle" in components["NewMatchingQuestionInRequest"]["properties"]
