"""Sections, question groups and questions, as the editor of the web client sends and reads them."""

from __future__ import annotations

import uuid

import pytest

from apps.mock_tests.models import Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.files import media
from apps.mock_tests.rules.types.registry import TYPES
from tests.api.v1.mock_tests.test_mock_tests import body_of, places, same_not_found
from tests.apps.mock_tests.test_media_rules import picture, recording
from tests.client import Api
from tests.factories import import_sample, make_test, options, publish

pytestmark = pytest.mark.django_db


@pytest.fixture
def draft(cast):
    return authoring.create_test(actor=cast.carol, changes={"title": "Spring", "level": "N5"})


@pytest.fixture
def group(cast, draft):
    return authoring.create_group(actor=cast.carol, section_id=draft.sections.first().pk, changes={"title": "One"})


@pytest.fixture
def image(cast):
    return media.store_media(actor=cast.carol, content=picture(), file_name="a.png")


FOUR = [{"text": text, "is_correct": text == "b", "image": None} for text in ("a", "b", "c", "")]


# -- sections ------------------------------------------------------------------------------------------------------


def test_sections_are_listed_made_changed_and_removed(cast, draft):
    api = Api(cast.carol)
    rows = body_of(api.get(f"test-sections/?mock_test={draft.pk}&page=all"), 200)
    assert [row["name"] for row in rows] == ["Vocabulary", "Grammar and Reading", "Listening"]
    sent = {"mock_test": str(draft.pk), "name": "Extra", "section_type": "GENERAL", "duration": 15, "total_score": 0}
    made = body_of(api.post("test-sections/", sent), 201)
    assert (made["order"], made["mock_test"], made["total_score"]) == (4, str(draft.pk), 0)
    changed = body_of(api.patch(f"test-sections/{made['id']}/", {"duration": "20", "order": 1}), 200)
    assert (changed["duration"], changed["order"]) == (20, 1)
    assert api.delete(f"test-sections/{made['id']}/").status_code == 204
    same_not_found(api.get(f"test-sections/{made['id']}/"), api.get(f"test-sections/{uuid.uuid4()}/"))


def test_groups_and_questions_are_listed_as_they_stand_in_the_test(cast, draft):
    for number in (2, 1):
        for section in reversed(draft.sections.all()):
            group = authoring.create_group(actor=cast.carol, section_id=section.pk, changes={"order": number})
            for name in ("a", "b"):
                changes = {
                    "type": "single_choice",
                    "name": f"{section.name} {number} {name}",
                    "given": options(a="1", b="0"),
                }
                authoring.create_question(actor=cast.carol, group_id=group.pk, changes=changes)
    api = Api(cast.carol)
    sections, places = ("Vocabulary", "Grammar and Reading", "Listening"), ("1 a", "1 b", "2 a", "2 b")
    rows = body_of(api.get(f"questions/?mock_test={draft.pk}&page=all"), 200)
    assert [row["name"] for row in rows] == [f"{name} {place}" for name in sections for place in places]
    groups = body_of(api.get(f"question-groups/?mock_test={draft.pk}&page=all"), 200)
    assert [row["id"] for row in groups] == list(dict.fromkeys(row["group"] for row in rows))


@pytest.mark.parametrize("duration", [0, -5, 100_000, "soon"])
def test_refuses_a_section_without_sensible_time(cast, draft, duration):
    section = draft.sections.first()
    answer = Api(cast.carol).patch(f"test-sections/{section.pk}/", {"duration": duration})
    assert {place for place, _ in places(answer)} == {"/duration"}


# -- groups --------------------------------------------------------------------------------------------------------


def test_groups_carry_files_by_key_and_show_them_by_link(cast, draft, image):
    api = Api(cast.carol)
    sound = media.store_media(actor=cast.carol, content=recording(), file_name="a.wav")
    section = draft.sections.last()
    made = body_of(
        api.post(
            "question-groups/",
            {
                "section": str(section.pk), "title": "もんだい1", "mondai_number": "1", "order": 1, "reading_text": None,
                "instruction": "<b>Listen</b><script>x</script>", "image_key": f"media:{image.pk}",
                "audio_key": f"media:{sound.pk}",
            },
        ),
        201,
    )  # fmt: skip
    assert (made["instruction"], made["reading_text"], made["questions"]) == ("<b>Listen</b>", "", [])
    for link, content in ((made["image"], picture()), (made["audio_file"], recording())):
        assert Api(host="north.localhost").get(link.removeprefix("http://north.localhost")).content == content
    kept = body_of(api.patch(f"question-groups/{made['id']}/", {"title": "x"}), 200)
    assert kept["image"]
    assert kept["audio_file"]
    removed = body_of(api.patch(f"question-groups/{made['id']}/", {"image_key": None}), 200)
    assert removed["image"] is None
    assert removed["audio_file"]
    rows = body_of(api.get(f"question-groups/?section={section.pk}&page=all"), 200)
    assert [row["id"] for row in rows] == [made["id"]]
    assert body_of(api.get(f"question-groups/?mock_test={draft.pk}"), 200)["count"] == 1
    assert api.delete(f"question-groups/{made['id']}/").status_code == 204


def test_a_list_of_groups_takes_a_constant_number_of_queries(cast, count_queries):
    test = import_sample(cast)
    api = Api(cast.carol)
    api.get("exam-profiles/")  # finds out which center this host is
    with count_queries() as asked:
        rows = body_of(api.get(f"question-groups/?mock_test={test.pk}&page=all"), 200)
    assert sum(len(row["questions"]) for row in rows) == Question.objects.count()
    assert len(asked) <= 4


# -- questions -----------------------------------------------------------------------------------------------------


def test_a_single_choice_as_the_client_sends_it(cast, group, image):
    api = Api(cast.carol)
    sent = {
        "group": str(group.pk), "section": str(group.section_id), "text": "<p>Which?</p>", "order": "1",
        "question_number": "31", "score": "2", "image_key": f"media:{image.pk}",
        "options": [*FOUR[:3], {"text": "", "is_correct": False, "image": f"media:{image.pk}"}, FOUR[3]],
    }  # fmt: skip
    made = body_of(api.post("questions/", sent), 201)
    assert [(option["text"], option["is_correct"]) for option in made["options"]] == [
        ("a", False), ("b", True), ("c", False), ("", False),
    ]  # fmt: skip
    assert (made["correct_option_index"], made["score"], made["question_number"]) == (1, 2.0, 31)
    assert (made["group"], made["section"], made["type"]) == (str(group.pk), str(group.section_id), "single_choice")
    assert made["image"].startswith(f"http://north.localhost/api/v1/media/{image.pk}/?")
    rows = body_of(api.get(f"questions/?group={group.pk}&page=all"), 200)
    assert [row["id"] for row in rows] == [made["id"]]
    # What is sent back as it was read changes nothing: links become keys again, in fields and in texts.
    back = {"options": [{**option, "fraction": option["fraction"]} for option in made["options"]]}
    again = body_of(api.patch(f"questions/{made['id']}/", {**back, "image_key": made["image"]}), 200)
    question = Question.objects.get()
    assert question.image_id == image.pk
    assert question.content["options"][3]["image"] == str(image.pk)
    assert again["correct_option_index"] == 1


def test_pictures_in_texts_survive_an_edit(cast, group, image):
    api = Api(cast.carol)
    text = f'<p>Look: <img src="media:{image.pk}" alt="tree"></p>'
    made = body_of(api.post("questions/", {"group": str(group.pk), "text": text, "options": FOUR}), 201)
    assert "media:" not in made["text"]
    assert f"/api/v1/media/{image.pk}/?expires=" in made["text"]
    body_of(api.patch(f"questions/{made['id']}/", {"text": made["text"]}), 200)
    assert Question.objects.get().text == text


def test_other_types_and_partial_marks(cast, group):
    api = Api(cast.carol)
    weights = [("a", "0.333333"), ("b", 0.333333), ("c", "0.333333"), ("d", -0.5)]
    multiple = body_of(
        api.post(
            "questions/",
            {
                "group": str(group.pk), "type": "multiple_choice", "text": "?", "score": 4, "shuffle": True,
                "options": [{"text": text, "fraction": share, "feedback": "so"} for text, share in weights],
                "explanation": "because", "topic": "Sets", "tags": ["x"],
            },
        ),
        201,
    )  # fmt: skip
    assert [option["is_correct"] for option in multiple["options"]] == [True, True, True, False]
    assert multiple["correct_option_index"] is None
    assert (multiple["options"][0]["feedback"], multiple["topic"], multiple["tags"]) == ("so", "Sets", ["x"])
    answers = [{"value": "0.5", "tolerance": "0.01"}, {"value": 0.6, "fraction": "0.5"}]
    numeric = body_of(
        api.post("questions/", {"group": str(group.pk), "type": "numeric", "text": "?", "answers": answers}), 201
    )
    assert numeric["answers"] == [
        {"value": "0.5", "tolerance": "0.01", "fraction": 1.0},
        {"value": "0.6", "tolerance": "0", "fraction": 0.5},
    ]
    assert numeric["options"] == []


MORE = [
    {"type": "true_false", "truth": {"value": False, "feedback_true": "<b>no</b>", "feedback_false": ""}},
    {
        "type": "short_text",
        "case_sensitive": True,
        "texts": [
            {"text": "東京", "fraction": 1.0, "feedback": "yes"},
            {"text": "Edo", "fraction": 0.5, "feedback": ""},
        ],
    },
    {"type": "ordering", "policy": "star", "star": 2, "options": [{"text": text} for text in ("a", "b", "c")]},
    {
        "type": "matching",
        "policy": "all_or_nothing",
        "options": [{"text": text} for text in ("x", "y", "z")],
        "prompts": [{"text": "1", "image": None, "target": 2}, {"text": "2", "image": None, "target": 0}],
    },
    {
        "type": "gap_fill",
        "text": "[[2]] and [[1]]",
        "gaps": [
            {"texts": [{"text": "a", "fraction": 1.0, "feedback": ""}], "case_sensitive": False, "weight": 1},
            {"options": [{"text": "wa", "is_correct": True}, {"text": "ga"}], "case_sensitive": False, "weight": 3},
        ],
    },
    {
        "type": "multiple_choice",
        "policy": "jee_advanced",
        "options": [{"text": "a", "is_correct": True}, {"text": "b", "is_correct": True}, {"text": "c"}],
    },
]


def covers(whole, part):
    """Whether everything in ``part`` stands in ``whole`` too."""
    if isinstance(part, dict):
        return all(name in whole and covers(whole[name], value) for name, value in part.items())
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(covers, whole, part))
    return whole == part


@pytest.mark.parametrize("sent", MORE, ids=lambda sent: sent["type"])
def test_every_type_is_made_read_sent_back_and_published(cast, group, sent):
    api = Api(cast.carol)
    made = body_of(api.post("questions/", {"group": str(group.pk), "text": "What?", **sent}), 201)
    assert covers(made, sent)
    back = {name: made[name] for name in sent}
    assert covers(body_of(api.patch(f"questions/{made['id']}/", back), 200), sent)
    question = Question.objects.get()
    assert not list(TYPES[question.type].reasons(question.text, given_of(question)))
    other = body_of(api.patch(f"questions/{made['id']}/", {"explanation": "so"}), 200)
    assert {**other, "explanation": "", "revision": 1} == {**made, "explanation": ""}


def given_of(question):
    return TYPES[question.type].read(question.content, question.key)


def test_a_part_of_the_answers_may_be_sent_alone(cast, group):
    api = Api(cast.carol)
    made = body_of(api.post("questions/", {"group": str(group.pk), "text": "?", **MORE[3]}), 201)
    path = f"questions/{made['id']}/"
    turned = body_of(api.patch(path, {"prompts": [{"text": "9", "target": 1}, {"text": "8", "target": 1}]}), 200)
    assert [option["text"] for option in turned["options"]] == ["x", "y", "z"]
    assert [(prompt["text"], prompt["target"]) for prompt in turned["prompts"]] == [("9", 1), ("8", 1)]
    assert turned["policy"] == "all_or_nothing"
    renamed = body_of(api.patch(path, {"options": [{"text": "p"}, {"text": "q"}], "policy": ""}), 200)
    assert [(prompt["text"], prompt["target"]) for prompt in renamed["prompts"]] == [("9", 1), ("8", 1)]
    assert renamed["policy"] == "pairs"
    assert ("/prompts/0/target", "unknown_option") in places(
        api.patch(path, {"prompts": [{"text": "9", "target": 2}, {"text": "8", "target": 1}]})
    )
    assert places(api.patch(path, {"prompts": [{"text": "9"}]})) == {("/prompts/0/target", "required")}


def test_a_text_must_keep_the_gaps_of_its_question(cast, group):
    api = Api(cast.carol)
    made = body_of(api.post("questions/", {"group": str(group.pk), **MORE[4]}), 201)
    path = f"questions/{made['id']}/"
    assert places(api.patch(path, {"text": "[[1]] alone"})) == {("/text", "gap_not_in_text")}
    assert body_of(api.patch(path, {"text": "[[1]], then [[2]]"}), 200)["text"] == "[[1]], then [[2]]"


TWO_KEYS = [{"text": "a", "is_correct": True}, {"text": "b", "is_correct": True}]
BAD = [
    ({"options": TWO_KEYS}, ("/options", "not_one_key")),
    ({"options": FOUR[:1]}, ("/options", "option_count")),
    ({"options": [*FOUR[:3], FOUR[0]]}, ("/options/3", "duplicate_option")),
    ({"options": [{"text": "a", "fraction": 2}]}, ("/options/0/fraction", "max_value")),
    ({"options": [{"text": "a", "score": 2}]}, ("/options/0/score", "unknown_field")),
    ({"options": [{"text": "a", "image": "tenants/x.png"}]}, ("/options/0/image", "unknown_media")),
    ({"options": [{"text": "a"}] * 51}, ("/options", "max_length")),
    ({"options": "abcd"}, ("/options", "not_a_list")),
    ({"options": FOUR, "type": "drawing"}, ("/type", "invalid_choice")),
    ({"options": FOUR, "score": 0}, ("/score", "min_value")),
    ({"options": FOUR, "score": "1e999"}, ("/score", "max_digits")),
    ({"options": FOUR, "score": "NaN"}, ("/score", "invalid")),
    ({"options": FOUR, "text": "<b>" * 2_001}, ("/text", "max_tags")),
    ({"options": FOUR, "text": "x" * 100_001}, ("/text", "max_length")),
    ({"options": FOUR, "image_key": f"media:{uuid.uuid4()}"}, ("/image", "unknown_media")),
    ({"options": FOUR, "text": f'<img src="media:{uuid.uuid4()}">'}, ("/text/0", "unknown_media")),
    ({"options": FOUR, "key": {}}, ("/key", "unknown_field")),
    ({"type": "numeric"}, ("/answers", "no_answer")),
    ({"type": "true_false"}, ("/truth", "no_answer")),
    ({"type": "true_false", "truth": {"value": "perhaps"}}, ("/truth/value", "invalid")),
    ({"type": "short_text"}, ("/texts", "no_answer")),
    ({"type": "short_text", "texts": [{"text": "x" * 201}]}, ("/texts/0/text", "max_length")),
    ({"type": "short_text", "texts": [{"text": "a"}, {"text": "Ａ"}]}, ("/texts/1", "duplicate_answer")),
    ({"type": "ordering", "options": FOUR, "star": 2}, ("/star", "star_without_policy")),
    ({"type": "ordering", "options": FOUR, "policy": "pairs"}, ("/policy", "unknown_policy")),
    ({"type": "matching", "options": FOUR}, ("/prompts", "prompt_count")),
    ({"type": "matching", "options": FOUR, "prompts": [{"text": "1"}]}, ("/prompts/0/target", "required")),
    ({"type": "gap_fill", "text": "x", "gaps": [{"texts": [{"text": "a"}]}]}, ("/text", "gap_not_in_text")),
    ({"type": "gap_fill", "text": "[[1]]", "gaps": [{"options": FOUR[:2]}] * 51}, ("/gaps", "max_length")),
    ({"type": "gap_fill", "text": "[[1]]", "gaps": [{"key": 1}]}, ("/gaps/0/key", "unknown_field")),
    ({"type": "multiple_choice", "options": FOUR, "policy": "best"}, ("/policy", "invalid_choice")),
    (
        {
            "type": "matching",
            "options": FOUR,
            "prompts": [{"text": "1", "target": 0, "image": f"media:{uuid.uuid4()}"}],
        },
        ("/prompts/0/image", "unknown_media"),
    ),
    ({"type": "numeric", "answers": [{"value": "x"}]}, ("/answers/0/value", "invalid")),
    ({"type": "numeric", "answers": [{"value": "Infinity"}]}, ("/answers/0/value", "invalid")),
    ({"type": "numeric", "answers": [{"value": 1, "tolerance": -1}]}, ("/answers/0/tolerance", "min_value")),
]


@pytest.mark.parametrize(("sent", "place"), BAD, ids=lambda value: value[1] if isinstance(value, tuple) else "")
def test_refuses_a_bad_question_with_its_place(cast, group, sent, place):
    assert place in places(Api(cast.carol).post("questions/", {"group": str(group.pk), **sent}))
    assert not Question.objects.exists()


def test_a_list_of_questions_takes_a_constant_number_of_queries(cast, count_queries):
    test = import_sample(cast)
    api = Api(cast.carol)
    api.get("exam-profiles/")  # finds out which center this host is
    with count_queries() as asked:
        rows = body_of(api.get(f"questions/?mock_test={test.pk}&page=all"), 200)
    assert len(rows) == Question.objects.count() > 60
    assert len(asked) <= 3


# -- who may -------------------------------------------------------------------------------------------------------


def routes(test):
    section = test.sections.first()
    group = section.question_groups.first()
    question = group.questions.first()
    return [
        (f"test-sections/{section.pk}/", {"name": "x"}),
        (f"question-groups/{group.pk}/", {"title": "x"}),
        (f"questions/{question.pk}/", {"text": "x"}),
    ]


def news(test):
    section = test.sections.first()
    group = section.question_groups.first()
    return [
        ("test-sections/", {"mock_test": str(test.pk), "name": "x", "section_type": "VOCAB", "duration": 1}),
        ("question-groups/", {"section": str(section.pk)}),
        ("questions/", {"group": str(group.pk), "options": FOUR}),
    ]


def test_students_get_nothing_other_teachers_read_only(cast):
    test = make_test(cast)
    for path, change in routes(test):
        for person in (cast.alice, cast.gus):
            assert Api(person).get(path).status_code == Api(person).patch(path, change).status_code == 403
        other = Api(cast.other_teacher)
        assert other.get(path).status_code == 200
        assert body_of(other.patch(path, change), 403)["code"] == "not_yours"
        assert body_of(other.delete(path), 403)["code"] == "not_yours"
        assert Api(cast.dora).patch(path, change).status_code == 200
    for path, sent in news(test):
        assert body_of(Api(cast.other_teacher).post(path, sent), 403)["code"] == "not_yours"
        assert Api(cast.dora).post(path, sent).status_code == 201


def test_parts_of_another_center_are_unknown(cast):
    test = make_test(cast)
    there, paths, sent = Api(cast.sybil), routes(test), news(test)
    for path, change in paths:
        unknown = f"{path.split('/')[0]}/{uuid.uuid4()}/"
        same_not_found(there.get(path), there.get(unknown))
        same_not_found(there.patch(path, change), there.patch(unknown, change))
        same_not_found(there.delete(path), there.delete(unknown))
    for (path, body), owner in zip(sent, ("mock_test", "section", "group"), strict=True):
        same_not_found(there.post(path, body), there.post(path, {**body, owner: str(uuid.uuid4())}))
        assert body_of(there.get(f"{path}?page=all&{owner}={body[owner]}"), 200) == []


def test_parts_of_a_published_test_are_locked(cast):
    test = make_test(cast)
    publish(cast, test)
    api = Api(cast.carol)
    for path, change in routes(test):
        assert body_of(api.patch(path, change), 409)["code"] == "test_locked"
        assert body_of(api.delete(path), 409)["code"] == "test_locked"
    for path, sent in news(test):
        assert body_of(api.post(path, sent), 409)["code"] == "test_locked"


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"answers": [{"value": "4"}], "type": "numeric"}, None),
        ({"answers": [{}], "type": "numeric"}, "/answers/0/value"),
        ({"answers": [{"tolerance": "1"}]}, "/answers/0/value"),
        ({"options": [{"text": "a"}, {"text": "b", "is_correct": True}]}, None),
        ({"texts": [{}], "type": "short_text"}, "/texts/0/text"),
        ({"truth": {}, "type": "true_false"}, "/truth/value"),
        ({"prompts": [{}], "type": "matching"}, "/prompts/0/target"),
    ],
)
def test_parts_of_a_changed_question_are_as_complete_as_those_of_a_new_one(cast, group, body, place):
    api = Api(cast.carol)
    made = body_of(api.post("questions/", {"group": str(group.pk), "type": "single_choice", "options": FOUR}), 201)
    answer = api.patch(f"questions/{made['id']}/", body)
    if place is None:
        assert answer.status_code == 200
    else:
        assert place in {where for where, _ in places(answer)}
