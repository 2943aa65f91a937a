"""The columns of a table of questions, and what people call them in English, Japanese, Uzbek and Russian."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from apps.mock_tests.rules.types.choices import MOST_OPTIONS

LETTERS: Final = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ") + tuple(f"A{letter}" for letter in "ABCDEFGHIJKLMNOPQRSTUVWX")
"""Names of options, as many as there may be."""
assert len(LETTERS) == MOST_OPTIONS

OPTION, FEEDBACK, PROMPT, GAP = "option", "feedback", "prompt", "gap"
NUMBERED: Final = (OPTION, PROMPT, GAP, FEEDBACK)
"""Columns of which there are several."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as the template has it; ``others`` are further names, ``meaning`` is for people."""

    name: str
    meaning: str
    others: str = ""
    width: int = 14


COLUMNS: Final = (
    Column("test", "Title of the test; the first one counts.", "test title,exam,試験,試験名,テスト名,тест"),
    Column("level", "N1 to N5, for the JLPT.", "jlpt,jlpt level,級,レベル", 8),
    Column(
        "section",
        "Name of the section; empty: as in the row above.",
        "section name,part,科目,セクション,部,bolim,раздел,секция",
        20,
    ),
    Column("section_type", "VOCAB, GRAMMAR_READING, LISTENING, FULL_WRITTEN or GENERAL; empty: by the name.", "", 16),
    Column(
        "group",
        "Questions with the same word here stand under one instruction and passage; empty: as in the row above.",
        "group no,mondai,大問,問題グループ,guruh,группа",
        8,
    ),
    Column("group_title", "Heading of the group.", "group name,大問名", 20),
    Column(
        "instruction", "What to do, for the whole group.", "instructions,directions,指示,指示文,korsatma,инструкция", 30
    ),
    Column(
        "passage", "Text to read, for the whole group.", "reading text,reading,stimulus,本文,文章,読解文,matn,текст", 40
    ),
    Column("group_image", "Picture of the group: a file of the zip.", "passage image,group picture,大問画像"),
    Column("group_audio", "Recording of the group: a file of the zip.", "passage audio,大問音声"),
    Column(
        "type",
        "Name of the type; empty: by what the other columns hold.",
        "question type,kind,種類,形式,問題形式,タイプ,turi,тип,тип вопроса",
        18,
    ),
    Column(
        "title",
        "Short name of the question, for authors.",
        "name,question name,question title,題名,タイトル,nomi,название",
        18,
    ),
    Column(
        "text",
        "The question. Text, or HTML; [[1]], [[2]] are gaps; $...$ is TeX.",
        "question,question text,stem,prompt,問題,問題文,設問,質問,savol,savol matni,вопрос,текст вопроса",
        50,
    ),
    Column(
        "key",
        "What is right: letters of options (A, C), a number, accepted texts with semicolons, TRUE or FALSE.",
        "answer,answers,correct,correct answer,correct answers,right answer,answer key,correct option,solution key"
        ",正解,正答,解答,答え,答,javob,togri javob,ответ,правильный ответ,верный ответ",
        18,
    ),
    Column(
        "marks",
        "Marks for a full answer; empty: 1.",
        "mark,score,points,point,default grade,配点,点数,点,ball,балл,баллы",
        8,
    ),
    Column(
        "tolerance", "By how much a number may be off.", "accepted error,error,許容誤差,誤差,погрешность,допуск", 10
    ),
    Column("policy", "Way of marking, where a type has several.", "marking,採点方法", 14),
    Column("limits", "Length of an essay: 100-200 words, 400 characters.", "length,字数,文字数,words"),
    Column("star", "Of an ordering that is marked by its star: the place of the star.", "★,星", 8),
    Column("case", "Whether the case of typed texts matters: yes or no.", "case sensitive,大文字小文字,регистр", 8),
    Column(
        "shuffle",
        "Whether options may be shown in another order: yes or no.",
        "shuffle options,shuffle answers,シャッフル",
        8,
    ),
    Column(
        "explanation",
        "Shown with the result.",
        "rationale,general feedback,solution,解説,説明,izoh,объяснение,пояснение",
        40,
    ),
    Column("topic", "Subject of the question.", "category,subject,分野,トピック,単元,mavzu,тема"),
    Column("tags", "Words to find it by, with semicolons.", "tag,labels,keywords,タグ,キーワード,teglar,теги"),
    Column(
        "difficulty", "EASY, MEDIUM or HARD; kept in the bank.", "difficulty level,難易度,難度,qiyinlik,сложность", 10
    ),
    Column(
        "image",
        "Picture of the question: a file of the zip.",
        "picture,figure,images,画像,図,写真,rasm,картинка,изображение",
    ),
    Column(
        "audio",
        "Recording of the question: a file of the zip.",
        "sound,recording,音声,聴解音声,音声ファイル,audio file,аудио",
    ),
)

_IGNORED: Final = frozenset({"no", "number", "id", "番号", "番", "", "row", "順番", "н", "nomer", "номер"})
_SEVERAL: Final = {
    OPTION: (
        "option",
        "choice",
        "opt",
        "選択肢",
        "選択",
        "肢",
        "variant",
        "вариант",
        "вариант ответа",
        "answer option",
        "answer",
    ),
    FEEDBACK: ("feedback", "option feedback", "コメント"),
    PROMPT: ("prompt", "left", "pair"),
    GAP: ("gap", "blank", "空欄", "穴"),
}
_EXPLAINED: Final = re.compile(r"[(（:：]| - ")
_NOT_A_WORD: Final = re.compile(r"[\W_]+")


def folded(text: str) -> str:
    """Words for comparison: without widths, case, signs and space."""
    return _NOT_A_WORD.sub("", unicodedata.normalize("NFKC", text).casefold())


def numbered(kind: str, place: int) -> str:
    """The name of a column of which there are several; options are called by their letters."""
    return LETTERS[place] if kind == OPTION else f"{kind}_{LETTERS[place] if kind == FEEDBACK else place + 1}"


@cache
def _names() -> Mapping[str, str]:
    names: dict[str, str] = {}
    for kind in NUMBERED:
        for place in range(MOST_OPTIONS):
            for word in _SEVERAL[kind]:
                names[folded(f"{word}{place + 1}")] = numbered(kind, place)
                names[folded(f"{word}{LETTERS[place]}")] = numbered(kind, place)
    for place, letter in enumerate(LETTERS):
        names[folded(letter)] = names[str(place + 1)] = numbered(OPTION, place)
    # "Answers" is a key, not the answer S.
    names |= {folded(word): column.name for column in COLUMNS for word in (column.name, *column.others.split(","))}
    names.pop("", None)
    return names


def column_of(header: str) -> str | None:
    """The column that a header names, an empty string for one that says nothing, none for one that is not known."""
    if header.strip() == "★":
        return "star"
    # Some explain their headers: "Question (needed)", "Answer 1 - max 75 characters".
    for text in (header, _EXPLAINED.split(header)[0]):
        word = folded(text)
        if word in _IGNORED or word in _names():
            return _names().get(word, "")
    return None


def known_in(headers: Sequence[str]) -> set[str]:
    """The columns that a row of headers would name."""
    return {name for header in headers if (name := column_of(header))}


def is_header(headers: Sequence[str]) -> bool:
    """Whether a row names the columns of a table of questions."""
    known = known_in(headers)
    return "text" in known and len(known) >= 2
