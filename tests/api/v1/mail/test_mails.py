"""What became of letters, for whom it concerns."""

from __future__ import annotations

import uuid

import pytest

from apps.core import tenancy
from apps.mail import operations
from apps.mail.models import Mail
from tests.client import Api

pytestmark = pytest.mark.django_db


def write(to, letter="rejected", **changes):
    operations.send(letter=letter, to=[to], key=str(uuid.uuid4()), values={"quote": "Private."})
    row = Mail.objects.get(to=to)
    Mail.objects.filter(pk=row.pk).update(**changes)
    return row


@pytest.fixture
def dead(cast):
    return write("alice@north.test", status="DEAD", tries=8, last_error="451 greylisted")


def test_an_admin_sees_what_became_of_letters_and_nothing_that_stands_in_them(cast, dead):
    answer = Api(cast.dora).get("mails/?status=DEAD")
    [row] = answer.json()["results"]
    assert {name: row[name] for name in ("id", "letter", "to", "status", "tries", "reason", "sent_at")} == {
        "id": str(dead.pk),
        "letter": "rejected",
        "to": "alice@north.test",
        "status": "DEAD",
        "tries": 8,
        "reason": "451 greylisted",
        "sent_at": None,
    }
    assert "Private" not in answer.content.decode()
    assert Api(cast.dora).get(f"mails/{dead.pk}/").json() == row


def test_the_list_is_filtered_and_searched(cast, dead):
    write("bob@north.test")
    found = lambda query: [row["to"] for row in Api(cast.dora).get(f"mails/?{query}").json()["results"]]  # noqa: E731
    assert found("status=WAITING") == ["bob@north.test"]
    assert found("search=GREY") == found("search=alice") == ["alice@north.test"]
    assert found("letter=invitation") == []
    assert found("letter=rejected") == ["bob@north.test", "alice@north.test"]
    assert Api(cast.dora).get("mails/?status=LOST").status_code == 422


def test_only_admins_see_letters_and_only_their_own_centers(cast, dead):
    for person in (cast.carol, cast.alice, cast.gus):
        assert Api(person).get("mails/").status_code == 403
        assert Api(person).post(f"mails/{dead.pk}/revive/").status_code == 403
    assert Api().get("mails/").status_code == 401
    for person in (cast.sybil, cast.olga):
        assert Api(person).get("mails/").json()["results"] == []
        assert Api(person).get(f"mails/{dead.pk}/").status_code == 404
        assert Api(person).post(f"mails/{dead.pk}/revive/").status_code == 404


def test_owners_see_the_letters_of_the_platform(cast, dead):
    with tenancy.enter(tenancy.PUBLIC):
        write("olga@example.test")
    assert [row["to"] for row in Api(cast.olga).get("mails/").json()["results"]] == ["olga@example.test"]


def test_what_was_given_up_is_sent_after_all(cast, dead):
    revived = Api(cast.dora).post(f"mails/{dead.pk}/revive/")
    assert (revived.status_code, revived.json()["status"], revived.json()["tries"]) == (200, "WAITING", 0)
    again = Api(cast.dora).post(f"mails/{dead.pk}/revive/")
    assert (again.status_code, again.json()["code"]) == (409, "not_given_up")
    assert operations.send_due() == 1


def test_a_list_costs_the_same_for_many(cast, dead, count_queries):
    admin = Api(cast.dora)
    admin.get("mails/")
    with count_queries() as one:
        admin.get("mails/")
    for number in range(9):
        write(f"n{number}@north.test")
    with count_queries() as many:
        admin.get("mails/")
    assert len(many) == len(one) <= 4
