"""Editing what nobody has changed meanwhile: a revision goes out as ``ETag`` and comes back as ``If-Match``."""

from __future__ import annotations

import re
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework.response import Response
from rest_framework.serializers import ValidationError

from api.common.requests import Request

IF_MATCH = OpenApiParameter(
    "If-Match",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="The `revision` that is being changed, as the `ETag` gave it. If it is not the present one, nothing is "
    "changed and the answer is 409 `edited_meanwhile`. Absent or `*`: whatever there is.",
)
_TAG = re.compile(r'(?:W/)?(?:"([0-9]{1,9})"|([0-9]{1,9}))')


def expected(request: Request) -> int | None:
    """The revision that the caller has seen, if they say so."""
    given = request.headers.get("If-Match", "").strip()
    if given in ("", "*"):
        return None
    found = _TAG.fullmatch(given)
    if found is None:
        raise ValidationError(
            {"If-Match": ['This is no revision: write it as "3", with the quotes.']}, code="bad_revision"
        )
    return int(found[1] or found[2])


def tagged(response: Response, row: Any) -> Response:
    """The response, with the revision of what it shows."""
    response["ETag"] = f'"{row.revision}"'
    return response
