"""Real papers, imported and published over HTTP: what PostgreSQL then holds is compared, item by item and to the last
digit and byte, with a reading of the files that shares no code with the product."""

from __future__ import annotations

import base64
import html
import json
import os
import re
import time
import xml.etree.ElementTree as ET
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection

from tests.client import Api

PAPERS = Path(os.environ.get("SHIKEN_PAPERS") or Path(__file__).resolve().parents[5] / "shared/data/papers")
FILES = sorted(PAPERS.glob("*.moodle.xml"))
SECONDS_PER_PAPER = 2.0
TYPES = {"true": "single_choice", "false": "multiple_choice"}

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(not FILES, reason=f"NO SAMPLE PAPERS at {PAPERS}; set SHIKEN_PAPERS"),
]


# -- the file, read by other means ---------------------------------------------------------------------------------


def read_independently(path: Path) -> list[dict[str, Any]]:
    """Every question with its words, weights, marks and recording, in the order of the file."""
    items, sound, fresh = [], b"", False
    for node in ET.parse(path).getroot():
        kind = node.get("type")
        own = recordings(node.find("questiontext"))
        if kind == "category":
            sound, fresh = b"", False
        elif kind == "description":
            # A recording belongs to the questions after it, until another description follows questions.
            sound, fresh = (own or (sound if fresh else b"")), True
        else:
            items.append(item(node, kind, own, sound))
            fresh = False
    return items


def item(node: ET.Element, kind: str | None, own: bytes, sound: bytes) -> dict[str, Any]:
    answers = node.findall("answer")
    read = {
        "text": words(node.findtext("questiontext/text") or ""),
        "score": Decimal(node.findtext("defaultgrade") or "1"),
        "explanation": words(node.findtext("generalfeedback/text") or ""),
        "audio": own or sound,
    }
    shares = [Decimal(answer.get("fraction") or "0") / 100 for answer in answers]
    if kind == "numerical":
        rows = zip(answers, shares, strict=True)
        numbers = [(Decimal(a.findtext("text")), Decimal(a.findtext("tolerance") or "0"), share) for a, share in rows]
        return {**read, "type": "numeric", "options": [], "answers": numbers}
    texts = [words(answer.findtext("text") or "") for answer in answers]
    return {
        **read,
        "type": TYPES[node.findtext("single") or "true"],
        "options": list(zip(texts, shares, strict=True)),
        "answers": [],
    }


def recordings(area: ET.Element | None) -> bytes:
    files = area.findall("file") if area is not None else []
    sounds = [base64.b64decode(file.text or "") for file in files if (file.get("name") or "").endswith(".mp3")]
    assert len(sounds) <= 1
    return sounds[0] if sounds else b""


def words(text: str) -> str:
    """Everything a person reads, furigana too, without markup and with spaces alike on both sides."""
    text = re.sub(r"<audio\b.*?</audio>", "", text, flags=re.DOTALL)
    formulas: list[str] = []

    def lift(match: re.Match[str]) -> str:
        formulas.append(html.unescape(match[0]))
        return f"\0{len(formulas) - 1}\0"

    # What looks like a tag inside a formula is none.
    text = re.sub(r"\$\$.+?\$\$|\$[^$]+\$|\\\(.+?\\\)|\\\[.+?\\\]", lift, text, flags=re.DOTALL)
    text = html.unescape(re.sub(r"</?[a-zA-Z][^<>]*>", " ", text))
    text = re.sub("\0(\\d+)\0", lambda match: formulas[int(match[1])], text)
    return "".join(text.split())


# -- what the database holds ---------------------------------------------------------------------------------------


def read_from_postgres(paper_id: str) -> list[dict[str, Any]]:
    """The published items as plain SQL finds them; recordings by their references."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT question->>'text', question->>'type', question->'options', entry.value, item.score, item.number,
                   coalesce(question->>'audio_file', grp->>'audio_file')
            FROM mock_tests_paper paper
            JOIN mock_tests_paperkey key ON key.paper_id = paper.id,
            LATERAL jsonb_array_elements(paper.content->'sections') section,
            LATERAL jsonb_array_elements(section->'question_groups') grp,
            LATERAL jsonb_array_elements(grp->'questions') question
            JOIN mock_tests_paperitem item ON item.question_id = (question->>'id')::uuid
            JOIN LATERAL jsonb_each(key.items) entry ON entry.key = question->>'id'
            WHERE paper.id = %s AND item.paper_id = paper.id
            ORDER BY item.number
            """,
            [paper_id],
        )
        rows = cursor.fetchall()
    return [stored_item(*row) for row in rows]


def stored_item(text, kind, options, entry, score, number, audio):
    options, entry = json.loads(options), json.loads(entry)
    fractions = entry["key"].get("fractions", {})
    assert set(fractions) == {option["id"] for option in options}
    assert Decimal(entry["score"]) == score
    return {
        "text": words(text),
        "type": kind,
        "score": score,
        "explanation": words(entry["explanation"]),
        "options": [(words(option["text"]), Decimal(fractions[option["id"]])) for option in options],
        "answers": [
            (Decimal(row["value"]), Decimal(row["tolerance"]), Decimal(row["fraction"]))
            for row in entry["key"].get("answers", ())
        ],
        "audio": audio,
    }


# -- the comparison ------------------------------------------------------------------------------------------------


def play(author: Api, test_id: str) -> dict[str, bytes]:
    """Every recording of a test, fetched through the links that authors get, by its reference in the paper."""
    heard: dict[str, bytes] = {}
    for path in ("question-groups", "questions"):
        for row in author.get(f"{path}/?mock_test={test_id}&page=all").json():
            if row["audio_file"]:
                link = urlsplit(row["audio_file"])
                heard[f"media:{link.path.split('/')[-2]}"] = Api().get(f"{link.path}?{link.query}").content
    return heard


def import_and_publish(author: Api, name: str, data: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    imported = author.post("mock-tests/import/", {"file": SimpleUploadedFile(name, data)}, format="multipart")
    assert imported.status_code == 201, imported.content
    published = author.post(f"mock-tests/{imported.json()['test']['id']}/publish/")
    assert published.status_code == 200, published.content
    return imported.json(), published.json()["paper"]


def read_back(author: Api, test_id: str, paper_id: str) -> list[dict[str, Any]]:
    heard = play(author, test_id)
    items = read_from_postgres(paper_id)
    return [{**item, "audio": heard[item["audio"]] if item["audio"] else b""} for item in items]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name.removesuffix(".moodle.xml"))
def test_postgres_holds_exactly_what_the_file_says(cast, path):
    author, data = Api(cast.carol), path.read_bytes()
    author.get("exam-profiles/")
    begun = time.perf_counter()
    body, paper = import_and_publish(author, path.name, data)
    took = time.perf_counter() - begun

    stored, expected = read_back(author, body["test"]["id"], paper["id"]), read_independently(path)
    assert len(stored) == len(expected) == paper["item_count"]
    for number, (held, said) in enumerate(zip(stored, expected, strict=True), 1):
        assert held == said, f"item {number}"
    assert sum(bool(said["audio"]) for said in expected) == data.count(b'.mp3" path=')

    assert body["report"]["refused"] == body["report"]["ignored"] == 0
    assert body["test"]["level"] == ("N5" if "n5" in path.name else "")
    assert Decimal(paper["max_score"]) == sum(said["score"] for said in expected)
    assert took < SECONDS_PER_PAPER


@pytest.mark.parametrize(
    ("name", "before", "after"),
    [
        ("jee-adv-2016-paper-1", b'fraction="33.3333"', b'fraction="33.3334"'),
        ("jee-adv-2016-paper-1", b"<tolerance>", b"<tolerance>1"),
        ("jee-adv-2018-paper-1", b"<defaultgrade>3<", b"<defaultgrade>2<"),
        ("jlpt-n5-paper-1", "がくせい".encode(), "かくせい".encode()),
        ("jlpt-n5-paper-1", b'encoding="base64">', b'encoding="base64">//uQ'),
    ],
)
def test_the_comparison_would_notice(cast, tmp_path, name, before, after):
    """The control: a file that differs in one place does not compare equal."""
    path = PAPERS / f"{name}.moodle.xml"
    author, data = Api(cast.carol), path.read_bytes()
    body, paper = import_and_publish(author, path.name, data)
    other = tmp_path / path.name
    other.write_bytes(data.replace(before, after, 1))
    assert other.read_bytes() != data
    stored, changed = read_back(author, body["test"]["id"], paper["id"]), read_independently(other)
    assert sum(held != said for held, said in zip(stored, changed, strict=True)) == 1
