"""What takers may see of papers, remembered where it is needed: in this process, and in Redis for all of them. Papers never
change, so what is remembered is never stale; without Redis each process asks the database once."""

from __future__ import annotations

import json
import logging
import threading
import uuid
import zlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from django.core.cache import cache

from apps.core import tenancy
from apps.mock_tests.errors import PaperNotFound
from apps.mock_tests.models import Paper
from apps.mock_tests.rules.papers import rendering
from apps.mock_tests.rules.texts import richtext

log = logging.getLogger(__name__)

PAPERS_PER_PROCESS = 64
SHARED_SECONDS = 24 * 60 * 60
MOST_SHARED_BYTES = 4 * 2**20
Content = dict[str, Any]
Key = tuple[uuid.UUID, uuid.UUID]


class Shelf:
    """The contents that were asked for last. Of many who ask for the same one at once, one fetches it."""

    def __init__(self, places: int) -> None:
        self._places = places
        self._held: OrderedDict[Key, Content] = OrderedDict()
        self._fetching: dict[Key, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Key, fetch: Callable[[], Content]) -> Content:
        """What is held under the key, or else what ``fetch`` gives, which is held from then on."""
        with self._lock:
            if key in self._held:
                self._held.move_to_end(key)
                return self._held[key]
            turn = self._fetching.setdefault(key, threading.Lock())
        with turn:
            with self._lock:
                if key in self._held:
                    return self._held[key]
            try:
                content = fetch()
                with self._lock:
                    self._held[key] = content
                    while len(self._held) > self._places:
                        self._held.popitem(last=False)
            finally:
                with self._lock:
                    self._fetching.pop(key, None)
        return content

    def forget(self) -> None:
        """Hold nothing."""
        with self._lock:
            self._held.clear()


shelf = Shelf(PAPERS_PER_PROCESS)


def content_of(paper_id: uuid.UUID) -> Content:
    """The content of a paper of this center, its texts under the rules of today, not to be written to; refuses others."""
    return shelf.get((tenancy.current().id, paper_id), lambda: _shared(paper_id))


def _shared(paper_id: uuid.UUID) -> Content:
    """From Redis, or else from the database, and then in Redis too."""
    packed = cache.get(name_of(paper_id))
    if packed is not None:
        try:
            found: Content = json.loads(zlib.decompress(packed))
        except (TypeError, ValueError, zlib.error):
            log.warning("What the cache holds of paper %s cannot be read.", paper_id)
        else:
            return found
    return share(paper_id, stored(paper_id))


def share(paper_id: uuid.UUID, content: Content) -> Content:
    """Let all processes find the content of a paper in Redis, its texts under the rules of today; also of one that is not
    committed yet, for nobody knows its id. Returns what they find."""
    cleaned = rendering.cleaned(content)
    packed = zlib.compress(json.dumps(cleaned, separators=(",", ":")).encode(), level=1)
    if len(packed) <= MOST_SHARED_BYTES:
        cache.set(name_of(paper_id), packed, SHARED_SECONDS)
    return cleaned


def name_of(paper_id: uuid.UUID) -> str:
    """Another one under other rules for texts, so that processes of two versions of the product share nothing."""
    return f"paper:{richtext.POLICY_VERSION}:{paper_id}"


def stored(paper_id: uuid.UUID) -> Content:
    """The content as the database holds it."""
    content: Content | None = Paper.objects.filter(pk=paper_id).values_list("content", flat=True).first()
    if content is None:
        raise PaperNotFound
    return content
