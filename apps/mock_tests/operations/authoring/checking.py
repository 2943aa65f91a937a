"""What authors send: HTML cleaned, files that the center has, and fields that are theirs to change."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from django.db.models import Model

from apps.core.errors import Problem
from apps.mock_tests import queries
from apps.mock_tests.errors import BadContent
from apps.mock_tests.rules.texts import richtext
from apps.mock_tests.rules.types import fields as own_fields
from apps.mock_tests.rules.types.base import Gap, Given, ItemType, Option, Prompt

Changes = Mapping[str, Any]

HTML_FIELDS = frozenset({"instruction", "reading_text", "text", "explanation"})
MEDIA_FIELDS = frozenset({"image_id", "audio_id"})


def checked(*, changes: Changes) -> dict[str, Any]:
    """Clean HTML, and refuse pictures and recordings that the center does not have."""
    clean: dict[str, Any] = dict(changes)
    for name in HTML_FIELDS & clean.keys():
        clean[name] = richtext.clean_html(clean[name])
    if "given" in clean:
        clean["given"] = _clean_given(clean["given"])
    refuse_unknown_media(references=_references(clean))
    return clean


def refuse_unknown_media(*, references: Iterable[tuple[str, uuid.UUID | None]]) -> None:
    """Refuse files that the center does not have, by the places that name them."""
    wanted = dict(references)
    known = queries.known_media(media_ids=(media for media in wanted.values() if media))
    unknown = [place for place, media in wanted.items() if media not in known]
    if unknown:
        detail = "The center has no such picture or recording."
        raise BadContent(problems=[Problem(place, "unknown_media", detail) for place in unknown])


def _clean_given(given: Given) -> Given:
    """Everything that is shown as HTML cleaned, without options that the author left blank."""
    html = richtext.clean_html
    truth = given.truth
    return replace(
        given,
        options=_clean_options(given.options),
        texts=tuple(replace(text, feedback=html(text.feedback)) for text in given.texts),
        truth=truth
        and replace(truth, feedback_true=html(truth.feedback_true), feedback_false=html(truth.feedback_false)),
        prompts=tuple(replace(prompt, text=html(prompt.text)) for prompt in given.prompts),
        gaps=tuple(_clean_gap(gap) for gap in given.gaps),
    )


def _clean_gap(gap: Gap) -> Gap:
    texts = tuple(replace(text, feedback=richtext.clean_html(text.feedback)) for text in gap.texts)
    return replace(gap, options=_clean_options(gap.options), texts=texts)


def _clean_options(options: Iterable[Option]) -> tuple[Option, ...]:
    cleaned = (
        replace(option, text=richtext.clean_html(option.text), feedback=richtext.clean_html(option.feedback))
        for option in options
    )
    return tuple(option for option in cleaned if not _is_blank(option))


def _is_blank(option: Option) -> bool:
    return not (option.text or option.image or option.fraction)


def _references(clean: Changes) -> Iterable[tuple[str, uuid.UUID | None]]:
    """Every place that shows or plays a file, with the id of the file; ``None`` for what cannot be an id."""
    for name, value in clean.items():
        if name in MEDIA_FIELDS and value is not None:
            yield f"/{name.removesuffix('_id')}", value
        elif name in HTML_FIELDS:
            yield from _in_text(f"/{name}", value)
    if "given" in clean:
        yield from _in_given(clean["given"])


def _in_given(given: Given) -> Iterable[tuple[str, uuid.UUID | None]]:
    yield from _in_things("/options", given.options)
    yield from _in_things("/prompts", given.prompts)
    for position, text in enumerate(given.texts):
        yield from _in_text(f"/texts/{position}/feedback", text.feedback)
    if given.truth:
        yield from _in_text("/truth/feedback_true", given.truth.feedback_true)
        yield from _in_text("/truth/feedback_false", given.truth.feedback_false)
    for position, gap in enumerate(given.gaps):
        yield from _in_things(f"/gaps/{position}/options", gap.options)
        for number, text in enumerate(gap.texts):
            yield from _in_text(f"/gaps/{position}/texts/{number}/feedback", text.feedback)


def media_in_own(*, item_type: ItemType, given: Given) -> Iterable[tuple[str, uuid.UUID | None]]:
    """The files that the fields of one type alone show, with their places."""
    for place, text in own_fields.html_in(item_type.fields, given.own):
        yield from _in_text(place, text)


def _in_things(place: str, things: Iterable[Option | Prompt]) -> Iterable[tuple[str, uuid.UUID | None]]:
    for position, thing in enumerate(things):
        if thing.image:
            yield f"{place}/{position}/image", thing.image
        yield from _in_text(f"{place}/{position}/text", thing.text)
        if isinstance(thing, Option):
            yield from _in_text(f"{place}/{position}/feedback", thing.feedback)


def _in_text(place: str, text: str) -> Iterable[tuple[str, uuid.UUID | None]]:
    for number, name in enumerate(richtext.media_names(text)):
        try:
            yield f"{place}/{number}", uuid.UUID(name)
        except ValueError:
            yield f"{place}/{number}", None


def set_fields(*, row: Model, changes: Changes, fields: frozenset[str]) -> None:
    """Set what is named in changes; the caller names no field that authors do not change."""
    foreign = changes.keys() - fields
    if foreign:
        raise TypeError(f"{type(row).__name__} has no fields {sorted(foreign)} that authors change.")
    for name, value in changes.items():
        setattr(row, name, value)
