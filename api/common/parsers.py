"""Bodies in JSON, read strictly: what no answer and no database could hold is refused before anything looks at it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import IO, Any, Never

from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser

_HALF_OF_A_PAIR = re.compile(r"\\u[dD][89a-fA-F]")


def _refuse_constant(name: str) -> Never:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


_decode = json.JSONDecoder(parse_constant=_refuse_constant, parse_float=_finite).decode


def read_json(raw: bytes) -> Any:
    """Refuses with ``ValueError`` what is not UTF-8 or not JSON, nested too deeply, a number beyond all measure, or half a
    character (a surrogate without its other half, which can be read but not written again)."""
    text = raw.decode()
    try:
        body = _decode(text)
        if _HALF_OF_A_PAIR.search(text):
            json.dumps(body, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("Nested too deeply.") from None
    return body


class StrictJSONParser(JSONParser):
    """For every view."""

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return read_json(stream.read())
        except ValueError as error:
            raise ParseError from error
