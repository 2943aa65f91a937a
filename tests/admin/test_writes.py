"""What admins change goes through operations: their rules hold, their events are announced, refusals are shown."""

from __future__ import annotations

import pytest

from apps.authentication.models import Session, User
from apps.centers.models import Center
from apps.core import tenancy
from apps.core.models import Delivery
from apps.groups.models import Group, Membership
from apps.mock_tests.models import MockTest

pytestmark = pytest.mark.django_db

PERSON = "/admin/authentication/user/"


def form_of(client, address, **changes):
    """The form at this address as a browser would send it, with changes."""
    page = client.get(address)
    form = page.context["adminform"].form
    values = {name: form.initial.get(name, field.initial) for name, field in form.fields.items()}
    for inline in page.context["inline_admin_formsets"]:
        management = inline.formset.management_form
        values |= {management.add_prefix(name): management.initial[name] for name in management.fields}
        for row in inline.formset.initial_forms:
            values[row.add_prefix(inline.formset.model._meta.pk.name)] = row.instance.pk
    values |= changes
    return {name: value for name, value in values.items() if value is not None and value is not False}


def errors_of(answer):
    return str(answer.context["errors"]) if answer.context and "errors" in answer.context else ""


def press(client, page, row, act, **values):
    return client.post(f"{page}{row.pk}/{act}/", {"_form_submitted": "1", **values})


# -- people --------------------------------------------------------------------------------------------------------


def test_adds_a_person_who_can_sign_in(cast, browser):
    answer = browser(cast.dora).post(
        f"{PERSON}add/",
        {
            "email": "New@North.test",
            "first_name": "Nu",
            "last_name": "Person",
            "role": "TEACHER",
            "password": "long enough 9",
        },
    )
    assert answer.status_code == 302, errors_of(answer)
    person = User.objects.get(email="new@north.test")
    assert (person.role, person.is_approved, person.check_password("long enough 9")) == ("TEACHER", True, True)
    with tenancy.enter(tenancy.PUBLIC):
        assert not Delivery.objects.filter(event="user.registered", schema_name="c_south").exists()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"email": "alice@north.test"}, "has this e-mail"),
        ({"password": "1234"}, "password"),
        ({"role": "OWNER"}, "role"),
    ],
    ids=["taken address", "weak password", "an owner"],
)
def test_shows_why_a_person_was_not_added(cast, browser, change, said):
    assert cast.alice
    dora = browser(cast.dora)
    before = User.objects.count()
    values = {"email": "new@north.test", "role": "STUDENT", "password": "long enough 9", **change}
    answer = dora.post(f"{PERSON}add/", values)
    assert answer.status_code == 200
    assert said in errors_of(answer).lower() or said in str(answer.context["adminform"].form.errors)
    assert User.objects.count() == before


def test_another_role_ends_the_persons_sessions(cast, browser):
    alice = cast.alice
    session = Session.objects.create(user=alice, expires_at="2100-01-01T00:00Z")
    dora = browser(cast.dora)
    address = f"{PERSON}{alice.pk}/change/"
    answer = dora.post(address, form_of(dora, address, role="TEACHER"))
    assert answer.status_code == 302, errors_of(answer)
    alice.refresh_from_db()
    session.refresh_from_db()
    assert (alice.role, alice.session_version) == ("TEACHER", 2)
    assert session.revoked_at


def test_nobody_shuts_themselves_out_or_gives_up_their_role(cast, browser):
    dora = browser(cast.dora)
    address = f"{PERSON}{cast.dora.pk}/change/"
    values = form_of(dora, address, role="STUDENT")
    values.pop("is_active")
    answer = dora.post(address, values)
    assert answer.status_code == 200
    assert "shut themselves out" in errors_of(answer)
    cast.dora.refresh_from_db()
    assert (cast.dora.is_active, cast.dora.role) == (True, "CENTER_ADMIN")


def test_sets_a_password_and_signs_out(cast, browser):
    alice, dora = cast.alice, browser(cast.dora)
    answer = press(dora, PERSON, alice, "set-password", password="another horse 8")
    assert answer.headers["HX-Redirect"] == f"{PERSON}{alice.pk}/change/"
    alice.refresh_from_db()
    assert alice.check_password("another horse 8")
    press(dora, PERSON, alice, "sign-out")
    alice.refresh_from_db()
    assert alice.session_version == 3


def test_a_weak_password_is_refused_with_words(cast, browser):
    dora = browser(cast.dora)
    press(dora, PERSON, cast.alice, "set-password", password="1")
    cast.alice.refresh_from_db()
    assert not cast.alice.check_password("1")
    assert "password" in dora.get(PERSON).content.decode().lower()


def test_a_button_does_nothing_when_it_is_only_looked_at(cast, browser):
    """The page of a button is a question; only its answer, a POST with the form's token, does it."""
    dora = browser(cast.dora)
    assert dora.get(f"{PERSON}{cast.alice.pk}/sign-out/").status_code == 200
    cast.alice.refresh_from_db()
    assert cast.alice.session_version == 1


def test_revokes_a_session(cast, browser):
    session = Session.objects.create(user=cast.alice, expires_at="2100-01-01T00:00Z")
    press(browser(cast.dora), "/admin/authentication/session/", session, "revoke")
    session.refresh_from_db()
    assert session.revoked_because == "revoked by an admin"


def test_a_teacher_can_press_nothing(cast, browser):
    carol = browser(cast.carol)
    for method in (carol.get, carol.post):
        answer = method(f"{PERSON}{cast.alice.pk}/sign-out/", {"_form_submitted": "1"})
        assert answer.status_code == 302
    cast.alice.refresh_from_db()
    assert cast.alice.session_version == 1


# -- groups --------------------------------------------------------------------------------------------------------


def test_opens_a_group_and_lets_people_in_and_out(cast, browser):
    dora = browser(cast.dora)
    answer = dora.post("/admin/groups/group/add/", {"name": "Blue", "max_students": "2", "is_active": "on"})
    assert answer.status_code == 302, errors_of(answer)
    group = Group.objects.get(name="Blue")
    address = f"/admin/groups/group/{group.pk}/change/"

    def let_in(*users):
        values = form_of(dora, address)
        already = int(values["memberships-INITIAL_FORMS"])
        for number, user in enumerate(users, already):
            values[f"memberships-{number}-user"] = user.pk
            values[f"memberships-{number}-role_in_group"] = "STUDENT"
            values[f"memberships-{number}-group"] = group.pk
        values["memberships-TOTAL_FORMS"] = already + len(users)
        return dora.post(address, values)

    assert let_in(cast.alice).status_code == 302
    full = let_in(cast.bob, cast.person("Ben", "STUDENT"))
    assert full.status_code == 200
    assert errors_of(full)
    assert [row.user for row in Membership.objects.filter(group=group)] == [cast.alice]
    values = form_of(dora, address) | {"memberships-0-DELETE": "on"}
    assert dora.post(address, values).status_code == 302
    assert Membership.objects.get(group=group).left_at


def test_refuses_a_second_group_of_a_name(cast, browser):
    dora = browser(cast.dora)
    for status in (302, 200):
        answer = dora.post("/admin/groups/group/add/", {"name": "Blue", "max_students": "30"})
        assert answer.status_code == status
    assert Group.objects.count() == 1


# -- tests and rooms -----------------------------------------------------------------------------------------------


def test_edits_a_draft(cast, browser, in_north):
    dora = browser(cast.dora)
    address = f"/admin/mock_tests/mocktest/{in_north.draft.pk}/change/"
    answer = dora.post(address, form_of(dora, address, title="Better"))
    assert answer.status_code == 302, errors_of(answer)
    assert MockTest.objects.get(pk=in_north.draft.pk).title == "Better"


def test_publishes_what_is_complete_and_says_what_is_not(cast, browser, in_north):
    dora = browser(cast.dora)
    press(dora, "/admin/mock_tests/mocktest/", in_north.draft, "publish")
    assert MockTest.objects.get(pk=in_north.draft.pk).status == "PUBLISHED"
    empty = MockTest.objects.create(title="Empty")
    press(dora, "/admin/mock_tests/mocktest/", empty, "publish")
    empty.refresh_from_db()
    assert empty.status == "DRAFT"
    assert "Empty: " in dora.get("/admin/mock_tests/mocktest/").content.decode()


def test_opens_a_closed_room_again_for_a_reason(cast, browser, in_north):
    dora, room, page = browser(cast.dora), in_north.later, "/admin/assignments/examassignment/"
    for act in ("open", "close"):
        press(dora, page, room, act)
    press(dora, page, room, "reopen")
    room.refresh_from_db()
    assert room.status == "CLOSED"
    press(dora, page, room, "reopen", reason="Somebody came late.")
    room.refresh_from_db()
    assert (room.status, room.closed_at) == ("OPEN", None)


def test_changes_how_a_room_is_sat_until_it_opens(cast, browser, in_north):
    dora, room = browser(cast.dora), in_north.later
    address = f"/admin/assignments/examassignment/{room.pk}/change/"
    answer = dora.post(address, form_of(dora, address, listening="LIMITED", plays_allowed=2))
    assert answer.status_code == 302, errors_of(answer)
    room.refresh_from_db()
    assert (room.listening, room.plays_allowed) == ("LIMITED", 2)
    press(dora, "/admin/assignments/examassignment/", room, "open")
    answer = dora.post(address, form_of(dora, address, plays_allowed=3))
    assert "cannot be changed any more" in errors_of(answer)
    room.refresh_from_db()
    assert room.plays_allowed == 2


def test_opens_closes_and_releases_a_room(cast, browser, in_north):
    dora, room, page = browser(cast.dora), in_north.later, "/admin/assignments/examassignment/"
    press(dora, page, room, "release")
    room.refresh_from_db()
    assert not room.is_published
    for act, status in (("open", "OPEN"), ("close", "CLOSED")):
        press(dora, page, room, act)
        room.refresh_from_db()
        assert room.status == status
    press(dora, page, room, "release")
    room.refresh_from_db()
    assert room.is_published
    press(dora, page, room, "open")
    room.refresh_from_db()
    assert room.status != "OPEN"


def test_acts_on_many_rows_and_one_refusal_stops_no_other(cast, browser, in_north):
    dora = browser(cast.dora)
    both = [in_north.room.pk, in_north.later.pk]
    dora.post("/admin/assignments/examassignment/", {"action": "close", "_selected_action": both})
    in_north.room.refresh_from_db()
    in_north.later.refresh_from_db()
    assert in_north.room.status != "OPEN"
    assert in_north.later.status == "SCHEDULED"


# -- centers -------------------------------------------------------------------------------------------------------


def test_suspends_and_activates_a_center(cast, browser):
    olga = browser(cast.olga)
    with tenancy.enter(tenancy.PUBLIC):
        south = Center.objects.get(slug="south")
    for act, status in (("suspend", "SUSPENDED"), ("activate", "ACTIVE")):
        press(olga, "/admin/centers/center/", south, act)
        with tenancy.enter(tenancy.PUBLIC):
            south.refresh_from_db()
        assert south.status == status


def test_shows_why_a_center_was_not_made(cast, browser):
    olga = browser(cast.olga)
    for slug in ("north", "pg_catalog", "admin"):
        answer = olga.post("/admin/centers/center/add/", {"name": "N", "slug": slug, "plan": "FREE"})
        assert answer.status_code == 200
        assert errors_of(answer)
    with tenancy.enter(tenancy.PUBLIC):
        assert Center.objects.filter(slug__in=["north", "south"]).count() == Center.objects.count() == 2


def test_changes_the_details_of_a_center(cast, browser):
    olga = browser(cast.olga)
    with tenancy.enter(tenancy.PUBLIC):
        south = Center.objects.get(slug="south")
    address = f"/admin/centers/center/{south.pk}/change/"
    answer = olga.post(address, form_of(olga, address, phone="+81 3 0000 0000"))
    assert answer.status_code == 302, errors_of(answer)
    with tenancy.enter(tenancy.PUBLIC):
        south.refresh_from_db()
    assert south.phone == "+81 3 0000 0000"
