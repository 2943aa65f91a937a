"""The budget of answers per person in this process: asked before anything else is done with a batch, in memory alone."""

from __future__ import annotations

from collections import OrderedDict
from time import monotonic

from django.conf import settings

from apps.attempts.rules.budget import Bucket

MOST_PEOPLE = 50_000

_buckets: OrderedDict[tuple[str, str], Bucket] = OrderedDict()


def take(*, schema_name: str, student_id: str, count: int) -> bool:
    """Whether this person may send so many answers now; if so, they are used up."""
    place = schema_name, student_id
    now = monotonic()
    most: float = settings.SHIKEN_ANSWER_STORE
    bucket = _buckets.get(place)
    if bucket is None:
        bucket = _buckets[place] = Bucket(most, now)
        while len(_buckets) > MOST_PEOPLE:
            _buckets.popitem(last=False)
    return bucket.take(count, at=now, rate=settings.SHIKEN_ANSWER_RATE, most=most)
