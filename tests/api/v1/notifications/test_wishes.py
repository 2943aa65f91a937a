"""Which letters a person wants, over HTTP."""

from __future__ import annotations

import pytest
from django.conf import settings

from apps.notifications import queries, rules
from tests.client import Api

pytestmark = pytest.mark.django_db
WISHES, LEAVE = "notifications/mail-wishes/", "notifications/unsubscribe/"


@pytest.fixture
def token(cast):
    return rules.leave_token(cast.alice.pk, kind="results", center_id=cast.north.id, key=settings.SHIKEN_LINK_KEY)


def test_one_says_which_letters_one_wants(cast):
    student = Api(cast.alice)
    assert student.get(WISHES).json() == {"results": True}
    assert student.patch(WISHES, {"results": False}).json() == {"results": False}
    assert student.get(WISHES).json() == {"results": False}
    assert Api(cast.bob).get(WISHES).json() == {"results": True}
    assert student.put(WISHES, {"results": True}).json() == {"results": True}


def test_refuses_strangers_and_what_is_no_wish(cast):
    assert Api().get(WISHES).status_code == 401
    for body in ({}, {"results": "perhaps"}, {"results": True, "user": str(cast.bob.pk)}):
        assert Api(cast.alice).patch(WISHES, body).status_code == 422


def test_a_link_from_a_letter_needs_no_sign_in_and_does_nothing_when_it_is_only_opened(cast, token):
    stranger = Api()
    assert stranger.get(f"{LEAVE}?token={token}").status_code == 405
    assert queries.wishes_of(user_id=cast.alice.pk).results
    assert stranger.post(f"{LEAVE}?token={token}").status_code == 200
    assert not queries.wishes_of(user_id=cast.alice.pk).results


def test_a_mail_program_does_it_with_one_click(cast, token):
    kind = "application/x-www-form-urlencoded"
    answer = Api().generic("POST", f"{LEAVE}?token={token}", b"List-Unsubscribe=One-Click", content_type=kind)
    assert answer.status_code == 200, answer.content
    assert not queries.wishes_of(user_id=cast.alice.pk).results


@pytest.mark.parametrize("query", ["", "?token=", "?token=x", "?token=%00", "?token=%ff.a"])
def test_other_tokens_are_unknown(cast, query):
    assert Api().post(f"{LEAVE}{query}").status_code == 404


def test_a_token_of_another_center_is_unknown(cast, token):
    assert Api(host="south.localhost").post(f"{LEAVE}?token={token}").status_code == 404
