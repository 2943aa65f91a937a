"""Builds the demo paper `n5-sakura.moodle.xml` from its source `n5_sakura.json`.

    python -m apps.mock_tests.demo.build_n5

needs `espeak-ng` and `ffmpeg`; nothing else in the product does. In the source, `{漢字|かな}` is furigana and a script is
a list of lines "speaker: words" in kana. A speaker with a number (`F2`) speaks the option of that number, and such an
item prints only the numbers.
"""

from __future__ import annotations

import html
import io
import json
import re
import subprocess
import wave
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from apps.mock_tests.rules.exchange.draft import (
    DraftFile,
    DraftGroup,
    DraftOption,
    DraftQuestion,
    DraftSection,
    DraftTest,
)
from apps.mock_tests.rules.exchange.moodle.writing import write_moodle_xml
from apps.mock_tests.rules.exchange.sections import section_type
from apps.mock_tests.rules.texts import richtext

HERE: Final = Path(__file__).parent
SOURCE: Final = HERE / "n5_sakura.json"
PAPER: Final = HERE / "n5-sakura.moodle.xml"

FRAME_RATE: Final = 22_050
VOICES: Final = {"N": ("ja+f4", 45), "F": ("ja+f2", 70), "M": ("ja+m3", 35)}
SPEAKERS: Final = {"N": "", "F": "女：", "M": "男："}
NUMBERS: Final = {"1": "いち。", "2": "に。", "3": "さん。"}
WORDS_PER_MINUTE: Final = 140
PAUSE_SECONDS: Final = 0.6

Speak = Callable[[list[str]], bytes]


def draft_from_source(speak: Speak) -> DraftTest:
    """Return the paper as a draft; `speak` turns a script into an MP3."""
    source = json.loads(SOURCE.read_text(encoding="utf-8"))
    return DraftTest(
        title=source["title"],
        level="N5",
        sections=tuple(
            DraftSection(
                name=section["name"],
                section_type=section_type(section["name"]),
                groups=tuple(_groups(section["parts"], speak)),
            )
            for section in source["sections"]
        ),
    )


def speak_mp3(script: list[str]) -> bytes:
    """Return a script, spoken line by line, as a small mono MP3."""
    silence = bytes(2 * int(FRAME_RATE * PAUSE_SECONDS))
    frames = b"".join(_frames(speaker, words) + silence for speaker, words in _spoken_lines(script))
    recording = io.BytesIO()
    with wave.open(recording, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(FRAME_RATE)
        sound.writeframes(frames)
    options = "-hide_banner -loglevel error -f wav -i pipe:0 -map_metadata -1 -write_xing 0 -id3v2_version 0"
    return _run(["ffmpeg", *options.split(), "-b:a", "24k", "-f", "mp3", "pipe:1"], recording.getvalue())


def with_furigana(text: str) -> str:
    """Return the text of the source as HTML."""
    return richtext.clean_html(re.sub(r"\{([^|}]+)\|([^}]+)\}", r"<ruby>\1<rt>\2</rt></ruby>", text))


def as_pronounced(words: str) -> str:
    """Write particles and long vowels as they sound, since the synthesiser reads kana letter by letter."""
    words = re.sub(r"へは(?=[\s、。？]|$)", "えわ", words)
    words = re.sub(r"は(?=[\s、。？]|$)", "わ", words)
    words = re.sub(r"へ(?=[\s、。？]|$)", "え", words)
    words = re.sub(r"(?<=[おこそとのほもよろごぞどぼぽょ])う", "ー", words)
    return words.replace("を", "お")


def _groups(parts: list[dict[str, Any]], speak: Speak) -> Iterator[DraftGroup]:
    asked: dict[str, int] = {}
    for part in parts:
        topic = part["topic"]
        first = asked.get(topic, 0) + 1
        asked[topic] = asked.get(topic, 0) + len(part["items"])
        yield DraftGroup(
            title=part["title"],
            instruction=with_furigana(part.get("instruction", "")),
            reading_text=with_furigana(part.get("passage", "")),
            questions=tuple(
                _question(topic, number, item, speak) for number, item in enumerate(part["items"], start=first)
            ),
        )


def _question(topic: str, number: int, item: dict[str, Any], speak: Speak) -> DraftQuestion:
    script: list[str] = item.get("script", [])
    options: list[str] = item.get("options", list(NUMBERS))
    name = f"{topic} {number}"
    file = f"{name.lower().replace(' ', '-')}.mp3"
    return DraftQuestion(
        type="single_choice",
        name=name,
        text=with_furigana(item.get("stem", f"{number}ばん")),
        options=tuple(
            DraftOption(with_furigana(text), Decimal(int(place == item["key"])))
            for place, text in enumerate(options, start=1)
        ),
        explanation=_explanation(item["why"], script),
        tags=("N5", topic),
        topic=topic,
        files=(DraftFile(file, speak(script), "audio/mpeg", "audio"),) if script else (),
    )


def _explanation(why: str, script: list[str]) -> str:
    lines = "<br>".join(_printed_line(*line.split(": ", 1)) for line in script)
    return with_furigana(f"<p>{html.escape(why, quote=False)}</p>" + (f"<p>{lines}</p>" if lines else ""))


def _printed_line(speaker: str, words: str) -> str:
    return f"{speaker[1:]}　{words}" if speaker[1:] else SPEAKERS[speaker] + words


def _spoken_lines(script: list[str]) -> Iterator[tuple[str, str]]:
    for line in script:
        speaker, words = line.split(": ", 1)
        if number := speaker[1:]:
            yield "N", NUMBERS[number]
        yield speaker[0], words


def _frames(speaker: str, words: str) -> bytes:
    voice, pitch = VOICES[speaker]
    command = ["espeak-ng", "-v", voice, "-p", str(pitch), "-s", str(WORDS_PER_MINUTE), "--stdin", "--stdout"]
    spoken = _run(command, as_pronounced(words).encode())
    # A WAV on a pipe declares no true length, so everything after the 44 bytes of its header is sound.
    return spoken[44:]


def _run(command: list[str], data: bytes) -> bytes:
    return subprocess.run(command, input=data, capture_output=True, check=True).stdout  # noqa: S603


if __name__ == "__main__":
    PAPER.write_bytes(write_moodle_xml(draft_from_source(speak_mp3))[0])
