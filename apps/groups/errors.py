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


class NotInGroup(Invalid):
    code = "not_in_group"
    message = "This person is not in the group that they should leave."


class SameGroup(Invalid):
    code = "same_group"
    message = "People are moved to another group."


class TooFewPlaces(Invalid):
    code = "too_few_places"
    message = "A group has at least as many places as students."


class GroupArchived(Conflict):
    code = "group_archived"
    message = "The group is archived: no student joins before it is taken up again."
