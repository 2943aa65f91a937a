"""Letters on their way to a real mail server, whatever it says."""

from __future__ import annotations

import socket
import time

import pytest
from django.db import transaction
from django.db.models.functions import Now

from apps.mail import letters, operations
from apps.mail.letters import Content
from apps.mail.models import Mail
from apps.mail.operations import Draft
from tests.apps.mail.server import certificate, mail_server

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _content(monkeypatch):
    monkeypatch.setitem(letters._fillers, "approved", lambda to, about: Content({"name": "Alice"}))


def post(*people):
    with transaction.atomic():
        operations.post(drafts=[Draft("approved", to, to) for to in people])


def states():
    return dict(Mail.objects.values_list("to", "status"))


def test_travels_by_smtp(cast, settings):
    with mail_server(settings) as server:
        post("alice@north.test")
        operations.send_due()
    [message] = server.messages
    row = Mail.objects.get()
    assert row.status == "SENT"
    assert message["Message-ID"] == f"<{row.pk}@north.localhost>"
    assert message["To"] == "alice@north.test"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]


def test_one_refused_recipient_stops_nobody_else(cast, settings):
    with mail_server(settings) as server:
        server.answers["never@north.test"] = "550 5.1.1 nobody of that name"
        post("alice@north.test", "never@north.test", "bob@north.test")
        assert operations.send_due() == 3
        assert server.connections == 1
    assert states() == {"alice@north.test": "SENT", "never@north.test": "DEAD", "bob@north.test": "SENT"}
    assert "nobody of that name" in Mail.objects.get(status="DEAD").last_error


def test_a_greylisting_server_gets_the_letter_later(cast, settings):
    with mail_server(settings) as server:
        server.greylists = True
        post("alice@north.test")
        operations.send_due()
        row = Mail.objects.get()
        assert (row.status, row.tries, row.due_at > row.created_at) == ("FAILED", 1, True)
        assert "greylisted" in row.last_error
        Mail.objects.update(due_at=Now())
        operations.send_due()
        assert len(server.messages) == 1
    assert states() == {"alice@north.test": "SENT"}


@pytest.mark.parametrize("answer", ["451 4.3.0 later", "550 5.7.1 not from you"])
def test_a_server_that_does_not_take_our_sender_costs_no_letter_a_try(cast, settings, answer):
    with mail_server(settings) as server:
        server.answer_to_sender = answer
        post("alice@north.test", "bob@north.test")
        assert operations.send_due() == 1
    assert sorted(states().values()) == ["FAILED", "WAITING"]
    assert set(Mail.objects.values_list("tries", flat=True)) == {0}


def test_a_server_that_has_had_enough_of_a_connection_gets_another(cast, settings):
    with mail_server(settings) as server:
        server.most_per_connection = 2
        post(*[f"n{number}@north.test" for number in range(5)])
        assert operations.send_due() == 5
        assert server.connections == 3
    assert set(states().values()) == {"SENT"}


def test_a_connection_that_breaks_before_the_message_loses_nothing(cast, settings):
    with mail_server(settings) as server:
        server.hangs_up_before_data = True
        post("alice@north.test")
        operations.send_due()
        assert (states(), server.messages) == ({"alice@north.test": "FAILED"}, [])


def test_a_connection_that_breaks_on_the_message_leaves_it_to_a_person(cast, settings):
    with mail_server(settings) as server:
        server.hangs_up_after_data = True
        post("alice@north.test")
        operations.send_due()
        row = Mail.objects.get()
        assert (row.status, len(server.messages)) == ("DEAD", 1)
        assert "nobody knows" in row.last_error
        Mail.objects.update(due_at=Now())
        assert operations.send_due() == 0
        server.hangs_up_after_data = False
        assert operations.revive(ids=[row.pk]) == 1
        operations.send_due()
    assert states() == {"alice@north.test": "SENT"}


def test_a_server_that_says_nothing_holds_nobody_up_for_long(cast, settings):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        settings.EMAIL_BACKEND = "apps.mail.backends.SmtpBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = silent.getsockname()
        settings.EMAIL_TIMEOUT = 1
        post(*[f"n{number}@north.test" for number in range(9)])
        began = time.monotonic()
        assert operations.send_due() == 1
        assert time.monotonic() - began < 3
    assert sorted(states().values()) == ["FAILED"] + ["WAITING"] * 8


@pytest.mark.parametrize("from_the_first_byte", [False, True], ids=["STARTTLS", "TLS"])
def test_speaks_tls_with_a_server_that_somebody_vouches_for(cast, settings, tmp_path, monkeypatch, from_the_first_byte):
    context, authority = certificate(tmp_path)
    settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL = not from_the_first_byte, from_the_first_byte
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "postmaster", "right"
    options = {"ssl_context": context} if from_the_first_byte else {"tls_context": context, "require_starttls": True}
    with mail_server(settings, auth_required=True, auth_require_tls=not from_the_first_byte, **options) as server:
        post("alice@north.test")
        operations.send_due()
        assert states() == {"alice@north.test": "FAILED"}
        assert "CERTIFICATE_VERIFY_FAILED" in Mail.objects.get().last_error
        assert server.users == []
        monkeypatch.setenv("SSL_CERT_FILE", str(authority))
        monkeypatch.setattr(operations, "_resting_until", 0.0)
        Mail.objects.update(due_at=Now())
        operations.send_due()
        assert (server.users, len(server.messages)) == (["postmaster"], 1)
    assert states() == {"alice@north.test": "SENT"}


def test_gives_neither_password_nor_letter_to_a_server_without_the_tls_that_is_asked_for(cast, settings):
    settings.EMAIL_USE_TLS = True
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "postmaster", "right"
    with mail_server(settings, auth_require_tls=False) as server:
        post("alice@north.test")
        operations.send_due()
        assert (server.users, server.recipients) == ([], [])
    assert "STARTTLS" in Mail.objects.get().last_error


def test_a_wrong_password_is_told_and_no_letter_is_given_up(cast, settings):
    settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD = "postmaster", "wrong"
    with mail_server(settings, auth_required=True, auth_require_tls=False):
        post("alice@north.test")
        operations.send_due()
    row = Mail.objects.get()
    assert (row.status, row.tries) == ("FAILED", 0)
    assert "535" in row.last_error


def test_an_address_that_no_server_here_can_write_to_is_given_up(cast, settings):
    with mail_server(settings):
        post("たろう@north.test", "alice@north.test")
        operations.send_due()
    assert states() == {"たろう@north.test": "DEAD", "alice@north.test": "SENT"}
