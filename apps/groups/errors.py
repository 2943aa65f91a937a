from __future__ import annotations

from apps.core.errors import Conflict, Invalid, NotFound


class GroupNotFound(NotFound):
    code = "not_found"


class MembershipNotFound(NotFound):
    code = "not_found"


class GroupExists(Conflict):
    code = "group_exists"
    message = "A group with this name exists already."


class GroupFull(Conflict):
    code = "group_full"
    message = "The group has no place left."


class UnknownMember(Invalid):
    code = "unknown_member"
    message = "Some of these people cannot join in this role."


class AlreadyMember(Conflict):
    code = "already_member"
    message = "This person is in the group already."
