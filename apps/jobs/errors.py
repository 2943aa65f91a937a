from __future__ import annotations

from apps.core.errors import Conflict, Forbidden, NotFound


class JobNotFound(NotFound):
    code = "not_found"


class FileExpired(Conflict):
    code = "file_expired"
    message = "This file is not kept any more."


class UnknownWork(Conflict):
    code = "unknown_work"
    message = "This version of the program does not know this kind of work."


class CannotCancel(Conflict):
    code = "cannot_cancel"
    message = "Work of this kind cannot be stopped in the middle."


class TaskOver(Conflict):
    code = "task_over"
    message = "This task is over already."


class LinkExpired(Forbidden):
    code = "link_expired"
    message = "This link has expired; ask for the task again to get a new one."
