"""Reading single items, and the pieces that their rules are made of."""

from __future__ import annotations

from apps.mock_tests.rules.exchange.qti.reading import read_qti
from tests.apps.mock_tests.exchange.qti_files import package, processed, written

VERSIONS = ["2.0", "2.1", "2.2", "3.0", "prefixed", "bare", "bom"]


def read(xml, version="2.1", *files):
    """The one question of an item, and its row."""
    test, report = read_qti(package(("items/one.xml", written(xml, version)), *files))
    return next(test.questions(), None), report.rows[0]


def taken(xml, version="2.1", *files):
    question, row = read(xml, version, *files)
    assert (row.outcome, row.reasons) == ("taken", ())
    return question


def partly(xml, *files):
    question, row = read(xml, "2.1", *files)
    assert row.outcome == "partly", row
    return question, " ".join(row.reasons)


def refused(xml, *files):
    question, row = read(xml, "2.1", *files)
    assert (question, row.outcome, row.path) == (None, "refused", "items/one.xml"), row
    return " ".join(row.reasons)


def fractions(question):
    return [option.fraction for option in question.options]


def condition(*branches):
    """Rules that say what is earned under conditions; the last may have none."""
    parts = []
    for place, (test, worth) in enumerate(branches):
        name = "responseElse" if test is None else "responseElseIf" if place else "responseIf"
        parts.append(f"<{name}>{test or ''}{earn(value(worth))}</{name}>")
    return f"<responseCondition>{''.join(parts)}</responseCondition>"


def earn(expression, name="SCORE"):
    return f'<setOutcomeValue identifier="{name}">{expression}</setOutcomeValue>'


def value(worth, base="float"):
    return f'<baseValue baseType="{base}">{worth}</baseValue>'


def rules(*inner):
    return f"<responseProcessing>{''.join(inner)}</responseProcessing>"


GIVEN, KEY = '<variable identifier="RESPONSE"/>', '<correct identifier="RESPONSE"/>'
FEEDBACK = '<outcomeDeclaration identifier="FEEDBACK" cardinality="single" baseType="identifier"/>'
BY_KEY, BY_MAPPING = processed("match_correct"), processed("map_response")
