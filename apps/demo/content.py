"""Who lives in the demo, and what they find there."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from apps.centers.rules import names

PASSWORD = "shiken-demo"  # noqa: S105 - printed on the start screen; exists in development only
OWNER = "owner@shiken.test"
CENTERS = {"sakura": "Sakura Japanese Academy", "fuji": "Fuji Test Center"}

FOLDER = Path(__file__).resolve().parents[1] / "mock_tests" / "demo"
MOCK_TEST_FILE = FOLDER / "n5-sakura.moodle.xml"
MOCK_TEST_TITLE = "N5 mock test: Sakura"
QUIZ_FILE = FOLDER / "quiz-kana.moodle.xml"
GROUP = "N5 evening class"

STUDENTS = (
    "Aziza Karimova|Bekzod Rahimov|Chiara Rossi|Daniel Weber|Elena Petrova|Farrukh Aliev|Grace Kim|Hassan Iqbal|"
    "Ines Moreau|Jamshid Nazarov|Kamala Devi|Lucas Silva|Malika Yusupova|Nikhil Sharma|Oksana Kovalenko|Pavel Novak|"
    "Qodir Tursunov|Rani Patel|Sofia Garcia|Timur Akhmedov|Umida Saidova|Viktor Larsen|Wen Zhang|Xenia Popova|"
    "Yusuf Demir|Zarina Ismailova|Arjun Nair|Bianca Costa|Cem Aydin|Dilnoza Ergasheva"
).split("|")


def teacher_email(slug: str) -> str:
    return f"teacher@{slug}.test"


def host(slug: str) -> str:
    """Where a demo center is found."""
    return names.host_for(slug, settings.SHIKEN_CENTER_DOMAIN)
