from __future__ import annotations

import uuid

import pytest
from django.core.management import CommandError, call_command

from apps.audit.models import Entry
from apps.authentication.models import User
from apps.authentication.operations import directors as operations
from apps.authentication.operations import people
from apps.centers.models import Center, CenterAdmin
from apps.centers.operations import admins
from apps.core import bus, tenancy
from tests.cast import PASSWORD
from tests.client import Api

pytestmark = pytest.mark.django_db
LIST = "owner-center-admins/"


@pytest.fixture
def olga(cast, api):
    return api(cast.olga)


@pytest.fixture
def directors(cast):
    """Dora of north and Sybil of south, as their centers announced them."""
    found = {"dora": cast.dora, "sybil": cast.sybil}
    bus.deliver_due(most=1000)
    return found


def wendy(north, **changes):
    return {
        "center_id": str(north.id),
        "email": "Wendy@North.test",
        "first_name": "Wendy",
        "last_name": "",
        "password": PASSWORD,
        **changes,
    }


def copy_of(person) -> uuid.UUID:
    return admins.id_of(center_id=person.tenant.id, person_id=person.pk)


def sign_in(email: str, host: str = "north.localhost"):
    return Api(host=host).post("auth/login/", {"email": email, "password": PASSWORD})


# -- the copy ----------------------------------------------------------------------------------------------------------


def test_lists_the_directors_of_all_centers_from_the_copy(cast, olga, directors, count_queries):
    with count_queries() as queries:
        body = olga.get(LIST).json()
    assert len(queries) <= 4
    assert not [query for query in queries.captured_queries if "c_north" in query["sql"]]
    assert body["count"] == 2
    row = next(row for row in body["results"] if row["email"] == "dora@north.test")
    assert row == {
        "id": str(copy_of(cast.dora)),
        "email": "dora@north.test",
        "first_name": "Dora",
        "last_name": "North",
        "center": str(cast.north.id),
        "center_name": "North",
        "is_active": True,
        "is_approved": True,
        "created_at": row["created_at"],
    }
    detail = olga.get(f"{LIST}{copy_of(cast.dora)}/").json()
    assert (detail["role"], detail["avatar"], "updated_at" in detail) == ("CENTER_ADMIN", None, True)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("search=dora", ["Dora"]),
        ("search=dora south", []),
        ("search=south", ["Sybil"]),
        ("is_active=false", []),
        ("is_approved=true&ordering=email", ["Dora", "Sybil"]),
        ("ordering=-email", ["Sybil", "Dora"]),
    ],
)
def test_filters_and_orders(olga, directors, query, names):
    assert [row["first_name"] for row in olga.get(f"{LIST}?{query}").json()["results"]] == names


def test_filters_by_center(olga, directors, south):
    assert [row["first_name"] for row in olga.get(f"{LIST}?center={south.id}").json()["results"]] == ["Sybil"]
    assert olga.get(f"{LIST}?center={uuid.uuid4()}").json()["count"] == 0
    assert olga.get(f"{LIST}?center=south").status_code == 422


def test_the_copy_follows_what_happens_in_the_center(cast, directors):
    people.update_person(actor=cast.olga, user_id=cast.dora.pk, first_name="Theodora", is_active=False)
    people.change_role(user_id=cast.carol.pk, role="CENTER_ADMIN")
    assert cast.alice
    bus.deliver_due(most=1000)
    copies = CenterAdmin.objects.filter(center=cast.north.id)
    assert set(copies.values_list("first_name", "is_active")) == {("Theodora", False), ("Carol", True)}
    people.change_role(user_id=cast.carol.pk, role="TEACHER")
    people.delete_person(actor=cast.olga, user_id=cast.dora.pk)
    bus.deliver_due(most=1000)
    assert not copies.exists()
    assert CenterAdmin.objects.filter(center=cast.south.id).count() == 1


def test_a_copy_made_anew_equals_the_one_that_was_kept(cast, directors):
    people.update_person(actor=cast.olga, user_id=cast.dora.pk, last_name="East")
    bus.deliver_due(most=1000)
    kept = list(CenterAdmin.objects.order_by("pk").values())
    CenterAdmin.objects.filter(center=cast.north.id).delete()
    CenterAdmin.objects.create(
        **{
            **kept[0],
            "id": uuid.uuid4(),
            "person_id": uuid.uuid4(),
            "center_id": cast.north.id,
            "email": "gone@north.test",
        }
    )
    assert operations.copy_directors() == 1
    assert list(CenterAdmin.objects.order_by("pk").values()) == kept


def test_owners_see_them_in_the_list_of_centers(cast, olga, directors):
    rows = {row["center_name"]: row for row in olga.get("owner-centers/").json()["results"]}
    assert rows["North"]["centeradmin_emails"] == [
        {"id": str(copy_of(cast.dora)), "email": "dora@north.test", "first_name": "Dora", "last_name": "North"}
    ]
    detail = olga.get(f"owner-centers/{cast.south.id}/").json()
    assert [row["email"] for row in detail["centeradmin_emails"]] == ["sybil@south.test"]


# -- adding, changing, removing ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["center_id", "center"])
def test_adds_a_director_who_signs_in_at_that_center_at_once(cast, olga, key):
    body = wendy(cast.north)
    body[key] = body.pop("center_id")
    answer = olga.post(LIST, body)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["email"], made["center"], made["is_approved"]) == ("wendy@north.test", str(cast.north.id), True)
    assert made["message"]
    assert olga.get(f"{LIST}{made['id']}/").status_code == 200
    signed_in = sign_in("wendy@north.test")
    assert signed_in.json()["user"]["role"] == "CENTER_ADMIN"
    assert sign_in("wendy@north.test", "south.localhost").status_code == 401
    with tenancy.enter(cast.south):
        assert not User.objects.filter(email="wendy@north.test").exists()
    with tenancy.enter(cast.north):
        person = User.objects.get(email="wendy@north.test")
        entry = Entry.objects.get(action="person.created", subject_id=str(person.pk))
    assert entry.actor_name == "Olga Shiken"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"email": "x"}, "/email"),
        ({"password": "12345678"}, "/password"),
        ({"first_name": ""}, "/first_name"),
        ({"center_id": "north"}, "/center_id"),
        ({"center_id": None}, "/center_id"),
        ({"role": "OWNER"}, "/role"),
    ],
)
def test_refuses_input_with_its_place(cast, olga, changes, pointer):
    answer = olga.post(LIST, wendy(cast.north, **changes))
    assert answer.status_code == 422
    assert {problem["pointer"] for problem in answer.json()["errors"]} == {pointer}


def test_refuses_a_body_without_a_center(cast, olga):
    body = wendy(cast.north)
    del body["center_id"]
    answer = olga.post(LIST, body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/center_id")


def test_refuses_a_taken_address_and_an_unknown_or_unready_center(cast, olga):
    assert cast.alice
    taken = olga.post(LIST, wendy(cast.north, email="ALICE@north.test"))
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    assert olga.post(LIST, wendy(cast.north, center_id=str(uuid.uuid4()))).status_code == 404
    Center.objects.filter(pk=cast.north.id).update(state="FAILED")
    tenancy.forget()
    unready = olga.post(LIST, wendy(cast.north))
    assert (unready.status_code, unready.json()["code"]) == (409, "center_unready")


@pytest.mark.parametrize("method", ["patch", "put"])
def test_changes_a_director(cast, olga, directors, method):
    one = f"{LIST}{copy_of(cast.dora)}/"
    token = sign_in("dora@north.test").json()["access"]
    changes = {
        "first_name": "Dorothea",
        "last_name": "",
        "email": "Dorothea@north.test",
        "center_id": str(cast.north.id),
    }
    answer = getattr(olga, method)(one, changes)
    assert answer.status_code == 200, answer.content
    assert (answer.json()["first_name"], answer.json()["email"]) == ("Dorothea", "dorothea@north.test")
    assert Api(token=token).get("auth/me/").status_code == 401
    assert sign_in("dora@north.test").status_code == 401
    assert sign_in("dorothea@north.test").status_code == 200
    assert olga.patch(one, {"is_active": False}).json()["is_active"] is False
    assert sign_in("dorothea@north.test").status_code == 401


def test_refuses_to_move_a_director_and_a_taken_address(cast, olga, directors):
    one = f"{LIST}{copy_of(cast.dora)}/"
    moved = olga.patch(one, {"center_id": str(cast.south.id)})
    assert (moved.status_code, moved.json()["code"]) == (422, "center_fixed")
    assert cast.alice
    taken = olga.patch(one, {"email": "alice@north.test", "first_name": "Nobody"})
    assert (taken.status_code, taken.json()["code"]) == (409, "email_taken")
    assert olga.get(one).json()["first_name"] == "Dora"


def test_removes_a_director_the_last_one_too(cast, olga, directors):
    token = sign_in("dora@north.test").json()["access"]
    answer = olga.delete(f"{LIST}{copy_of(cast.dora)}/")
    assert (answer.status_code, bool(answer.json()["message"])) == (200, True)
    assert olga.get(f"{LIST}{copy_of(cast.dora)}/").status_code == 404
    assert Api(token=token).get("auth/me/").status_code == 401
    assert sign_in("dora@north.test").status_code == 401
    assert olga.delete(f"{LIST}{copy_of(cast.dora)}/").status_code == 404


def test_a_copy_of_a_center_with_the_same_people_has_its_own_rows(cast, directors):
    """As after restoring an export beside its original."""
    with tenancy.enter(cast.north):
        mine = operations.queries.find_director(user_id=cast.dora.pk)
    with tenancy.enter(cast.south):
        admins.keep_admin(director=operations._director(mine))
        operations.copy_director(user_id=uuid.uuid4())
    assert CenterAdmin.objects.filter(person_id=cast.dora.pk).count() == 2
    with tenancy.enter(cast.south):
        operations.copy_director(user_id=cast.dora.pk)
    assert CenterAdmin.objects.get(person_id=cast.dora.pk).center_id == cast.north.id


def test_people_who_are_no_directors_are_unknown(cast, olga, directors):
    for id in (cast.alice.pk, cast.carol.pk, cast.olga.pk, uuid.uuid4()):
        for method in ("get", "patch", "put", "delete"):
            assert getattr(olga, method)(f"{LIST}{id}/", {}).status_code == 404


def test_a_copy_that_is_behind_moves_nobody(cast, olga, directors):
    """Dora became a teacher, and the owners' copy does not know yet."""
    people.change_role(user_id=cast.dora.pk, role="TEACHER")
    assert olga.patch(f"{LIST}{copy_of(cast.dora)}/", {"first_name": "X"}).status_code == 404
    assert olga.delete(f"{LIST}{copy_of(cast.dora)}/").status_code == 404
    with tenancy.enter(cast.north):
        assert User.objects.get(pk=cast.dora.pk).first_name == "Dora"


def test_is_for_owners_on_the_main_host(cast, api):
    assert Api(host="localhost").get(LIST).status_code == 401
    assert api(cast.dora).get(LIST).status_code == 404
    assert (
        Api(host="localhost", token=api(cast.dora)._credentials["HTTP_AUTHORIZATION"][7:]).get(LIST).status_code == 401
    )


def test_a_command_copies_them_anew_in_every_center(directors, capsys):
    CenterAdmin.objects.all().delete()
    call_command("copy_directors")
    assert capsys.readouterr().out.split("\n")[:2] == ["north: 1", "south: 1"]
    assert CenterAdmin.objects.count() == 2
    call_command("copy_directors", center="north")
    with pytest.raises(CommandError, match="no such center"):
        call_command("copy_directors", center="west")
