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


class QuizNotActive(Conflict):
    code = "quiz_not_active"
    message = "This quiz is not active; nobody can be given it."


class CannotPublish(Invalid):
    code = "cannot_publish"
    message = "The test is not complete."


class FileRefused(Invalid):
    code = "file_refused"
    message = "This file cannot be imported."


class NothingToExport(Invalid):
    code = "nothing_to_export"
    message = "There is no question that could be exported."


class NotStaff(Forbidden):
    code = "not_staff"
    message = "Only teachers and administrators import questions."


class UploadGone(Conflict):
    code = "upload_gone"
    message = "The file that was to be imported is not kept any more; send it again."


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


class TopicNotFound(NotFound):
    code = "not_found"


class TopicInUse(Conflict):
    code = "topic_in_use"
    message = "There are topics or questions under this topic; move them first."


class BankQuestionNotFound(NotFound):
    """A question of the bank, or one of its versions."""

    code = "not_found"


class NotYourQuestion(NotYours):
    message = "Only the author of a question and the center's administrators change it."


class NotYourTopic(NotYours):
    message = "Only the author of a topic and the center's administrators change it."


class QuestionRetired(Conflict):
    code = "question_retired"
    message = "A retired question cannot be changed. Reopen it first."


class ReviewIsOff(Conflict):
    code = "review_off"
    message = "This center does not review questions; they can be used at once."


class WrongState(Conflict):
    code = "wrong_state"
    message = "The question is not in a state that allows this."


class OwnApproval(Forbidden):
    code = "own_approval"
    message = "This center demands four eyes: somebody else has to approve what you wrote."


class ProfileNotFound(NotFound):
    code = "not_found"


class ProfileFixed(Conflict):
    """A shipped profile, or an edition that has a successor or is retired."""

    code = "profile_fixed"
    message = "This profile stays as it is: copy it, or change its newest edition."


class EditedMeanwhile(Conflict):
    code = "edited_meanwhile"
    message = "Somebody has changed this in the meantime. Load it again before you change it."


class BlueprintNotFound(NotFound):
    code = "not_found"


class BankTooSmall(Invalid):
    code = "bank_too_small"
    message = "The bank does not have enough questions for this blueprint."


class MediaInUse(Conflict):
    code = "media_in_use"
    message = "This file is shown or played somewhere: in a question, a paper or the bank."
