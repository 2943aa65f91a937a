"""Editions: what takers see, what grades it, when two are the same, and why a test cannot have one."""

from __future__ import annotations

import json
import random
import uuid
from dataclasses import replace
from decimal import Decimal
from statistics import mean

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.mock_tests.rules.papers import items, publishing
from apps.mock_tests.rules.papers import reasons as publishing_reasons
from apps.mock_tests.rules.papers.publishing import GroupSource, QuestionSource, SectionSource, TestSource
from apps.mock_tests.rules.papers.rendering import render
from apps.mock_tests.rules.types import registry
from apps.mock_tests.rules.types.base import Answer, Given, ItemType, Option
from tests import drawing

D = Decimal


def source(kind, given, **fields):
    content, key = registry.TYPES[kind].write(given)
    return QuestionSource(uuid.uuid4(), kind, fields.pop("text", "What?"), content, key, **fields)


def single(*texts, right=0, **fields):
    options = tuple(Option(f"o{n}", text, D(n == right)) for n, text in enumerate(texts or ("yes", "no")))
    return source("single_choice", Given(options), **fields)


def numeric(**fields):
    return source("numeric", Given(answers=(Answer(D(7), D("0.5"), D(1)),)), **fields)


def group(*questions, **fields):
    return GroupSource(uuid.uuid4(), questions, **fields)


def section(*groups, kind="GENERAL", minutes=10):
    return SectionSource(uuid.uuid4(), kind.title(), kind, minutes, groups)


def exam(*sections, profile="custom", level=""):
    return TestSource("Title", level, profile, sections or (section(group(single(), numeric())),))


def n5(*kinds):
    return exam(*(section(group(single()), kind=kind) for kind in kinds), profile="jlpt-n5@2020-12", level="N5")


def reasons(test):
    return {(problem.pointer, problem.code) for problem in publishing_reasons.reasons_against(test)}


# -- reasons -------------------------------------------------------------------------------------------------------


def test_a_complete_test_has_no_reason_against_it():
    assert not reasons(exam())
    assert not reasons(n5("VOCAB", "GRAMMAR_READING", "LISTENING"))


FIRST = "/sections/0/question_groups/0"
SECOND = "/sections/1/question_groups/0"


@pytest.mark.parametrize(
    ("test", "found"),
    [
        (TestSource("Title", "", "custom", ()), {("/sections", "no_sections")}),
        (exam(profile="jee@1999"), {("/profile", "unknown_profile")}),
        (exam(section()), {("/sections/0/question_groups", "empty_section")}),
        (exam(section(group(), group(single()))), {(f"{FIRST}/questions", "empty_group")}),
        (exam(section(group(single()), minutes=0)), {("/sections/0/duration", "no_duration")}),
        (n5("VOCAB"), {("/sections", "missing_area")}),
        (n5("LISTENING", "GENERAL"), {("/sections", "missing_area"), (f"{SECOND}/scored_area", "unknown_area")}),
        (exam(section(group(single(text="<p> </p>")))), {(f"{FIRST}/questions/0/text", "no_text")}),
        (exam(section(group(single(score=D(0))))), {(f"{FIRST}/questions/0/score", "bad_score")}),
        (exam(section(group(single("a", "a")))), {(f"{FIRST}/questions/0/options/1", "duplicate_option")}),
        (exam(section(group(single(right=5)))), {(f"{FIRST}/questions/0/options", "not_one_key")}),
        (exam(section(group(single(), source("numeric", Given())))), {(f"{FIRST}/questions/1/answers", "no_answer")}),
        (exam(section(group(replace(single(), type="drawing")))), {(f"{FIRST}/questions/0/type", "unknown_type")}),
        (exam(section(group(*[single(score=D(10_000))] * 101))), {("/sections", "too_many_marks")}),
    ],
    ids=lambda value: "" if isinstance(value, TestSource) else min(value)[1],
)  # fmt: skip
def test_names_every_reason_with_its_place(test, found):
    assert reasons(test) == found


def test_names_all_reasons_at_once():
    bad = replace(single("a", "a", right=3, text=""), score=D(-1))
    assert {code for _, code in reasons(exam(section(group(bad), minutes=0), section()))} == {
        "no_duration", "no_text", "bad_score", "duplicate_option", "not_one_key", "empty_section",
    }  # fmt: skip


@pytest.mark.parametrize("stimulus", [{"audio": uuid.uuid4()}, {"image": uuid.uuid4()}, {"reading_text": "Once"}])
def test_a_question_may_be_silent_where_its_group_speaks(stimulus):
    assert not reasons(exam(section(group(single(text=""), **stimulus))))


def test_a_picture_in_the_text_is_enough():
    assert not reasons(exam(section(group(single(text=f'<img src="media:{uuid.uuid4()}">')))))


def test_a_group_may_name_its_area():
    named = section(group(single(), scored_area="listening"), kind="GENERAL")
    test = exam(named, section(group(single()), kind="VOCAB"), profile="jlpt-n5@2020-12", level="N5")
    assert not reasons(test)
    assert [item.area for item in publishing.build(test).items] == ["listening", "language_reading_combined"]


HERE, GONE, SOUND = uuid.uuid4(), uuid.uuid4(), uuid.uuid4()
CENTER_HAS = publishing_reasons.Surroundings(media={HERE: "image", SOUND: "audio"})


def shown(media):
    return f'<p>See <img src="media:{media}"></p>'


@pytest.mark.parametrize(
    ("test", "found"),
    [
        (exam(section(group(single(image=HERE, audio=SOUND), image=HERE, audio=SOUND))), set()),
        (exam(section(group(single(text=shown(HERE))))), set()),
        (exam(section(group(single(image=GONE)))), {(f"{FIRST}/questions/0/image", "media_gone")}),
        (exam(section(group(single(image=SOUND)))), {(f"{FIRST}/questions/0/image", "wrong_media")}),
        (exam(section(group(single(audio=HERE)))), {(f"{FIRST}/questions/0/audio", "wrong_media")}),
        (exam(section(group(single(), audio=GONE))), {(f"{FIRST}/audio", "media_gone")}),
        (exam(section(group(single(), reading_text=shown(GONE)))), {(f"{FIRST}/reading_text", "media_gone")}),
        (exam(section(group(single(explanation=shown(GONE))))), {(f"{FIRST}/questions/0/explanation", "media_gone")}),
        (exam(section(group(single("yes", shown(GONE))))), {(f"{FIRST}/questions/0/options/1/text", "media_gone")}),
        (exam(section(group(single(text='<img src="media:nonsense">')))), {(f"{FIRST}/questions/0/text", "media_gone")}),
    ],
)  # fmt: skip
def test_names_files_that_are_gone_or_of_another_kind(test, found):
    against = publishing_reasons.reasons_against(test, CENTER_HAS)
    assert {(problem.pointer, problem.code) for problem in against} == found


def test_warns_of_what_stands_twice():
    one = single(question_number=3)
    test = exam(section(group(one, replace(one, id=uuid.uuid4())), group(single(text="Other?", question_number=3))))
    warnings = publishing_reasons.findings(test).warnings
    assert {(warning.pointer, warning.code) for warning in warnings} == {
        (f"{FIRST}/questions/1", "repeated_question"),
        (f"{FIRST}/questions/1/question_number", "repeated_number"),
        ("/sections/0/question_groups/1/questions/0/question_number", "repeated_number"),
    }
    assert publishing_reasons.reasons_against(test) == ()


@pytest.mark.parametrize("share", [D("0.5"), D("-1.5")])
def test_a_wrong_answer_neither_earns_nor_loses_more_than_all(share):
    assert reasons(exam(section(group(single(wrong_share=share))))) == {
        (f"{FIRST}/questions/0/wrong_share", "bad_wrong_share")
    }


# -- the edition ---------------------------------------------------------------------------------------------------


def test_freezes_what_takers_see_field_by_field():
    picture, sound = uuid.uuid4(), uuid.uuid4()
    question = single("yes", "no", image=picture, shuffle=True, score=D("2.50"), topic="Words", explanation="Because")
    part = section(group(question, numeric(score=D(3), question_number=31), audio=sound, mondai_number=2), minutes=20)
    test = exam(part)
    edition = publishing.build(test)
    shown = edition.content["sections"][0]
    assert (edition.seconds, edition.max_score, len(edition.items)) == (1200, D("5.5"), 2)
    assert {name: value for name, value in shown.items() if name != "question_groups"} == {
        "id": str(part.id), "name": "General", "section_type": "GENERAL", "duration": 20, "seconds": 1200,
        "order": 1, "area": "",
    }  # fmt: skip
    first, second = shown["question_groups"][0]["questions"]
    options = first.pop("options")
    assert first == {
        "id": str(question.id), "question_number": 1, "type": "single_choice", "text": "What?", "score": "2.5",
        "image": f"media:{picture}", "audio_file": None, "shuffle": True,
    }  # fmt: skip
    assert [option["text"] for option in options] == ["yes", "no"]
    assert (second["question_number"], second["options"]) == (31, [])
    entry = edition.key[str(question.id)]
    assert entry["key"] == {"fractions": {options[0]["id"]: "1", options[1]["id"]: "0"}}
    assert (entry["explanation"], entry["topic"], entry["score"]) == ("Because", "Words", "2.5")
    assert shown["question_groups"][0]["audio_file"] == f"media:{sound}"


def test_the_key_grades_what_the_content_shows():
    edition = publishing.build(exam())
    first, second = edition.content["sections"][0]["question_groups"][0]["questions"]
    spec = items.spec_of(first)
    right = items.check_response(spec, first["options"][0]["id"])
    assert items.grade_item(edition.key[first["id"]], right).outcome == "CORRECT"
    assert items.grade_item(edition.key[second["id"]], "7.4").outcome == "CORRECT"


def test_two_editions_of_one_content_share_their_hash_but_no_option_id():
    test = exam()
    one, two = publishing.build(test), publishing.build(test)
    assert one.content_hash == two.content_hash
    ids = lambda edition: set(items.spec_of(edition.content["sections"][0]["question_groups"][0]["questions"][0]).options)  # noqa: E731 # fmt: skip
    assert not ids(one) & ids(two)


def test_the_hash_forgets_ids_and_notices_everything_else():
    make = lambda **fields: exam(section(group(single(**fields), numeric())))  # noqa: E731
    same = publishing.build(make()).content_hash
    assert publishing.build(make()).content_hash == same
    media = uuid.uuid4()
    others = [{"text": "Else"}, {"right": 1}, {"explanation": "So"}, {"topic": "T"}, {"score": D(2)}, {"shuffle": True}]
    others += [{"image": media}, {"audio": media}, {"question_number": 9}]
    hashes = {publishing.build(make(**other)).content_hash for other in others}
    assert len(hashes | {same}) == len(others) + 1
    longer = exam(section(group(single(), numeric()), minutes=11))
    assert publishing.build(longer).content_hash not in hashes | {same}


# -- nothing leaks -------------------------------------------------------------------------------------------------

canaries = st.integers(2**70, 2**72).map(lambda n: f"canary{n:x}")


@settings(max_examples=drawing.up_to(60), deadline=None)
@given(st.lists(canaries, min_size=8, max_size=8, unique=True), st.booleans())
def test_no_word_of_key_explanation_feedback_or_topic_reaches_takers(words, shuffled):
    answer = Answer(D(int(words[0][6:], 16)), D(int(words[1][6:], 16)), D(1))
    choices = tuple(Option(words[2], f"text {n}", D(n == 1), feedback=words[3]) for n in range(3))
    test = exam(
        section(
            group(
                source("single_choice", Given(choices), explanation=words[4], topic=words[5], shuffle=shuffled),
                source("numeric", Given(answers=(answer,)), explanation=words[6], topic=words[7]),
            )
        )
    )
    edition = publishing.build(test)
    frozen = json.dumps(edition.key)
    secrets = {str(int(words[0][6:], 16)), str(int(words[1][6:], 16)), *words[3:]}
    assert all(secret in frozen for secret in secrets)  # they are in the key, so the next line can fail
    shown = json.dumps(
        [edition.content, render(edition.content, seed=1, shuffle_questions=True, shuffle_options=True, sign=str)]
    )
    assert not [secret for secret in {*secrets, words[2]} if secret in shown]
    assert not {"fractions", "answers", "explanation", "topic", "feedback", "key"} & set(_names(edition.content))


def _names(value):
    if isinstance(value, dict):
        yield from value
        for inner in value.values():
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)


class Careless(ItemType):
    """A type that keeps whatever it is given, in content as well as in the key."""

    name = "careless"

    def write(self, given):
        return {}, {"given": "secret-key"}

    def read(self, content, key):
        return Given((Option("secret-id", "shown text", D(1), feedback="secret-feedback"),))

    def flaws(self, given):
        return iter(())

    def check(self, spec, response):
        return response

    def share(self, key, response):
        return D(0)


def test_a_careless_type_cannot_show_what_is_not_on_the_list(monkeypatch):
    rng = random.Random(5)
    planted = {f"field{rng.getrandbits(60):x}": f"secret{rng.getrandbits(60):x}" for _ in range(20)}
    question = QuestionSource(uuid.uuid4(), "careless", "What?", planted, planted)
    test = exam(section(group(question)))
    assert [problem.code for problem in publishing_reasons.reasons_against(test)] == ["unknown_type"]
    monkeypatch.setitem(registry.TYPES, "careless", Careless())
    assert not publishing_reasons.reasons_against(test)
    shown = json.dumps(publishing.build(test).content)
    assert "shown text" in shown
    assert "secret" not in shown
    assert not [name for name in planted if name in shown]


def test_neither_ids_nor_their_order_tell_the_right_option():
    """Over 2,000 questions the right option's id is as often the first, second … of its four in order; chi-square with
    three degrees of freedom stays below 16.27 (p > 0.001)."""
    rng = random.Random(11)
    questions = [single("a", "b", "c", "d", right=rng.randrange(4)) for _ in range(2_000)]
    edition = publishing.build(exam(section(group(*questions))))
    ranks = [0] * 4
    for entry in edition.key.values():
        by_id = sorted(entry["key"]["fractions"].items())
        ranks[[fraction for _, fraction in by_id].index("1")] += 1
    assert sum((seen - 500) ** 2 / 500 for seen in ranks) < 16.27
    shown = edition.content["sections"][0]["question_groups"][0]["questions"]
    assert len({option["id"] for question in shown for option in question["options"]}) == 8_000


# -- one taker's view ----------------------------------------------------------------------------------------------


def paper():
    questions = [single("a", "b", "c", "d", text=str(n), shuffle=n % 2 == 0) for n in range(8)]
    return publishing.build(exam(section(group(*questions[:4]), group(*questions[4:])))).content


def drawn(content, seed, *, questions=True, options=True):
    view = render(content, seed=seed, shuffle_questions=questions, shuffle_options=options, sign=str)
    return view["sections"][0]["question_groups"]


def test_a_seed_gives_one_order_and_another_seed_another():
    content = paper()
    assert drawn(content, 1) == drawn(content, 1)
    assert len({json.dumps(drawn(content, seed)) for seed in range(20)}) == 20
    assert json.dumps(content) == json.dumps(content)


def test_questions_move_only_in_their_group_and_options_only_where_they_may():
    content = paper()
    plain = drawn(content, 3, questions=False, options=False)
    for seed in range(20):
        for before, after in zip(plain, drawn(content, seed), strict=True):
            by_id = {question["id"]: question for question in before["questions"]}
            assert {question["id"] for question in after["questions"]} == set(by_id)
            for question in after["questions"]:
                was = by_id[question["id"]]["options"]
                assert sorted(map(str, question["options"])) == sorted(map(str, was))
                assert question["shuffle"] or question["options"] == was


def test_every_place_is_drawn_equally_often():
    content = paper()
    places = [[q["text"] for q in drawn(content, seed)[0]["questions"]].index("0") for seed in range(2_000)]
    assert abs(mean(places) - 1.5) < 0.1


def test_signs_every_reference_to_a_file_and_leaves_the_frozen_content_alone():
    ids = [uuid.uuid4() for _ in range(7)]
    options = (Option("", f'<img src="media:{ids[0]}">', D(1), image=ids[1]), Option("", "b", D(0)))
    question = source(
        "single_choice", Given(options), text=f'<p><img src="media:{ids[2]}" alt="x"></p>', image=ids[3], audio=ids[4]
    )
    content = publishing.build(exam(section(group(question, image=ids[5], audio=ids[6])))).content
    before = json.dumps(content)
    view = json.dumps(
        render(content, seed=0, shuffle_questions=False, shuffle_options=False, sign=lambda media: f"https://x/{media}")
    )
    assert all(f"https://x/{media}" in view for media in ids)
    assert "media:" not in view
    assert json.dumps(content) == before
