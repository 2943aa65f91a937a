from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F

from api import policies
from apps.attempts.operations import sitting
from apps.audit.models import Entry
from apps.authentication.models import Acting, Session, User
from apps.authentication.operations import acting, people
from apps.core import tenancy
from apps.notifications.models import Notice
from tests import factories

pytestmark = pytest.mark.django_db

REASON = "Carol cannot publish her test"


@pytest.fixture
def olga(cast):
    _ = cast.dora
    return cast.olga


def ask(api, olga, cast, **fields):
    return api(olga).post(f"owner-centers/{cast.north.id}/act-as/", {"reason": REASON, **fields})


@pytest.fixture
def code(api, olga, cast):
    answer = ask(api, olga, cast)
    assert answer.status_code == 201, answer.content
    return answer.json()["code"]


@pytest.fixture
def begun(api, code, cast):
    answer = api().post("auth/act/", {"code": code})
    assert answer.status_code == 200, answer.content
    return answer.json()


@pytest.fixture
def acts(api, begun):
    """A client of Olga's, in Dora's place."""
    return api(host="north.localhost", token=begun["access"])


def status(client, path="groups/"):
    with tenancy.enter(tenancy.PUBLIC):
        return client.get(path).status_code


# -- the way in ------------------------------------------------------------------------------------------------------


def test_an_owner_gets_a_link_to_the_centers_own_host(api, olga, cast):
    answer = ask(api, olga, cast, minutes=30).json()
    assert answer["link"].startswith("http://north.localhost")
    assert answer["link"].endswith(f"/act/#code={answer['code']}")
    assert answer["admin_id"] == str(cast.dora.pk)
    with tenancy.enter(cast.north):
        row = Acting.objects.get()
        assert row.code_hash != answer["code"]
        assert row.minutes == 30


def test_with_the_code_the_owner_has_the_powers_of_an_admin(acts, begun, cast):
    assert begun["acting"]["state"] == "RUNNING"
    assert begun["acting"]["owner_name"] == "Olga Shiken"
    assert "refresh" not in begun
    assert acts.get("auth/me/").json()["role"] == "CENTER_ADMIN"
    assert acts.post("groups/", {"name": "Made by Olga"}).status_code == 201


def test_every_entry_carries_both(acts, cast):
    acts.post("groups/", {"name": "Made by Olga"})
    entry = Entry.objects.filter(action="group.created").latest("id")
    assert (entry.actor_id, entry.actor_name) == (cast.dora.pk, "Dora North")
    assert (entry.owner_id, entry.owner_name) == (cast.olga.pk, "Olga Shiken")


def test_it_stands_in_both_trails_with_its_reason(api, begun, cast):
    found = dict(Entry.objects.filter(action__startswith="acting.").values_list("action", "reason"))
    assert found == {"acting.asked": REASON, "acting.began": REASON}
    with tenancy.enter(tenancy.PUBLIC):
        assert {"acting.asked", "acting.began"} <= set(Entry.objects.values_list("action", flat=True))


def test_the_centers_admins_are_told_at_start_and_end(api, begun, cast, deliver, mailoutbox):
    deliver()
    assert Notice.objects.filter(user=cast.dora, message__contains="Olga Shiken").count() == 1
    acting.end(actor=cast.dora, acting_id=uuid.UUID(begun["acting"]["id"]))
    deliver()
    assert Notice.objects.filter(user=cast.dora, message__contains="Olga Shiken").count() == 2


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"reason": "help"}, "/reason"),
        ({"reason": " " * 20}, "/reason"),
        ({"reason": "a" + " " * 20 + "b"}, "/reason"),
        ({"reason": "x" * 501}, "/reason"),
        ({"minutes": 0}, "/minutes"),
        ({"minutes": 61}, "/minutes"),
        ({"minutes": "long"}, "/minutes"),
        ({"admin_id": "Dora"}, "/admin_id"),
        ({"forever": True}, "/forever"),
    ],
)
def test_refuses_without_a_reason_or_for_too_long(api, olga, cast, fields, pointer):
    answer = ask(api, olga, cast, **fields)
    assert answer.status_code == 422
    assert [problem["pointer"] for problem in answer.json()["errors"]] == [pointer]


def test_only_owners_ask(api, cast):
    path = f"owner-centers/{cast.north.id}/act-as/"
    assert api(cast.dora).post(path, {"reason": REASON}).status_code == 404
    assert api(host="localhost").post(path, {"reason": REASON}).status_code == 401
    assert api(cast.olga).post(f"owner-centers/{uuid.uuid4()}/act-as/", {"reason": REASON}).status_code == 404


def test_there_must_be_an_admin_to_act_for(api, cast):
    assert api(cast.olga).post(f"owner-centers/{cast.south.id}/act-as/", {"reason": REASON}).status_code == 409
    carol = cast.carol
    _ = cast.dora
    answer = ask(api, cast.olga, cast, admin_id=str(carol.pk))
    assert answer.status_code == 409
    assert answer.json()["code"] == "nobody_to_act_for"


def test_a_code_works_once(api, code, begun):
    again = api().post("auth/act/", {"code": code})
    unknown = api().post("auth/act/", {"code": "x" * 43})
    assert again.status_code == unknown.status_code == 404
    assert {**again.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}


def test_a_code_is_nothing_at_another_center(api, code):
    assert api(host="south.localhost").post("auth/act/", {"code": code}).status_code == 404


def test_a_code_dies_after_five_minutes(api, code, cast):
    with tenancy.enter(cast.north):
        Acting.objects.update(code_expires_at=F("code_expires_at") - timedelta(minutes=5))
    assert api().post("auth/act/", {"code": code}).status_code == 404


def test_a_withdrawn_code_is_dead(api, code, cast):
    with tenancy.enter(cast.north):
        acting.end(actor=cast.dora, acting_id=Acting.objects.get().pk)
    assert api().post("auth/act/", {"code": code}).status_code == 404
    assert api(cast.dora).get("acting/").json()["results"][0]["state"] == "UNUSED"


# -- what stays closed -----------------------------------------------------------------------------------------------


def test_nothing_of_the_admins_own_is_reached(acts, cast):
    refused = [
        ("get", "auth/sessions/", {}),
        ("delete", "auth/sessions/", {}),
        ("patch", "auth/me/", {"first_name": "x"}),
        ("get", "notifications/", {}),
        ("post", "auth/ws-ticket/", {"purpose": "notifications"}),
        ("post", "auth/password/update/", {"old_password": "x", "new_password": "y"}),
        ("get", "auth/second-factor/", {}),
        ("patch", "acting/settings/", {"is_allowed": True}),
    ]
    for method, path, body in refused:
        answer = getattr(acts, method)(path, body)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_while_acting"), path


@pytest.mark.parametrize("resource", sorted(policies.TABLE))
def test_of_every_resource_the_admins_own_is_personal(resource):
    also = {"auth/me get", "auth/logout post"} | {
        f"center-admin-centers {action}" for action in policies.TABLE["center-admin-centers"]
    }
    for action, rule in policies.TABLE[resource].items():
        if rule.grants.get("CENTER_ADMIN") == policies.Reach.OWN and f"{resource} {action}" not in also:
            assert policies.is_personal(resource, action), action


@pytest.mark.parametrize(
    ("resource", "action"),
    [
        *[("users", "export"), ("users", "erase"), ("users", "role"), ("users/sign-in/second-factor", "delete")],
        *[("auth/me/export", "get"), ("auth/avatar", "put"), ("auth/email", "post"), ("auth/me", "patch")],
        *[("identity-provider", "patch"), ("acting/settings", "patch"), ("tasks", "list"), ("no such", "get")],
    ],
)
def test_credentials_and_personal_data_are_personal(resource, action):
    assert policies.is_personal(resource, action)


def test_exams_are_sat_by_those_who_sit_them(acts, cast):
    room = factories.make_room(cast, cast.alice)
    attempt = sitting.start_attempt(actor=cast.alice, assignment_id=room.pk).attempt
    assert acts.post(f"exam-assignments/{room.pk}/start/", {}).status_code == 403
    assert acts.post(f"attempts/{attempt.pk}/answers/", {"epoch": 1, "answers": []}).status_code in (403, 404, 405)
    assert acts.post(f"attempts/{attempt.pk}/submit/", {}).status_code in (403, 404)


def test_no_second_admin_is_made_on_the_way(acts, cast):
    body = {"email": "eve@north.test", "role": "CENTER_ADMIN", "first_name": "Eve", "last_name": "N"}
    answer = acts.post("users/", body)
    assert answer.status_code in (403, 422), answer.content
    assert not User.objects.filter(email="eve@north.test").exists()


def test_passwords_are_refused_below_the_door_too(begun, cast):
    from apps.core import trace
    from apps.core.errors import NotWhileActing

    with trace.at(trace.current()):
        trace.name_actor(cast.dora, owner_id=cast.olga.pk, owner_name="Olga")
        with pytest.raises(NotWhileActing):
            people.change_password(user_id=cast.alice.pk, password="a-new-password-1")


def test_the_token_is_nothing_at_another_center(api, begun):
    assert api(host="south.localhost", token=begun["access"]).get("groups/").status_code == 401
    assert api(host="localhost", token=begun["access"]).get("owner-centers/").status_code == 401


# -- the end ---------------------------------------------------------------------------------------------------------


def test_an_admin_ends_it_at_once(api, acts, begun, cast):
    assert acts.get("groups/").status_code == 200
    answer = api(cast.dora).post(f"acting/{begun['acting']['id']}/end/")
    assert answer.status_code == 200
    assert answer.json()["state"] == "OVER"
    assert answer.json()["ended_by"] == "Dora North"
    assert acts.get("groups/").status_code == 401
    assert Entry.objects.filter(action="acting.ended").count() == 1
    assert api(cast.dora).post(f"acting/{begun['acting']['id']}/end/").status_code == 200
    assert Entry.objects.filter(action="acting.ended").count() == 1


def test_an_owner_ends_it_from_the_main_host(api, acts, begun, cast):
    base = f"owner-centers/{cast.north.id}/act-as/"
    assert api(cast.olga).get(base).json()[0]["state"] == "RUNNING"
    answer = api(cast.olga).post(f"{base}{begun['acting']['id']}/end/")
    assert answer.json()["state"] == "OVER"
    with tenancy.enter(cast.north):
        assert acts.get("groups/").status_code == 401
    assert api(cast.olga).post(f"{base}{uuid.uuid4()}/end/").status_code == 404


def test_whoever_acts_signs_out(acts):
    assert acts.post("auth/logout/", {}).status_code == 204
    assert acts.get("groups/").status_code == 401


def test_it_ends_when_its_time_is_over(api, acts, begun, cast, deliver):
    Acting.objects.update(ends_at=F("ends_at") - timedelta(minutes=16))
    assert acts.get("groups/").status_code == 401
    acting.end_by_clock(acting_id=uuid.UUID(begun["acting"]["id"]))
    row = Acting.objects.get()
    assert row.ended_because == acting.TIME_OVER
    assert row.ended_at == row.ends_at


def test_the_alarm_of_one_that_goes_on_does_nothing(begun):
    acting.end_by_clock(acting_id=uuid.UUID(begun["acting"]["id"]))
    assert Acting.objects.get().ended_at is None


@pytest.mark.parametrize("change", [{"is_active": False}, {"role": "TEACHER"}, {"is_approved": False}])
def test_an_owner_who_is_none_any_more_is_out_at_once(acts, cast, change):
    assert acts.get("groups/").status_code == 200
    with tenancy.enter(tenancy.PUBLIC):
        User.objects.filter(pk=cast.olga.pk).update(**change)
    assert acts.get("groups/").status_code == 401


def test_when_the_admin_goes_so_does_the_owner(acts, cast):
    people.deactivate(user_id=cast.dora.pk)
    assert acts.get("groups/").status_code == 401


def test_admins_see_the_owner_among_the_sessions_of_the_account(api, begun, cast):
    agents = [row["agent"] for row in api(cast.dora).get("auth/sessions/").json()["results"]]
    assert any("Olga Shiken of the platform" in agent for agent in agents)
    assert Session.objects.filter(agent__contains=REASON).exists()


# -- the center's word -----------------------------------------------------------------------------------------------


def test_a_center_forbids_it_and_that_ends_who_acts(api, acts, cast):
    assert api(cast.dora).get("acting/settings/").json() == {"is_allowed": True}
    assert api(cast.dora).patch("acting/settings/", {"is_allowed": False}).json() == {"is_allowed": False}
    assert acts.get("groups/").status_code == 401
    refused = ask(api, cast.olga, cast)
    assert (refused.status_code, refused.json()["code"]) == (403, "acting_forbidden")
    assert set(Entry.objects.values_list("action", flat=True)) >= {"acting.forbidden", "acting.ended"}


def test_a_link_from_before_the_no_is_dead(api, code, cast):
    api(cast.dora).patch("acting/settings/", {"is_allowed": False})
    assert api().post("auth/act/", {"code": code}).status_code == 404


@pytest.mark.parametrize("name", ["carol", "alice", "gus"])
def test_nobody_else_reads_or_ends_it(api, cast, begun, name):
    client = api(getattr(cast, name))
    for method, path in (
        ("get", "acting/"),
        ("get", "acting/settings/"),
        ("post", f"acting/{begun['acting']['id']}/end/"),
    ):
        assert getattr(client, method)(path).status_code == 403, path
    assert client.patch("acting/settings/", {"is_allowed": False}).status_code == 403


def test_unknown_ids_are_not_there(api, cast):
    assert api(cast.dora).post(f"acting/{uuid.uuid4()}/end/").status_code == 404


# -- what it costs ---------------------------------------------------------------------------------------------------


def test_nobody_else_pays_for_it(api, acts, cast, count_queries):
    mine = api(cast.dora)
    for client in (mine, acts):
        client.get("groups/")
    with count_queries() as usual:
        mine.get("groups/")
    with count_queries() as acting_ones:
        acts.get("groups/")
    assert len(acting_ones) == len(usual) + 2


def test_the_answer_path_asks_nothing_more(api, cast, count_queries):
    """Of a student's request nothing but session and person is asked before the view, as ever."""
    client = api(cast.alice)
    client.get("auth/me/")
    with count_queries() as queries:
        client.get("attempts/00000000-0000-0000-0000-000000000000/")
    told = " ".join(query["sql"] for query in queries.captured_queries)
    assert "audit_" not in told
    assert "authentication_acting" not in told
    connection.queries_log.clear()
