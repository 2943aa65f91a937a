"""Every page of both admins opens, shows this host's rows alone, and none shows a key but a question's own."""

from __future__ import annotations

import copy

import pytest
from django.contrib.admin.models import LogEntry
from django.db.models import UUIDField
from django.urls import reverse, set_urlconf

from apps.assignments import operations as rooms
from apps.centers.models import Center
from apps.core import clock, tenancy
from apps.core.adminsite import center_site, main_site
from apps.core.models import Delivery
from apps.mail.models import Mail
from apps.mock_tests.models import Question
from tests import factories, lasting
from tests.cast import Cast
from tests.furnish import furnish, furnish_south

pytestmark = pytest.mark.django_db


def pages_of(site, urlconf):
    """(model, address of its list)"""
    set_urlconf(urlconf)
    try:
        return [
            (model, reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist"))
            for model in site._registry
        ]
    finally:
        set_urlconf(None)


CENTER_PAGES = pages_of(center_site, "config.urls")
MAIN_PAGES = pages_of(main_site, "config.urls_public")


@pytest.fixture(scope="module")
def furnished(both, django_db_blocker):
    """Both centers, for all pages: each test only looks, or undoes what it does."""
    people = Cast(*both)

    def make():
        south = furnish_south(people)
        return people, furnish(people), south

    with lasting.rows(django_db_blocker, people.north, make) as made:
        yield made


@pytest.fixture
def cast(furnished):
    return copy.copy(furnished[0])


@pytest.fixture
def in_north(furnished):
    return furnished[1]


@pytest.fixture
def in_south(furnished):
    return furnished[2]


# Tables of the public schema that a center's admin shows: which rows are whose is said by a column.
SHARED = {"Center": ("pk", "id"), "DomainClaim": ("center", "id"), "Mail": ("schema_name", "schema_name")}


ENDS = 8


def own_rows(model, tenant):
    manager = model._default_manager
    column, value = SHARED.get(model.__name__, ("", ""))
    return manager.filter(**{column: getattr(tenant, value)}) if column else manager.all()


def rows_of(model):
    return list(model._default_manager.all()[:5])


@pytest.mark.parametrize(("model", "page"), CENTER_PAGES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_page_of_a_center_opens(cast, browser, in_north, model, page):
    dora = browser(cast.dora)
    admin = center_site._registry[model]
    assert dora.get(page).status_code == 200
    assert dora.get(page, {"q": "class of"}).status_code == 200
    assert dora.get(page, {"o": "1.-2"}).status_code == 200
    assert dora.get(f"{page}add/").status_code == (200 if admin.can_add else 403)
    for row in own_rows(model, cast.north)[:5]:
        assert dora.get(f"{page}{row.pk}/change/").status_code == 200
        assert dora.get(f"{page}{row.pk}/history/").status_code == 200
        assert dora.get(f"{page}{row.pk}/delete/").status_code == (200 if admin.can_delete_rows else 403)


@pytest.mark.parametrize(("model", "page"), MAIN_PAGES, ids=lambda value: getattr(value, "__name__", ""))
def test_every_page_of_the_owners_opens(cast, browser, in_north, model, page):
    olga = browser(cast.olga)
    admin = main_site._registry[model]
    assert olga.get(page).status_code == 200
    assert olga.get(page, {"q": "north"}).status_code == 200
    assert olga.get(f"{page}add/").status_code == (200 if admin.can_add else 403)
    with tenancy.enter(tenancy.PUBLIC):
        rows = rows_of(model)
    for row in rows:
        assert olga.get(f"{page}{row.pk}/change/").status_code == 200
        # A center is deleted by an act of its own, which asks for its name first.
        assert olga.get(f"{page}{row.pk}/delete/").status_code == (200 if model is Center else 403)


def test_overviews_count_what_is_there(cast, browser, in_north):
    overview = browser(cast.dora).get("/admin/").content.decode()
    assert "Room of North" in overview
    assert "scheduled: 1" in overview
    platform = browser(cast.olga).get("/admin/").content.decode()
    assert "Newest centers" in platform
    assert "north.localhost" in platform
    assert "Room of North" not in platform


# Letters of all centers lie in one table; they have a test of their own.
OWN_TABLES = [(model, page) for model, page in CENTER_PAGES if model is not Mail]


@pytest.mark.parametrize(("model", "page"), OWN_TABLES, ids=lambda value: getattr(value, "__name__", ""))
def test_a_center_sees_its_own_rows_alone(cast, browser, in_north, in_south, model, page):
    northern = {row.pk for row in own_rows(model, cast.north)}
    with tenancy.enter(cast.south):
        southern = [row.pk for row in own_rows(model, cast.south) if row.pk not in northern]
    dora = browser(cast.dora)
    shown = dora.get(page, {"all": ""}).content.decode()
    assert "of South" not in shown
    assert southern or not isinstance(model._meta.pk, UUIDField)
    for pk in southern if isinstance(model._meta.pk, UUIDField) else ():
        assert str(pk) not in shown
        answer = dora.get(f"{page}{pk}/change/")
        assert (answer.status_code, answer.headers["Location"]) == (302, "/admin/")


def ends_of(rows):
    """All of few rows, and the oldest and the newest of many."""
    return rows if len(rows) <= 2 * ENDS else rows[:ENDS] + rows[-ENDS:]


def test_no_page_shows_a_key_but_the_questions_own(cast, browser, in_north):
    """The share of a right option is the trace: it is in the draft's question page, and nowhere else."""
    canary = "0.7731"
    question = Question.objects.filter(group__section__mock_test=in_north.draft, type="multiple_choice").get()
    key = {"fractions": dict(zip(question.key["fractions"], [canary, "0.2269", "-0.5"], strict=True))}
    Question.objects.filter(pk=question.pk).update(key=key, explanation="sesame-7fd1")
    paper = factories.publish(cast, in_north.draft)
    dora = browser(cast.dora)
    own = f"/admin/mock_tests/question/{question.pk}/change/"
    assert canary in dora.get(own).content.decode()
    for model, page in CENTER_PAGES:
        addresses = [page, *(f"{page}{row.pk}/change/" for row in ends_of(list(model._default_manager.all())))]
        for address in addresses:
            if address == own:
                continue
            shown = dora.get(address).content.decode()
            assert canary not in shown, address
            assert "sesame-7fd1" not in shown, address
    assert str(paper.pk) in dora.get("/admin/mock_tests/paper/").content.decode()


def test_a_published_test_is_locked(cast, browser, in_north):
    dora = browser(cast.dora)
    question = Question.objects.filter(group__section__mock_test=in_north.test).first()
    for address in (
        f"/admin/mock_tests/mocktest/{in_north.test.pk}/change/",
        f"/admin/mock_tests/question/{question.pk}/change/",
    ):
        assert 'name="_save"' not in dora.get(address).content.decode()
        assert dora.post(address, {"title": "Mine", "text": "mine"}).status_code == 403
    draft = f"/admin/mock_tests/mocktest/{in_north.draft.pk}/change/"
    assert 'name="_save"' in dora.get(draft).content.decode()


def test_dead_deliveries_are_seen_and_revived(cast, browser):
    with tenancy.enter(tenancy.PUBLIC):
        dead = Delivery.objects.create(
            schema_name="c_north",
            event="thing.happened",
            payload={},
            subscriber="apps.attempts.subscribers.x",
            queue="default",
            due_at=clock.now(),
            tries=8,
            dead_at=clock.now(),
            last_error="Boom",
        )
    olga = browser(cast.olga)
    assert "thing.happened" in olga.get("/admin/core/delivery/", {"state": "dead"}).content.decode()
    answer = olga.post("/admin/core/delivery/", {"action": "revive", "_selected_action": [dead.pk]})
    assert answer.status_code == 302
    with tenancy.enter(tenancy.PUBLIC):
        dead.refresh_from_db()
        assert (dead.dead_at, dead.tries) == (None, 0)
        assert LogEntry.objects.get().change_message


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("authentication/user/?role__exact=STUDENT", 200),
        ("authentication/user/?password__startswith=a", 400),
        ("authentication/session/?user__password__startswith=a", 400),
        ("mock_tests/question/?key__contains=1", 400),
        ("attempts/attempt/?assignment__access_code__startswith=a", 400),
        ("authentication/user/?is_active__exact=maybe", 302),
        ("authentication/user/?q=%00", 200),
        ("authentication/user/?p=9999&o=1.99.x", 200),
        ("authentication/user/not-a-uuid/change/", 302),
        ("leaderboards/ranking/99999999999999999999/change/", 302),
        ("search/?s=user&page=1", 200),
        ("search/?s=user&page=zzz", 404),
        ("search/?s=user&page=9", 404),
        ("autocomplete/?app_label=groups&model_name=membership&field_name=user", 200),
        ("autocomplete/?term=a", 403),
        ("password_change/", 302),
        ("nope/", 404),
    ],
)
def test_odd_addresses_are_answered_soberly(cast, browser, address, status):
    assert browser(cast.dora).get(f"/admin/{address}").status_code == status


def test_a_room_offers_only_the_moves_that_it_has_left(cast, browser, in_north):
    dora = browser(cast.dora)

    def offered():
        page = dora.get(f"/admin/assignments/examassignment/{in_north.room.pk}/change/").content.decode()
        return {act for act in ("open", "close", "release") if f"/{in_north.room.pk}/{act}/" in page}

    assert offered() == {"close"}
    rooms.close_room(assignment_id=in_north.room.pk)
    assert offered() == {"release"}
    rooms.finalise_room(assignment_id=in_north.room.pk)
    assert offered() == {"release"}
    rooms.release_results(assignment_id=in_north.room.pk)
    assert offered() == set()


def test_a_center_sees_its_own_letters_and_sends_a_dead_one_after_all(cast, browser, in_north, in_south):
    Mail.objects.update(status="DEAD", last_error="550 nobody here")
    dora, list_page = browser(cast.dora), "/admin/mail/mail/"
    seen = dora.get(list_page).content.decode()
    assert in_north.mail.to in seen
    assert in_south.mail.to not in seen
    page = f"{list_page}{in_north.mail.pk}/change/"
    assert "550 nobody here" in dora.get(page).content.decode()
    assert dora.get(f"{list_page}{in_south.mail.pk}/change/").status_code == 302
    dora.post(f"{list_page}{in_north.mail.pk}/revive/", {"_form_submitted": "1"})
    dora.post(f"{list_page}{in_south.mail.pk}/revive/", {"_form_submitted": "1"})
    assert Mail.objects.get(pk=in_north.mail.pk).status == "WAITING"
    assert Mail.objects.get(pk=in_south.mail.pk).status == "DEAD"
