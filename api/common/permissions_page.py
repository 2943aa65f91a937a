"""``docs/permissions.md``: the table of policies as people read it."""

from __future__ import annotations

from api import policies
from api.common.inventory import Served, served
from api.policies import Reach, Rule

_HEAD = """\
# Who may do what

Written by `make openapi` from `api/policies.py`, which is also what the code obeys; a test compares the two.

- A cell says **what a role reaches**: `all` is everything of the center, `yes` means that no particular object is asked
  for (or that one is made), `nothing` that lists are empty and every id is unknown. `-`: the role may not call
  it; `anybody`: strangers too.
- Who is not signed in gets **401**, a role that may not call an operation **403** `forbidden`, and an object out of
  reach, of another center or unknown the same **404**, word for word. State and side conditions are refused with a code
  of their own (403, 409, 422).
- The host decides the center. A token of one host is nothing on another: **401**.
- Before a role counts: the person must be active and approved, the session must live, the center must not be archived.

## To add an operation

1. Write its row in `api/policies.py`: `"groups": {"archive": may(admin=ALL, teacher=TAUGHT, when="it is empty")}`.
   The resource is a word of yours, the action the method of the view set, or of a plain view `get`, `post` and so on.
   People are `anybody`, `signed_in`, `members`, `staff`, `takers`, or one role; the narrower word wins.
   `on=MAIN` or `on=BOTH` where it is not a center's host alone.
2. Name the resource on the view: `resource = "groups"`. A socket takes the row `ws/<its purpose>`, action `connect`.
3. Ask the object through an accessor that takes the person (`queries.get_group_for(request.user, id)`): the row says
   what it shall reach, `tests/api/matrix` tries whether it does, with every kind of person. A new `Reach` needs to be
   told there who is inside.
4. `make openapi` writes this page and the OpenAPI documents (`x-roles`) anew. `manage.py check` names operations without
   a row, which are refused to everybody, and rows that nothing serves.
"""
_ROLES = (policies.CENTER_ADMIN, policies.TEACHER, policies.STUDENT, policies.GUEST, policies.OWNER)


def page() -> str:
    """The whole page, a chapter for each first word of a resource."""
    listed = served()
    chapters: dict[str, list[str]] = {}
    for resource, actions in policies.TABLE.items():
        for action, rule in actions.items():
            at = [one for one in listed if (one.resource, one.action) == (resource, action)]
            chapters.setdefault(resource.partition("/")[0], []).append(_row(resource, action, rule, at))
    return "\n".join([_HEAD, *(_chapter(name, rows) for name, rows in chapters.items())])


def _chapter(name: str, rows: list[str]) -> str:
    head = ["operation", "row", "admin", "teacher", "student", "guest", "owner", "host", "and"]
    return "\n".join([f"## {name}", "", f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *rows, ""])


def _row(resource: str, action: str, rule: Rule, at: list[Served]) -> str:
    # The same operation may stand at both hosts.
    places = dict.fromkeys(f"`{one.method.upper()} {one.path.removeprefix('/api/v1')}`" for one in at)
    cells = [" ".join(places), f"{resource} {action}", *_grants(rule), str(rule.hosts), _conditions(rule)]
    return f"| {' | '.join(cells)} |"


def _grants(rule: Rule) -> list[str]:
    if policies.EVERYBODY in rule.grants:
        return ["anybody"] * len(_ROLES)
    return [str(rule.grants.get(role, "-")) for role in _ROLES]


def _conditions(rule: Rule) -> str:
    everybody = rule.grants.get(policies.EVERYBODY, Reach.YES)
    return "; ".join(filter(None, [everybody if everybody != Reach.YES else "", rule.when]))
