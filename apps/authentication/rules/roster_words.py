"""What columns, roles and languages are called in the lists that centers keep: in English, Japanese, Uzbek and Russian."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Final

EMAIL, FIRST, LAST, NAME, ROLE, GROUPS, LANGUAGE, PHONE = (
    "email",
    "first_name",
    "last_name",
    "full_name",
    "role",
    "groups",
    "language",
    "phone",
)
COLUMNS: Final = (EMAIL, FIRST, LAST, ROLE, GROUPS, LANGUAGE, PHONE)
"""As the template has them. ``full_name`` is understood too: the last word is the first name where it is Japanese."""

_HEADERS: Mapping[str, str] = {
    EMAIL: "email,e-mail,mail,email address,メール,メールアドレス,eメール,elektron pochta,pochta,elektron manzil,"
    "электронная почта,почта,эл почта,имейл,емейл,адрес электронной почты",
    FIRST: "first name,given name,forename,firstname,名,名前,ism,ismi,имя",
    LAST: "last name,surname,family name,lastname,姓,苗字,名字,familiya,familiyasi,фамилия",
    NAME: "name,full name,student name,氏名,f i sh,fio,f i o,toliq ism,фио,полное имя,имя и фамилия,фамилия имя",
    ROLE: "role,役割,ロール,権限,rol,roli,lavozim,роль,должность",
    GROUPS: "groups,group,class,classes,クラス,組,グループ,guruh,guruhlar,guruhi,sinf,группа,группы,класс",
    LANGUAGE: "language,locale,lang,言語,til,tili,язык",
    PHONE: "phone,phone number,telephone,mobile,tel,電話,電話番号,携帯,telefon,telefon raqami,телефон,номер телефона",
}
_ROLES: Mapping[str, str] = {
    "STUDENT": "student,learner,pupil,生徒,学生,受講者,受験者,oquvchi,talaba,ученик,студент,учащийся",
    "TEACHER": "teacher,instructor,tutor,先生,教師,講師,教員,oqituvchi,ustoz,учитель,преподаватель,педагог",
    "GUEST": "guest,visitor,ゲスト,体験,mehmon,гость",
}
_LANGUAGES: Mapping[str, str] = {
    "en": "en,english,英語,ingliz,inglizcha,английский,английский язык",
    "ja": "ja,jp,japanese,日本語,yapon,yaponcha,японский,японский язык",
    "uz": "uz,uzbek,oʻzbek,ozbek,ozbekcha,ウズベク語,узбекский,узбекский язык",
    "ru": "ru,russian,ロシア語,rus,ruscha,русский,русский язык",
}
_MARKS = re.compile(r"[\s_\-./:*'`´ʻʼ‘’]+")


def plain(word: str) -> str:
    """A word without what people write in different ways: width, case, apostrophes, spaces, points and hyphens."""
    return _MARKS.sub("", unicodedata.normalize("NFKC", word).casefold()).strip()


def _turned(table: Mapping[str, str]) -> dict[str, str]:
    return {plain(word): meant for meant, words in table.items() for word in (meant, *words.split(","))}


_HEADER_OF, _ROLE_OF, _LANGUAGE_OF = _turned(_HEADERS), _turned(_ROLES), _turned(_LANGUAGES)


def header_of(word: str) -> str:
    """The column that is meant, or nothing."""
    return _HEADER_OF.get(plain(word), "")


def role_of(word: str) -> str:
    """The role that is meant, or nothing. Admins are not made by a list."""
    return _ROLE_OF.get(plain(word), "")


def language_of(word: str) -> str:
    """The language that is meant, or nothing."""
    return _LANGUAGE_OF.get(plain(word), "")


def known_headers() -> dict[str, tuple[str, ...]]:
    """Each column of the template with the words that are understood for it."""
    return {column: tuple(_HEADERS[column].split(",")) for column in COLUMNS}
