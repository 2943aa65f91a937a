from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, Invalid, NotFound, Unavailable


class TestNotFound(NotFound):
    __test__ = False
    code = "not_found"


class PaperNotFound(NotFound):
    code = "not_found"


class MediaNotFound(NotFound):
    code = "not_found"


class TestLocked(Conflict):
    __test__ = False
    code = "test_locked"
    message = "A published test cannot be changed. Unpublish or clone it first."


class TestInUse(Conflict):
    __test__ = False
    code = "test_in_use"
    message = "Exam rooms use this test; it cannot be unpublished or deleted."


class NotPublished(Conflict):
    code = "not_published"
    message = "Only a published test can be assigned."


class CannotPublish(Invalid):
    code = "cannot_publish"
    message = "The test is not complete."


class FileRefused(Invalid):
    code = "file_refused"
    message = "This file cannot be imported."


class MediaRefused(Invalid):
    code = "media_refused"
    message = "This file is not a picture or recording that can be used here."


class PartNotFound(NotFound):
    """A section, group or question."""

    code = "not_found"


class NotYours(Forbidden):
    code = "not_yours"
    message = "Only the author of a test and the center's administrators change it."


class BadContent(Invalid):
    code = "invalid"


class FileTooLarge(Invalid):
    code = "file_too_large"
    message = "The file is too large."


class LinkExpired(Forbidden):
    code = "link_expired"
    message = "This link has expired; load the page that shows it again."


class MediaUnavailable(Unavailable):
    code = "media_unavailable"
    message = "The file cannot be loaded at the moment; please try again."
