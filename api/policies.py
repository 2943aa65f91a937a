"""Who may do what: one table, from which the permission check, the OpenAPI document and ``docs/permissions.md`` are made.

To serve an operation, write its row here and name the resource on the view (``resource = "groups"``). The action is what
DRF calls it: the method of a view set (``list``, ``members``, ``bulk_add``), or the HTTP method of a plain view
(``get``, ``post``). A row says for each role what it reaches; a role that is not named is refused with 403, an object out
of reach with the 404 of an object that does not exist. ``when`` tells side conditions in words. Views without a row are
refused to everybody; ``manage.py check`` names them, and rows that nobody serves.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

OWNER, CENTER_ADMIN, TEACHER, STUDENT, GUEST = "OWNER", "CENTER_ADMIN", "TEACHER", "STUDENT", "GUEST"
EVERYBODY = "ANYBODY"


class Reach(StrEnum):
    """The objects that a role reaches with an operation. ``tests/api/matrix`` knows for each who is inside."""

    YES = "yes"
    """There is no object, or the operation makes one."""
    ALL = "all"
    OWN = "their own"
    WRITTEN = "what they wrote"
    TAUGHT = "groups that they teach"
    STUDENTS = "students of groups that they teach"
    ROOMS = "rooms for groups that they teach, and rooms that they made"
    JOINED = "groups that they are in"
    ASSIGNED = "what is assigned to them, through a group or by name"
    HOSTED = "quizzes that they host"
    PLAYED = "quizzes that they have joined"
    NAMED = "what is assigned to them by name"
    NOTHING = "nothing"
    """Lists are empty, and every id is unknown."""
    HOLDERS = "whoever holds the link or code"


class Hosts(StrEnum):
    """Where an operation is served."""

    CENTER = "center"
    MAIN = "main"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Rule:
    """One row: what each role reaches, on which hosts, and what else must be so."""

    grants: Mapping[str, Reach]
    hosts: Hosts
    when: str

    @property
    def roles(self) -> frozenset[str]:
        """Who may call the operation; ``{"ANYBODY"}`` for strangers too."""
        return frozenset(self.grants)

    def is_served_at(self, *, is_main: bool) -> bool:
        """Whether the main host, or else a center's, serves the operation."""
        return bool(self.grants) and self.hosts in (Hosts.BOTH, Hosts.MAIN if is_main else Hosts.CENTER)


NOBODY = Rule(MappingProxyType({}), Hosts.BOTH, "")

_WHO: Mapping[str, tuple[str, ...]] = {
    "anybody": (EVERYBODY,),
    "signed_in": (OWNER, CENTER_ADMIN, TEACHER, STUDENT, GUEST),
    "members": (CENTER_ADMIN, TEACHER, STUDENT, GUEST),
    "staff": (CENTER_ADMIN, TEACHER),
    "takers": (STUDENT, GUEST),
    "owner": (OWNER,),
    "admin": (CENTER_ADMIN,),
    "teacher": (TEACHER,),
    "student": (STUDENT,),
    "guest": (GUEST,),
}
"""The words of a row, the wider before the narrower: ``members=OWN, admin=ALL`` gives admins all."""


def may(*, on: Hosts = Hosts.CENTER, when: str = "", **who: Reach) -> Rule:
    """A row of the table. A word that is no group of people stops the start."""
    if unknown := who.keys() - _WHO.keys():
        raise ValueError(f"These are no people: {sorted(unknown)}")
    grants = {role: who[word] for word, roles in _WHO.items() if word in who for role in roles}
    return Rule(MappingProxyType(grants), on, when)


YES, ALL, OWN, WRITTEN, TAUGHT, STUDENTS = (
    Reach.YES,
    Reach.ALL,
    Reach.OWN,
    Reach.WRITTEN,
    Reach.TAUGHT,
    Reach.STUDENTS,
)
HOSTED, PLAYED = Reach.HOSTED, Reach.PLAYED
ROOMS, JOINED, ASSIGNED, NAMED, NOTHING, HOLDERS = (
    Reach.ROOMS,
    Reach.JOINED,
    Reach.ASSIGNED,
    Reach.NAMED,
    Reach.NOTHING,
    Reach.HOLDERS,
)
CENTER, MAIN, BOTH = Hosts.CENTER, Hosts.MAIN, Hosts.BOTH

_READ_TESTS = "teachers see the tests of their colleagues, keys included, to copy and to assign them"
_WRITE_TESTS = "drafts only; a colleague's test is refused with 403 `not_yours`"
_WRITE = may(admin=ALL, teacher=WRITTEN, when=_WRITE_TESTS)
_READ_BANK = "teachers see the questions of their colleagues, keys included"
_WRITE_BANK = "a colleague's question is refused with 403 `not_yours`"
_WRITE_TOPICS = "a colleague's topic is refused with 403 `not_yours`"
_DRAFTS = {
    "list": may(staff=ALL, when=_READ_TESTS),
    "retrieve": may(staff=ALL, when=_READ_TESTS),
    "create": may(admin=ALL, teacher=WRITTEN, when=_WRITE_TESTS),
    "partial_update": may(admin=ALL, teacher=WRITTEN, when=_WRITE_TESTS),
    "update": may(admin=ALL, teacher=WRITTEN, when=_WRITE_TESTS),
    "destroy": may(admin=ALL, teacher=WRITTEN, when=_WRITE_TESTS),
}

_OWN_BLUEPRINTS = "a colleague's is refused with 403 `not_yours`"
_SHARED = "students also what is for the whole center"
_OWN_MATERIALS = "a colleague's is refused with 403 `not_yours`"

TABLE: Mapping[str, Mapping[str, Rule]] = {
    # -- signing in ------------------------------------------------------------------------------------------------
    "auth/login": {"post": may(anybody=YES, on=BOTH, when="people of this host only; a rate per address")},
    "auth/login/second-factor": {"post": may(anybody=HOLDERS, on=BOTH, when="the challenge works once")},
    "auth/refresh": {"post": may(anybody=HOLDERS, on=BOTH, when="each refresh token works once")},
    "auth/logout": {"post": may(signed_in=OWN, on=BOTH)},
    "auth/me": {
        "get": may(signed_in=OWN, on=BOTH),
        "patch": may(signed_in=OWN, on=BOTH),
        "put": may(signed_in=OWN, on=BOTH),
    },
    "auth/avatar": {
        "post": may(signed_in=OWN, on=BOTH),
        "put": may(signed_in=OWN, on=BOTH),
        "patch": may(signed_in=OWN, on=BOTH),
        "delete": may(signed_in=OWN, on=BOTH),
    },
    "auth/me/export": {"get": may(members=OWN, when="unreleased results are left out")},
    "auth/me/erasure": {
        "post": may(members=OWN, when="with the present password; an admin has to do it"),
        "delete": may(members=OWN),
    },
    "auth/email": {"post": may(signed_in=OWN, on=BOTH, when="with the present password; it counts by a link to it")},
    "pictures": {"get": may(anybody=HOLDERS, on=BOTH, when="the signed address holds for some days")},
    "auth/ws-ticket": {"post": may(signed_in=OWN, on=BOTH, when="one socket, within thirty seconds")},
    "auth/register": {"post": may(anybody=YES, when="with an invitation, or as the center's registration allows")},
    "auth/verify": {"post": may(anybody=HOLDERS, on=BOTH, when="the link works once")},
    "auth/password/reset": {"post": may(anybody=YES, on=BOTH, when="the answer is the same for every address")},
    "auth/password/reset/confirm": {"post": may(anybody=HOLDERS, on=BOTH, when="the link works once")},
    "auth/password/update": {"post": may(signed_in=OWN, on=BOTH, when="with the present password")},
    "auth/sessions": {"get": may(signed_in=OWN, on=BOTH), "delete": may(signed_in=OWN, on=BOTH)},
    "auth/session": {"delete": may(signed_in=OWN, on=BOTH)},
    "auth/password/policy": {"get": may(anybody=YES, on=BOTH)},
    "auth/second-factor": {
        "get": may(signed_in=OWN, on=BOTH),
        "post": may(signed_in=OWN, on=BOTH, when="with the present password"),
    },
    "auth/second-factor/confirm": {"post": may(signed_in=OWN, on=BOTH, when="with a code of the app")},
    "auth/second-factor/disable": {"post": may(signed_in=OWN, on=BOTH, when="with password and code, unless demanded")},
    "auth/second-factor/recovery-codes": {"post": may(signed_in=OWN, on=BOTH, when="with password and code")},
    "auth/sso/providers": {"get": may(anybody=YES)},
    "auth/sso/begin": {"post": may(anybody=YES, when="a rate per address")},
    "auth/sso/finish": {"post": may(anybody=HOLDERS, when="the way back works once, in the browser that began it")},
    "auth/identities": {"get": may(members=OWN), "post": may(members=OWN, when="with the present password")},
    "auth/identities/finish": {"post": may(members=OWN, when="the way back works once, in the browser that began it")},
    "auth/identity": {"delete": may(members=OWN, when="it is not the only way in")},
    "identity-providers": {"get": may(admin=ALL), "post": may(admin=YES)},
    "identity-provider": {"get": may(admin=ALL), "patch": may(admin=ALL), "delete": may(admin=ALL)},
    "identity-provider/check": {"post": may(admin=ALL)},
    "users/sign-in": {"get": may(admin=ALL)},
    "users/sign-in/lock": {"delete": may(admin=ALL)},
    "users/sign-in/second-factor": {"delete": may(admin=ALL, when="the person has one")},
    "owner-centers/lift-lock": {"post": may(owner=ALL, on=MAIN, when="with a reason that the center reads")},
    "owner-centers/reset-second-factor": {"post": may(owner=ALL, on=MAIN, when="with a reason that the center reads")},
    # -- centers ---------------------------------------------------------------------------------------------------
    "owner-centers": {
        "list": may(owner=ALL, on=MAIN),
        "retrieve": may(owner=ALL, on=MAIN),
        "create": may(owner=YES, on=MAIN),
        "partial_update": may(owner=ALL, on=MAIN),
        "update": may(owner=ALL, on=MAIN, when="what is absent stays"),
        "activate": may(owner=ALL, on=MAIN),
        "suspend": may(owner=ALL, on=MAIN),
        "retry": may(owner=ALL, on=MAIN, when="the creation failed"),
        "archive": may(owner=ALL, on=MAIN),
        "export": may(owner=ALL, on=MAIN, when="its schema is there"),
        "destroy": may(owner=ALL, on=MAIN, when="it is exported first; a slug, if given, must be its own"),
        "restore": may(owner=YES, on=MAIN, when="from a sealed export of an installation that is known here"),
        "deleted": may(owner=ALL, on=MAIN),
    },
    "owner-subscriptions": {
        "list": may(owner=ALL, on=MAIN),
        "retrieve": may(owner=ALL, on=MAIN),
        "create": may(owner=ALL, on=MAIN, when="no archived center"),
        "partial_update": may(owner=ALL, on=MAIN, when="no archived center"),
        "upgrade": may(owner=ALL, on=MAIN, when="no archived center"),
        "history": may(owner=ALL, on=MAIN),
    },
    "subscriptions/my-subscription": {"get": may(admin=OWN)},
    "subscriptions/plans": {"get": may(owner=ALL, admin=ALL, on=BOTH)},
    "analytics/owner": {"get": may(owner=ALL, on=MAIN, when="what centers counted of themselves")},
    "analytics/owner/centers": {"get": may(owner=ALL, on=MAIN, when="what centers counted of themselves")},
    "analytics/center-admin": {"get": may(admin=ALL)},
    "analytics/teacher": {"get": may(teacher=TAUGHT)},
    "analytics/student": {"get": may(student=OWN, when="marks count from their release on")},
    "owner-center-admins": {
        "list": may(owner=ALL, on=MAIN),
        "retrieve": may(owner=ALL, on=MAIN),
        "create": may(owner=YES, on=MAIN, when="the center's schema is ready"),
        "partial_update": may(owner=ALL, on=MAIN),
        "update": may(owner=ALL, on=MAIN, when="what is absent stays"),
        "destroy": may(owner=ALL, on=MAIN),
    },
    "owner-contact-requests": {
        "list": may(owner=ALL, on=MAIN),
        "retrieve": may(owner=ALL, on=MAIN),
        "partial_update": may(owner=ALL, on=MAIN, when="the status alone"),
        "destroy": may(owner=ALL, on=MAIN),
    },
    "contact-requests": {"post": may(anybody=YES, on=BOTH, when="a rate per address; one open request per number")},
    "center-admin-centers": {
        "list": may(admin=ALL),
        "retrieve": may(admin=ALL),
        "partial_update": may(admin=ALL, when="never status, plan and slug"),
        "update": may(admin=ALL, when="never status, plan and slug; what is absent stays"),
    },
    "centers/avatar": {
        "post": may(admin=YES),
        "put": may(admin=YES),
        "patch": may(admin=YES),
        "delete": may(admin=YES),
    },
    "centers/domains": {
        "list": may(admin=ALL),
        "retrieve": may(admin=ALL),
        "create": may(admin=YES, when="as many as the plan allows, ten at most"),
        "verify": may(admin=ALL, when="its record is found"),
        "make_primary": may(admin=ALL, when="it is served"),
        "destroy": may(admin=ALL, when="not the platform's"),
    },
    # -- people ----------------------------------------------------------------------------------------------------
    "invitations": {
        "create": may(admin=YES),
        "listed": may(admin=ALL),
        "approve": may(admin=ALL, when="somebody has registered with it"),
        "reject": may(admin=ALL),
        "withdraw": may(admin=ALL, when="nobody has registered with it"),
        "resend": may(admin=ALL, when="it goes to an address, and nobody has registered with it"),
    },
    "users": {
        "list": may(admin=ALL, teacher=STUDENTS),
        "retrieve": may(admin=ALL, teacher=STUDENTS),
        "create": may(admin=YES),
        "partial_update": may(admin=ALL, when="nobody shuts out themselves or the last admin"),
        "update": may(admin=ALL, when="nobody shuts out themselves or the last admin"),
        "destroy": may(admin=ALL, when="nobody deletes themselves or the last admin"),
        "restore": may(admin=ALL, when="the person was deleted, and the address is free"),
        "role": may(admin=ALL, when="nobody changes their own role or takes the last admin's"),
        "approve": may(admin=ALL),
        "reject": may(admin=ALL, when="the person waits for approval"),
        "approve_many": may(admin=ALL),
        "reject_many": may(admin=ALL, when="who waits for approval"),
        "resend_invitation": may(admin=ALL, when="the person has not chosen a password yet"),
        "export": may(admin=ALL),
        "erase": may(admin=ALL, when="nobody erases themselves or the last admin; it cannot be undone"),
        "import_file": may(admin=YES),
        "template": may(admin=YES),
    },
    "guests": {
        "list": may(admin=ALL),
        "upgrade": may(admin=ALL, when="the person is a guest"),
        "extend": may(admin=ALL, when="the person is a guest"),
    },
    # -- groups ----------------------------------------------------------------------------------------------------
    "groups": {
        "list": may(admin=ALL, teacher=TAUGHT, student=JOINED, guest=NOTHING),
        "retrieve": may(admin=ALL, teacher=TAUGHT, student=JOINED, guest=NOTHING),
        "members": may(admin=ALL, teacher=TAUGHT, student=JOINED, guest=NOTHING, when="e-mails for staff only"),
        "create": may(admin=YES),
        "partial_update": may(admin=ALL, teacher=TAUGHT, when="places, state and teachers for admins only"),
        "update": may(admin=ALL, teacher=TAUGHT, when="places, state and teachers for admins only"),
        "destroy": may(admin=ALL),
        "archive": may(admin=ALL),
        "reactivate": may(admin=ALL),
        "avatar": may(admin=ALL, teacher=TAUGHT),
        "remove_avatar": may(admin=ALL, teacher=TAUGHT),
        "history": may(admin=ALL, teacher=TAUGHT),
    },
    "group-memberships": {
        "list": may(admin=ALL, teacher=TAUGHT, student=OWN, guest=NOTHING),
        "create": may(admin=ALL),
        "bulk_add": may(admin=ALL),
        "move": may(admin=ALL),
        "history": may(admin=ALL),
        "destroy": may(admin=ALL),
    },
    # -- tests -----------------------------------------------------------------------------------------------------
    "mock-tests": {
        **_DRAFTS,
        "create": may(staff=YES),
        "retrieve": may(staff=ALL, student=ASSIGNED, guest=NAMED, when=f"{_READ_TESTS}; takers get the cover"),
        "publish": may(admin=ALL, teacher=WRITTEN, when="a colleague's test is refused with 403 `not_yours`"),
        "unpublish": may(admin=ALL, teacher=WRITTEN, when="a colleague's test is refused with 403 `not_yours`"),
        "clone": may(staff=ALL, when="the copy is one's own"),
        "papers": may(staff=ALL, when=_READ_TESTS),
        "bank_updates": may(staff=ALL, when=_READ_TESTS),
        "update_from_bank": _WRITE,
        "order": _WRITE,
        "check": may(staff=ALL, when=_READ_TESTS),
        "preview": may(staff=ALL, when=_READ_TESTS),
        "sitting": may(staff=ALL, when=f"{_READ_TESTS}; the test is published"),
        "changes": may(staff=ALL, when=_READ_TESTS),
        "import_file": may(staff=YES),
        "import_template": may(staff=YES),
        "export_many": may(staff=ALL, when=_READ_TESTS),
        "export": may(staff=ALL, when=_READ_TESTS),
    },
    "test-sections": {**_DRAFTS, "order": _WRITE, "clone": _WRITE},
    "question-groups": {**_DRAFTS, "order": _WRITE, "move": _WRITE, "clone": _WRITE, "from_bank": _WRITE},
    "questions": {**_DRAFTS, "move": _WRITE},
    "quizzes": {
        **_DRAFTS,
        "list": may(staff=ALL, student=ASSIGNED, guest=NAMED, when="takers get covers of what is published and active"),
        "retrieve": may(
            staff=ALL, student=ASSIGNED, guest=NAMED, when="takers get covers of what is published and active"
        ),
        "create": may(staff=YES),
        "partial_update": may(admin=ALL, teacher=WRITTEN, when="of a published quiz only whether it is active"),
        "update": may(admin=ALL, teacher=WRITTEN, when="of a published quiz only whether it is active"),
        "destroy": may(admin=ALL, teacher=WRITTEN, when="a colleague's quiz is refused with 403 `not_yours`"),
        "publish": may(admin=ALL, teacher=WRITTEN, when="a colleague's quiz is refused with 403 `not_yours`"),
        "unpublish": may(admin=ALL, teacher=WRITTEN, when="no homework that is not over gives it"),
        "shuffle_options": may(admin=ALL, teacher=WRITTEN, when=_WRITE_TESTS),
    },
    "quiz-questions": _DRAFTS,
    "topics": {
        "list": may(staff=ALL),
        "retrieve": may(staff=ALL),
        "create": may(staff=YES),
        "partial_update": may(admin=ALL, teacher=WRITTEN, when=_WRITE_TOPICS),
        "update": may(admin=ALL, teacher=WRITTEN, when=_WRITE_TOPICS),
        "destroy": may(admin=ALL, teacher=WRITTEN, when="nothing lies in it"),
    },
    "bank-questions": {
        "list": may(staff=ALL, when=_READ_BANK),
        "retrieve": may(staff=ALL, when=_READ_BANK),
        "versions": may(staff=ALL, when=_READ_BANK),
        "compare": may(staff=ALL, when=_READ_BANK),
        "review": may(staff=ALL, when=_READ_BANK),
        "usage": may(staff=ALL, when=_READ_BANK),
        "duplicates": may(staff=YES, when=_READ_BANK),
        "create": may(staff=YES),
        "partial_update": may(admin=ALL, teacher=WRITTEN, when=_WRITE_BANK),
        "update": may(admin=ALL, teacher=WRITTEN, when=_WRITE_BANK),
        "destroy": may(admin=ALL, teacher=WRITTEN, when=_WRITE_BANK),
        "take_step": may(
            staff=ALL, when="teachers submit, retire and reopen what they wrote, and judge what others wrote"
        ),
        "bulk": may(staff=YES, when="all of it theirs to change, or nothing is changed"),
    },
    "blueprints": {
        "list": may(staff=ALL),
        "retrieve": may(staff=ALL),
        "create": may(staff=YES),
        "partial_update": may(admin=ALL, teacher=WRITTEN, when=_OWN_BLUEPRINTS),
        "update": may(admin=ALL, teacher=WRITTEN, when=_OWN_BLUEPRINTS),
        "destroy": may(admin=ALL, teacher=WRITTEN, when=_OWN_BLUEPRINTS),
        "assemble": may(staff=ALL, when="the bank has enough; the test is one's own"),
        "assemble_once": may(staff=YES, when="the bank has enough; the test is one's own"),
    },
    "exam-profiles": {
        "list": may(staff=ALL),
        "retrieve": may(staff=ALL),
        "create": may(admin=YES),
        "partial_update": may(admin=ALL, when="the center's own, its newest edition"),
        "update": may(admin=ALL, when="the center's own, its newest edition; what is absent stays"),
        "retire": may(admin=ALL, when="the center's own, its newest edition"),
    },
    "media-uploads": {
        "post": may(staff=YES),
        "delete": may(admin=ALL, teacher=WRITTEN, when="nothing shows or plays it"),
    },
    "media": {"get": may(anybody=HOLDERS, when="the link is signed for this center and has not expired")},
    "material-categories": {
        "list": may(staff=ALL, student=JOINED, guest=NOTHING, when=_SHARED),
        "retrieve": may(staff=ALL, student=JOINED, guest=NOTHING, when=_SHARED),
        "create": may(staff=YES),
        "partial_update": may(admin=ALL, teacher=WRITTEN, when=_OWN_MATERIALS),
        "update": may(admin=ALL, teacher=WRITTEN, when=_OWN_MATERIALS),
        "destroy": may(admin=ALL, teacher=WRITTEN, when="teachers: it holds nothing of others"),
    },
    "materials": {
        "list": may(staff=ALL, student=JOINED, guest=NOTHING, when=_SHARED),
        "retrieve": may(staff=ALL, student=JOINED, guest=NOTHING, when=_SHARED),
        "create": may(staff=YES),
        "partial_update": may(admin=ALL, teacher=WRITTEN, when=_OWN_MATERIALS),
        "update": may(admin=ALL, teacher=WRITTEN, when=_OWN_MATERIALS),
        "destroy": may(admin=ALL, teacher=WRITTEN, when=_OWN_MATERIALS),
    },
    "materials/file": {"get": may(anybody=HOLDERS, when="the link is signed for this center and has not expired")},
    # -- rooms and attempts ----------------------------------------------------------------------------------------
    "exam-assignments": {
        "list": may(admin=ALL, teacher=ROOMS, student=ASSIGNED, guest=NAMED, when="access codes for staff only"),
        "retrieve": may(admin=ALL, teacher=ROOMS, student=ASSIGNED, guest=NAMED, when="access codes for staff only"),
        "create": may(staff=YES, when="teachers: to groups that they teach, and to students in them"),
        "partial_update": may(admin=ALL, teacher=ROOMS, when="what takers rely on stays once the room has opened"),
        "update": may(admin=ALL, teacher=ROOMS, when="what takers rely on stays once the room has opened"),
        "destroy": may(admin=ALL, teacher=ROOMS, when="nobody has sat in it"),
        "open": may(admin=ALL, teacher=ROOMS),
        "close": may(admin=ALL, teacher=ROOMS),
        "release": may(admin=ALL, teacher=ROOMS, when="the room is closed, and nobody sits in it any more"),
        "reopen": may(admin=ALL, teacher=ROOMS, when="the room is closed or finalised, its results not released"),
        "announce": may(admin=ALL, teacher=ROOMS, when="the room is open, or somebody may still sit in it"),
        "announcements": may(admin=ALL, teacher=ROOMS, student=ASSIGNED, guest=NAMED),
    },
    "accommodations": {
        "list": may(admin=ALL, teacher=STUDENTS, takers=OWN),
        "retrieve": may(admin=ALL, teacher=STUDENTS, takers=OWN),
        "create": may(staff=YES, when="teachers: for students of groups that they teach"),
        "approve": may(admin=ALL, when="it was asked for, and no other one holds on its days"),
        "reject": may(admin=ALL, when="it was asked for"),
        "withdraw": may(admin=ALL, when="it was asked for or is in force"),
    },
    "homework-assignments": {
        "list": may(admin=ALL, teacher=ROOMS, student=ASSIGNED, guest=NAMED, when="who is named: for staff only"),
        "retrieve": may(admin=ALL, teacher=ROOMS, student=ASSIGNED, guest=NAMED, when="who is named: for staff only"),
        "create": may(staff=YES, when="teachers: to groups that they teach, and to students in them"),
        "partial_update": may(admin=ALL, teacher=ROOMS, when="items on which somebody has worked stay"),
        "update": may(admin=ALL, teacher=ROOMS, when="items on which somebody has worked stay"),
        "destroy": may(admin=ALL, teacher=ROOMS, when="nobody has worked on it"),
        "progress": may(admin=ALL, teacher=ROOMS),
    },
    "homework-assignments/start": {
        "post": may(student=ASSIGNED, guest=NAMED, when="before the deadline, with attempts left; practice as it says")
    },
    "attempts/check": {"post": may(takers=OWN, when="the homework lets answers be checked, and the attempt runs")},
    "attempts/start": {
        "post": may(student=ASSIGNED, guest=NAMED, when="the room is open, attempts are left, its access code is right")
    },
    "attempts/extend": {"post": may(admin=ALL, teacher=ROOMS, when="somebody sits in the room")},
    "attempts/pause": {"post": may(admin=ALL, teacher=ROOMS)},
    "attempts/resume": {"post": may(admin=ALL, teacher=ROOMS)},
    "attempts/reopen": {"post": may(admin=ALL, teacher=ROOMS, when="the results of the room are not released")},
    "attempts/seats": {"get": may(admin=ALL, teacher=ROOMS)},
    "attempts/force-submit": {"post": may(admin=ALL, teacher=ROOMS)},
    "attempts/void": {"post": may(admin=ALL, teacher=ROOMS)},
    "attempts/accommodate": {"post": may(admin=ALL, teacher=ROOMS, when="the attempt runs")},
    "attempts/extend-one": {"post": may(admin=ALL, teacher=ROOMS, when="the attempt runs")},
    "attempts/ledger": {"get": may(admin=ALL, teacher=ROOMS, takers=OWN, when="takers: without the names of staff")},
    "attempts/refused-answers": {"get": may(admin=ALL, teacher=ROOMS)},
    "attempts/withdrawn-sheets": {"get": may(admin=ALL, teacher=ROOMS)},
    "attempts/plays": {
        "get": may(admin=ALL, teacher=ROOMS, takers=OWN, when="the room limits how recordings are played"),
        "post": may(takers=OWN, when="the attempt runs; plays are left, or the room was given a cue"),
    },
    "attempts/cues": {"get": may(admin=ALL, teacher=ROOMS), "post": may(admin=ALL, teacher=ROOMS, when="it is open")},
    "attempts/recordings": {"get": may(admin=ALL, teacher=ROOMS)},
    "attempts/next-recording": {"post": may(takers=OWN, when="recordings of the room start by the clock of sections")},
    "plays": {
        "get": may(anybody=HOLDERS, when="the link is signed for one play, holds a minute, and goes forward only")
    },
    "receipts/check": {"post": may(anybody=YES, when="the answer is yes or no; a rate per address")},
    "grading-queue": {
        "list": may(admin=ALL, teacher=ROOMS),
        "retrieve": may(admin=ALL, teacher=ROOMS, when="the attempt is closed"),
        "next": may(admin=ALL, teacher=ROOMS),
        "claim": may(admin=ALL, teacher=ROOMS, when="nobody else holds it"),
        "release": may(admin=ALL, teacher=ROOMS),
        "mark": may(admin=ALL, teacher=ROOMS, when="nobody else holds it; a mark that counts is changed for a reason"),
        "second_mark": may(admin=ALL, teacher=ROOMS, when="somebody else gave the mark that counts"),
        "unanswered": may(admin=ALL, teacher=ROOMS),
    },
    "grading-queue/rooms": {
        "list": may(admin=ALL, teacher=ROOMS),
        "retrieve": may(admin=ALL, teacher=ROOMS),
        "partial_update": may(admin=ALL, teacher=ROOMS),
    },
    "attempts/finalise": {"post": may(admin=ALL, teacher=ROOMS, when="the room is closed and all marks are in")},
    "attempts": {
        "list": may(admin=ALL, teacher=ROOMS, takers=OWN),
        "retrieve": may(admin=ALL, teacher=ROOMS, takers=OWN),
        "paper": may(takers=OWN, when="the attempt runs"),
        "answers": may(admin=ALL, teacher=ROOMS, takers=OWN),
        "next_section": may(takers=OWN, when="sections are timed and there is a next one"),
        "save_answers": may(takers=OWN, when="the attempt runs, or ended less than the grace ago"),
        "submit": may(takers=OWN),
        "takeover": may(takers=OWN, when="the attempt runs"),
        "result": may(admin=ALL, teacher=ROOMS, takers=OWN, when="takers: once results are released"),
        "review": may(admin=ALL, teacher=ROOMS, takers=OWN, when="takers: once the review is open"),
        "receipt": may(admin=ALL, teacher=ROOMS, takers=OWN, when="the attempt has ended"),
        "events": may(admin=ALL, teacher=ROOMS),
    },
    "submissions": {
        "list": may(admin=ALL, teacher=ROOMS, takers=OWN),
        "retrieve": may(admin=ALL, teacher=ROOMS, takers=OWN),
        "start_exam": may(student=ASSIGNED, guest=NAMED, when="the room is open and attempts are left"),
        "submit_exam": may(takers=OWN),
        "my_results": may(takers=OWN, when="results are released"),
        "report": may(takers=OWN),
        "homework_start": may(student=ASSIGNED, guest=NAMED, when="before the deadline, with attempts left"),
        "check_single_question": may(takers=OWN, when="the homework lets answers be checked"),
        "submit_homework": may(takers=OWN),
        "history": may(student=ASSIGNED, guest=NAMED),
        "show_result": may(student=OWN, when="it is handed in and marks are shown, or it is practice"),
        "my_homework_results": may(student=ASSIGNED, guest=NAMED, when="marks are shown"),
    },
    "results/exams": {
        "get": may(admin=ALL, teacher=ROOMS, student=ASSIGNED, guest=NAMED, when="takers: their own, once released")
    },
    "results/my-results": {"get": may(takers=OWN, when="those that are released")},
    "results/users": {"get": may(admin=ALL, teacher=STUDENTS, takers=OWN, when="takers: those that are released")},
    "leaderboards/exams": {
        "get": may(admin=ALL, teacher=ROOMS, student=ASSIGNED, guest=NAMED, when="takers: as the board's policy allows")
    },
    # -- live quizzes ----------------------------------------------------------------------------------------------
    "quiz-sessions": {
        "list": may(admin=ALL, teacher=HOSTED, takers=PLAYED, when="codes for staff only"),
        "retrieve": may(admin=ALL, teacher=HOSTED, takers=PLAYED, when="codes for staff only"),
        "create": may(staff=YES, when="of a published test with questions that have options"),
        "join": may(takers=HOLDERS, when="guests as the host allows; ten wrong codes in ten minutes"),
        "state": may(admin=ALL, teacher=HOSTED, takers=PLAYED, when="keys from their reveal on"),
        "answers": may(takers=PLAYED, when="the question is open by the server's clock"),
        "start": may(admin=ALL, teacher=HOSTED, when="in the lobby"),
        "next": may(admin=ALL, teacher=HOSTED, when="in the lobby, or a question is revealed"),
        "lock": may(admin=ALL, teacher=HOSTED, when="a question is open or locked"),
        "reveal": may(admin=ALL, teacher=HOSTED, when="a question is locked"),
        "finish": may(admin=ALL, teacher=HOSTED, when="it is not over"),
        "players": may(admin=ALL, teacher=HOSTED),
        "remove_player": may(admin=ALL, teacher=HOSTED, when="it is not over"),
    },
    "quiz-sessions/refused-answers": {"get": may(admin=ALL, teacher=HOSTED)},
    "leaderboards/quizzes": {
        "get": may(admin=ALL, teacher=HOSTED, takers=PLAYED, when="takers: as the board policy allows")
    },
    # -- the trail -------------------------------------------------------------------------------------------------
    "audit": {
        "list": may(admin=ALL, owner=ALL, on=BOTH, when="owners: the platform's own trail, never a center's"),
        "retrieve": may(admin=ALL, owner=ALL, on=BOTH, when="owners: the platform's own trail, never a center's"),
        "export": may(admin=ALL, owner=ALL, on=BOTH, when="it is written down itself"),
        "verify": may(admin=ALL, owner=ALL, on=BOTH),
    },
    # -- owners who act in an admin's place ------------------------------------------------------------------------
    "owner-centers/act-as": {
        "get": may(owner=ALL, on=MAIN),
        "post": may(owner=ALL, on=MAIN, when="the center allows it; with a reason that it reads"),
    },
    "owner-centers/act-as/end": {"post": may(owner=ALL, on=MAIN)},
    "auth/act": {"post": may(anybody=HOLDERS, when="the code works once, within five minutes")},
    "acting": {"list": may(admin=ALL), "end": may(admin=ALL)},
    "acting/settings": {"get": may(admin=ALL), "patch": may(admin=ALL)},
    # -- notices ---------------------------------------------------------------------------------------------------
    "notifications": {
        "list": may(signed_in=OWN, on=BOTH),
        "retrieve": may(signed_in=OWN, on=BOTH),
        "partial_update": may(signed_in=OWN, on=BOTH),
        "mark_all_read": may(signed_in=OWN, on=BOTH),
    },
    "notifications/mail-wishes": {
        "get": may(signed_in=OWN, on=BOTH),
        "patch": may(signed_in=OWN, on=BOTH),
        "put": may(signed_in=OWN, on=BOTH),
    },
    "notifications/unsubscribe": {
        "post": may(anybody=HOLDERS, on=BOTH, when="the token is from a letter of this host"),
    },
    "mails": {
        "list": may(admin=ALL, owner=ALL, on=BOTH, when="of this host"),
        "retrieve": may(admin=ALL, owner=ALL, on=BOTH, when="of this host"),
        "revive": may(admin=ALL, owner=ALL, on=BOTH, when="of this host; given up"),
    },
    # -- long work -------------------------------------------------------------------------------------------------
    "tasks": {
        "list": may(signed_in=OWN, on=BOTH),
        "retrieve": may(signed_in=OWN, on=BOTH),
        "cancel": may(signed_in=OWN, on=BOTH, when="it goes on, and is of a kind that can be stopped"),
    },
    "tasks/file": {"get": may(anybody=HOLDERS, on=BOTH, when="the link is signed for this host and has not expired")},
    # -- sockets ---------------------------------------------------------------------------------------------------
    "ws/attempts": {"connect": may(takers=OWN)},
    "ws/leaderboards": {
        "connect": may(
            admin=ALL, teacher=ROOMS, student=ASSIGNED, guest=NAMED, when="takers: as the board's policy allows"
        )
    },
    "ws/quizzes": {"connect": may(admin=ALL, teacher=HOSTED, takers=PLAYED)},
    "ws/rooms": {"connect": may(admin=ALL, teacher=ROOMS)},
    "ws/notifications": {"connect": may(signed_in=OWN, on=BOTH)},
}
"""Resource -> action -> row."""


# An owner who acts in an admin's place reaches what the admin reaches, but for the admin's own (``OWN``) and for these:
# credentials, ways in, personal data in one piece, and the center's word on acting itself.
_NOT_IN_PLACE = frozenset(
    {
        ("users", "export"),
        ("users", "erase"),
        ("users", "role"),
        ("users/sign-in/second-factor", "delete"),
        ("identity-providers", "post"),
        ("identity-provider", "patch"),
        ("identity-provider", "delete"),
        ("acting/settings", "patch"),
    }
)
_ALSO_IN_PLACE = frozenset(
    {
        ("auth/me", "get"),
        ("auth/logout", "post"),
        *(("center-admin-centers", action) for action in ("list", "retrieve", "partial_update", "update")),
    }
)


def is_personal(resource: str, action: str) -> bool:
    """Whether nobody may call an operation in another person's place."""
    if (resource, action) in _ALSO_IN_PLACE:
        return False
    rule = find(resource, action)
    return rule is None or rule.grants.get(CENTER_ADMIN) == Reach.OWN or (resource, action) in _NOT_IN_PLACE


def find(resource: str, action: str) -> Rule | None:
    """The row of an operation, or nothing if it has none."""
    return TABLE.get(resource, {}).get(action)
