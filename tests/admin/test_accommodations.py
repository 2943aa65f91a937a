"""Accommodations in the admin: asked for, decided, and refused in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from apps.assignments import queries
from apps.assignments.models import Accommodation
from apps.core import clock
from tests.admin.test_writes import errors_of, press

pytestmark = pytest.mark.django_db

PAGE = "/admin/assignments/accommodation/"
ALL, LISTENING = "others", "listening"


def ask(client, student, **values):
    fields = {"student": str(student.pk), ALL: "1.25", "reason": "A doctor's letter.", **values}
    return client.post(f"{PAGE}add/", fields)


def in_force(student):
    return queries.factors_of(student_id=student.pk, at=clock.now())


def test_it_is_asked_for_and_approved(cast, browser):
    dora = browser(cast.dora)
    answer = ask(dora, cast.alice, **{LISTENING: "1.5"})
    assert answer.status_code == 302, errors_of(answer)
    row = Accommodation.objects.get()
    assert (row.student, row.factors, row.status, row.asked_by) == (
        cast.alice,
        {"*": "1.25", "LISTENING": "1.5"},
        "PENDING",
        cast.dora,
    )
    press(dora, PAGE, row, "approve")
    assert in_force(cast.alice) == {"*": Decimal("1.25"), "LISTENING": Decimal("1.5")}
    assert "All other sections × 1.25, Listening × 1.5" in dora.get(PAGE).content.decode()


def test_it_is_withdrawn_with_a_reason(cast, browser):
    dora = browser(cast.dora)
    ask(dora, cast.alice)
    row = Accommodation.objects.get()
    press(dora, PAGE, row, "approve")
    press(dora, PAGE, row, "withdraw")
    assert in_force(cast.alice)
    press(dora, PAGE, row, "withdraw", reason="Not needed any more.")
    row.refresh_from_db()
    assert (row.status, row.decision, row.decided_by) == ("WITHDRAWN", "Not needed any more.", cast.dora)
    assert in_force(cast.alice) == {}


def test_it_is_rejected_with_a_reason(cast, browser):
    dora = browser(cast.dora)
    ask(dora, cast.alice)
    row = Accommodation.objects.get()
    press(dora, PAGE, row, "reject", reason="No letter.")
    row.refresh_from_db()
    assert (row.status, row.decision) == ("REJECTED", "No letter.")


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({ALL: ""}, "At least one type of section"),
        ({ALL: "0.5"}, "A factor is between 1 and 4."),
        ({"valid_from": "2100-01-02", "valid_until": "2100-01-01"}, "The period must end after it begins"),
    ],
    ids=["nothing", "less time", "backwards"],
)
def test_shows_why_it_was_not_asked_for(cast, browser, values, said):
    answer = ask(browser(cast.dora), cast.alice, **values)
    assert answer.status_code == 200
    assert said in errors_of(answer)
    assert not Accommodation.objects.exists()


def test_it_is_for_students_only(cast, browser):
    answer = ask(browser(cast.dora), cast.carol)
    assert "There is no such student of yours." in errors_of(answer)


def test_a_second_one_for_the_same_days_is_refused_in_words(cast, browser):
    dora = browser(cast.dora)
    for _ in range(2):
        ask(dora, cast.alice)
    for row in Accommodation.objects.all():
        press(dora, PAGE, row, "approve")
    assert Accommodation.objects.filter(status="APPROVED").count() == 1
    assert "holds on some of these days" in dora.get(PAGE).content.decode()


def test_only_what_may_come_of_it_is_offered(cast, browser):
    dora = browser(cast.dora)
    ask(dora, cast.alice)
    row = Accommodation.objects.get()
    page = f"{PAGE}{row.pk}/change/"
    offered = dora.get(page).content.decode()
    assert all(f"/{name}/" in offered for name in ("approve", "reject", "withdraw"))
    press(dora, PAGE, row, "approve")
    offered = dora.get(page).content.decode()
    assert [f"/{name}/" in offered for name in ("approve", "reject", "withdraw")] == [False, False, True]


def test_nobody_but_admins_opens_it(cast, browser):
    assert browser(cast.carol).get(PAGE).status_code == 302
