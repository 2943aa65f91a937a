"""One folder makes a type: it is found, read and written by formats, described by the API, and graded, without a word about
it anywhere else."""

from __future__ import annotations

import importlib
import sys
import textwrap
import uuid
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from api.v1.mock_tests import papers
from api.v1.mock_tests.serializers import own
from apps.mock_tests.rules.exchange.aiken import AikenMapping
from apps.mock_tests.rules.exchange.draft import DraftGroup, DraftQuestion, DraftSection, DraftTest
from apps.mock_tests.rules.exchange.gift.parts import GiftMapping
from apps.mock_tests.rules.exchange.interchange import read_gift, write
from apps.mock_tests.rules.exchange.moodle.answers import MoodleMapping
from apps.mock_tests.rules.papers import items, publishing
from apps.mock_tests.rules.papers.publishing import GroupSource, QuestionSource, SectionSource, TestSource
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types import registry
from apps.mock_tests.rules.types.base import PARTS, Given
from apps.mock_tests.rules.types.fields import Field
from tests import drawing

SHOUT = {
    "__init__": """
        from decimal import Decimal

        from apps.core.errors import Problem
        from apps.mock_tests.rules.types.base import BadResponse, ItemType, Given
        from apps.mock_tests.rules.types.fields import Field


        class Shout(ItemType):
            '''Something is shouted: the answer in capitals.'''

            name = "shout"
            shows = frozenset()
            fields = (
                Field("loudness", "integer", "How many exclamation marks.", least=1, most=9, shown=True),
                Field("word", "line", required=True),
            )

            def write(self, given):
                return {"loudness": given.own.get("loudness")}, {"word": given.own["word"]}

            def read(self, content, key):
                return Given(own={**content, **key})

            def flaws(self, given):
                if given.own["word"] != given.own["word"].upper():
                    yield Problem("/word", "not_shouted", "It must be in capitals.")

            def check(self, spec, response):
                if not isinstance(response, str) or response.count("!") != spec.own["loudness"]:
                    raise BadResponse("Louder.")
                return response

            def share(self, key, response):
                return Decimal(response.rstrip("!") == key["word"])


        TYPE = Shout()
    """,
    "gift": """
        from apps.mock_tests.rules.exchange.gift.parts import GiftMapping, element


        class ShoutInGift(GiftMapping):
            turn = 1

            def takes(self, answers):
                return answers.startswith("!")

            def read(self, answers, form):
                return "shout", [element("word", answers.lstrip("!")), element("loudness", str(answers.count("!")))]

            def write(self, question):
                return "!" * question.own["loudness"] + question.own["word"]


        MAPPING = ShoutInGift()
    """,
    "moodle": """
        from apps.mock_tests.rules.exchange.moodle.answers import Answers, MoodleMapping, kind_of


        class ShoutInMoodle(MoodleMapping):
            def takes(self, node):
                return kind_of(node) == "shout"

            def read(self, node, shelf, text):
                return Answers("shout", own={"word": node.value("word"), "loudness": int(node.value("loudness"))})

            def write(self, question):
                return "shout", []


        MAPPING = ShoutInMoodle()
    """,
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Makes a package of types from the texts of their modules."""

    def make(**folders):
        name = f"types_{uuid.uuid4().hex}"
        for folder, modules in folders.items():
            (tmp_path / name / folder).mkdir(parents=True)
            for module, text in modules.items():
                (tmp_path / name / folder / f"{module}.py").write_text(textwrap.dedent(text), encoding="utf-8")
        (tmp_path / name / "__init__.py").touch()
        (tmp_path / name / "beside.py").write_text("TYPE = None\n", encoding="utf-8")
        importlib.invalidate_caches()
        package = importlib.import_module(name)
        made.append(name)
        return package

    made: list[str] = []
    monkeypatch.syspath_prepend(tmp_path)
    yield make
    for name in [known for known in sys.modules if known.partition(".")[0] in made]:
        del sys.modules[name]


@pytest.fixture
def shout(place, monkeypatch):
    """The registry with one folder more."""
    (found,) = registry.discover(place(shout=SHOUT)).values()
    monkeypatch.setitem(registry.TYPES, "shout", found)
    return found


def test_every_folder_is_a_type_under_its_own_name():
    assert list(registry.TYPES) == sorted(registry.TYPES)
    assert {"single_choice", "multiple_choice", "true_false", "numeric", "short_text"} < registry.TYPES.keys()
    assert {"ordering", "matching", "gap_fill", "essay"} < registry.TYPES.keys()
    for name, item_type in registry.TYPES.items():
        assert type(item_type).__module__ == f"apps.mock_tests.rules.types.{name}"
        assert item_type.shows <= PARTS
        assert item_type.__doc__


@pytest.mark.parametrize("name", registry.TYPES)
def test_whatever_a_folder_has_for_a_format_is_what_the_format_takes(name):
    for module, kind in (("moodle", MoodleMapping), ("gift", GiftMapping), ("aiken", AikenMapping)):
        found = registry.TYPES[name].mapping(module, kind)
        assert found is None or isinstance(found, kind)
    assert registry.TYPES[name].mapping("moodle", MoodleMapping) is not None
    assert registry.TYPES[name].mapping("no_such_format", object) is None


def test_a_folder_is_enough(shout):
    question = {"loudness": 2, "word": "HELP"}
    given = Given(own=question)
    assert not list(shout.reasons("Shout!", given))
    assert [flaw.pointer for flaw in shout.reasons("Shout!", Given(own={"word": "help"}))] == ["/word"]
    source = QuestionSource(uuid.uuid4(), "shout", "Shout!", *shout.write(given))
    section = SectionSource(uuid.uuid4(), "S", "GENERAL", 10, [GroupSource(uuid.uuid4(), [source])])
    edition = publishing.build(TestSource("T", "", "custom", [section]))
    (shown,) = edition.content["sections"][0]["question_groups"][0]["questions"]
    assert shown["loudness"] == 2
    assert "HELP" not in str(edition.content)
    spec = items.spec_of(shown)
    assert items.check_response(spec, "HELP!!") == "HELP!!"
    with pytest.raises(items.BadResponse):
        items.check_response(spec, "HELP!")
    assert items.grade_item(edition.key[str(source.id)], "HELP!!").outcome == "CORRECT"
    assert set(own.all_fields()) >= {"loudness", "word"}
    assert set(own.shown_out(shout)) == {"loudness"}
    assert {"loudness", "id", "text"} <= set(papers._variant("shout")().fields)


def test_files_hold_it_by_its_own_modules(shout):
    question = DraftQuestion("shout", "S", "Shout!", topic="S", own={"loudness": 2, "word": "HELP"}, marks=Decimal(1))
    section = DraftSection("Part", "GENERAL", (DraftGroup("S", questions=(question,)),))
    content, losses = write(DraftTest("T", "", (section,)), "gift")
    assert "{!!HELP\n}" in content.decode()
    assert not [loss for loss in losses if "questions" in loss.pointer]
    test, _ = read_gift(content)
    assert [read.own for read in test.questions()] == [question.own]
    _, losses = write(DraftTest("T", "", (section,)), "aiken")
    assert "Aiken has only choices" in losses[0].reason


@pytest.mark.parametrize(
    ("folders", "said"),
    [
        ({"empty": {"__init__": ""}}, "has no TYPE of the name 'empty'"),
        ({"other": {"__init__": SHOUT["__init__"]}}, "has no TYPE of the name 'other'"),
        ({"shout": {"__init__": SHOUT["__init__"].replace('"word"', '"text"')}}, "calls a field 'text'"),
        (
            {
                "shout": SHOUT,
                "whisper": {"__init__": SHOUT["__init__"].replace('"shout"', '"whisper"').replace("most=9", "most=8")},
            },
            "declares 'loudness' otherwise",
        ),
    ],
)
def test_a_folder_that_is_no_type_is_told_of(place, folders, said):
    with pytest.raises(registry.ImproperFolder, match=said):
        registry.discover(place(**folders))


@pytest.mark.parametrize("text", ["", "MAPPING = 7"])
def test_a_module_without_what_its_format_takes_is_told_of(place, text):
    (found,) = registry.discover(place(shout={**SHOUT, "gift": text})).values()
    with pytest.raises(TypeError, match=r"shout\.gift has no MAPPING of the kind GiftMapping"):
        found.mapping("gift", GiftMapping)


# -- a type's own fields -------------------------------------------------------------------------------------------

FIELDS = (
    Field("note", "html"),
    Field("loud", "boolean", shown=True),
    Field("parts", "list", most=3, fields=(Field("text", "html"), Field("points", "decimal", least=0))),
    Field("frame", "object", fields=(Field("about", "html"), Field("kind", "choice", choices=("a", "b")))),
)
NAMES = st.sampled_from(["note", "loud", "parts", "frame", "text", "points", "about", "kind", "x"])
leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.just("a") | st.just("1.5")
entries = st.dictionaries(NAMES, leaves, max_size=3)
values_of_fields = st.dictionaries(NAMES, leaves | entries | st.lists(leaves | entries, max_size=4), max_size=4)


def test_nothing_that_takers_see_of_own_fields_holds_html():
    with pytest.raises(ValueError, match="holds no HTML"):
        Field("hint", "html", shown=True)
    with pytest.raises(ValueError, match="holds no HTML"):
        Field("hints", "list", fields=(Field("text", "html"),), shown=True)


def test_every_html_text_is_found_and_changed_wherever_it_stands():
    values = {"note": "a", "parts": [{"text": "b"}, {"points": "1"}], "frame": {"about": "c", "kind": "a"}}
    assert list(own_fields.html_in(FIELDS, values)) == [("/note", "a"), ("/parts/0/text", "b"), ("/frame/about", "c")]
    changed = own_fields.with_html(FIELDS, values, str.upper)
    assert changed == {
        "note": "A",
        "parts": [{"text": "B"}, {"points": "1"}],
        "frame": {"about": "C", "kind": "a"},
    }


@settings(max_examples=drawing.up_to(200), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(values_of_fields)
def test_any_values_are_judged_and_what_has_no_flaw_can_be_filled_and_cleaned(values):
    if list(own_fields.flaws(FIELDS, values)):
        return
    filled = own_fields.filled(FIELDS, values)
    assert filled.keys() == {field.name for field in FIELDS}
    assert own_fields.filled(FIELDS, filled) == filled
    assert not list(own_fields.flaws(FIELDS, own_fields.with_html(FIELDS, filled, str.upper)))
    assert own_fields.shown(FIELDS, filled) == {"loud": filled["loud"]}
