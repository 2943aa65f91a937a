"""A letter is written with the change it tells of, leaves once, and is given up visibly."""

from __future__ import annotations

import io
from datetime import timedelta
from email import message_from_bytes

import pytest
from django.core import mail
from django.db import transaction
from django.db.models.functions import Now
from PIL import Image

from apps.centers.models import Center
from apps.core import images, tenancy
from apps.mail import letters, operations, rules
from apps.mail.errors import AddressRefused
from apps.mail.letters import Content
from apps.mail.models import Mail
from apps.mail.operations import Draft
from tests.apps.mail.server import mail_server

pytestmark = pytest.mark.django_db
HOSTILE = "Eve\r\nBcc: all@south.test\n<script>alert(1)</script>\u202e{{ address }}"


@pytest.fixture
def content(monkeypatch):
    """What the letter ``approved`` says; change it at will."""
    said = {"content": Content({"name": "Alice"})}
    monkeypatch.setitem(letters._fillers, "approved", lambda to, about: said["content"])
    return said


def post(key="k1", to="alice@north.test", **more):
    with transaction.atomic():
        operations.post(drafts=[Draft("approved", to, key, **more)])


def parts(message):
    [html] = [body.content for body in message.alternatives]
    return message.body, html


def test_is_written_once_per_key_and_center_and_sent(cast, content):
    post()
    post()
    with tenancy.enter(cast.south):
        post()
    assert Mail.objects.count() == 2
    assert operations.send_due() == 2
    assert operations.send_due() == 0
    assert sorted(message.from_email for message in mail.outbox) == [
        "North <no-reply@localhost>",
        "South <no-reply@localhost>",
    ]
    assert set(Mail.objects.values_list("status", "tries")) == {("SENT", 1)}


def test_goes_with_the_transaction(cast, content):
    def fail():
        with transaction.atomic():
            post()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not Mail.objects.exists()


def test_shows_the_center_and_leads_to_its_own_host(cast, content, settings):
    settings.SHIKEN_FRONTEND_URL = "https://example.com:8443"
    Center.objects.filter(pk=cast.north.id).update(name="Kita & Co", primary_color="#123456")
    content["content"] = Content({"name": "Alice"}, path="/reset/#uid=1&token=2")
    post()
    operations.send_due()
    text, html = parts(mail.outbox[0])
    assert mail.outbox[0].subject == "You can sign in at Kita & Co"
    assert "https://north.localhost:8443/reset/#uid=1&token=2" in text
    assert 'href="https://north.localhost:8443/reset/#uid=1&amp;token=2"' in html
    assert "Kita &amp; Co" in html
    assert "#123456" in html


@pytest.mark.parametrize(
    ("person", "row", "center", "word"),
    [
        ("ja", "", "en", "ログイン"),
        ("", "", "ja", "ログイン"),
        ("uz", "", "ja", "tasdiqlandi"),
        ("", "ru", "ja", "одобрена"),
        ("xx", "", "", "approved"),
    ],
)
def test_is_in_the_language_of_the_person_or_the_center(cast, content, person, row, center, word):
    Center.objects.filter(pk=cast.north.id).update(locale=center)
    content["content"] = Content({"name": "Alice"}, language=person)
    post(language=row)
    operations.send_due()
    text, html = parts(mail.outbox[0])
    assert word in text
    assert word in html


def test_hostile_names_stay_words(cast, content):
    """No second header, no second line, no tag, and nothing is rendered twice."""
    Center.objects.filter(pk=cast.north.id).update(name=f'"{HOSTILE}', primary_color='red"><x')
    content["content"] = Content({"name": HOSTILE})
    post()
    operations.send_due()
    message = mail.outbox[0]
    raw = message_from_bytes(message.message().as_bytes())
    assert raw["Bcc"] is None
    assert message.to == message.recipients() == ["alice@north.test"]
    assert "\n" not in message.subject
    text, html = parts(message)
    assert "\u202e" not in text + html
    assert "<script>" not in html
    assert "&lt;script&gt;" in html
    assert "<x" not in html
    assert "{{ address }}" in text
    assert "\nBcc" not in text


@pytest.mark.parametrize("to", ["a@b.test\nBcc: c@d.test", "nobody", "a@b.test, c@d.test"])
def test_an_address_that_is_none_is_refused(to):
    with pytest.raises(AddressRefused):
        post(to=to)


def send(key="k1", to=("alice@north.test",), **more):
    with transaction.atomic():
        return operations.send(letter="rejected", to=to, key=key, **{"values": {"quote": "Too late."}, **more})


def test_a_letter_with_all_its_words_is_written_once_to_each_address(cast):
    assert send(to=["alice@north.test", "Bob@north.test"]) == 2
    send(to=["bob@north.test"])
    assert operations.send_due() == 2
    assert all("> Too late." in message.body for message in mail.outbox)
    assert set(Mail.objects.values_list("status", flat=True)) == {"SENT"}


def test_words_are_forgotten_as_soon_as_they_have_left(cast):
    send()
    assert "Too late." in str(Mail.objects.get().about)
    operations.send_due()
    assert Mail.objects.get().about == {}


def test_many_are_written_with_one_statement(cast, count_queries):
    with count_queries() as queries:
        send(to=[f"n{number}@north.test" for number in range(300)])
    assert sum("INSERT" in query["sql"] for query in queries.captured_queries) == 1
    assert Mail.objects.count() == 300


@pytest.mark.parametrize("values", [{}, {"quote": "x", "link": "y"}, {"reason": "x"}])
def test_a_letter_without_its_words_or_with_others_is_a_mistake(cast, values):
    with pytest.raises(LookupError):
        send(values=values)


def test_the_platform_writes_under_its_own_name(cast, settings):
    with tenancy.enter(tenancy.PUBLIC):
        send()
    operations.send_due()
    assert mail.outbox[0].extra_headers["Message-ID"].endswith("@localhost>")


def test_what_is_held_for_somebody_who_is_erased_goes(cast):
    send("a")
    send("b", to=["ALICE@north.test", "bob@north.test"])
    with tenancy.enter(cast.south):
        send("a")
    assert operations.forget(address="alice@north.test") == 2
    assert sorted(Mail.objects.values_list("schema_name", "to")) == [
        ("c_north", "bob@north.test"),
        ("c_south", "alice@north.test"),
    ]


def test_a_center_shows_its_logo_and_does_without_when_that_is_gone(cast):
    data = io.BytesIO()
    Image.new("RGB", (900, 300), "navy").save(data, "PNG")
    name = images.write_picture(kind="logos", content=data.getvalue(), suffix=".png")
    Center.objects.filter(pk=cast.north.id).update(logo=name)
    send("shown")
    Center.objects.filter(pk=cast.south.id).update(logo="c/gone.png")
    with tenancy.enter(cast.south):
        send("gone")
    assert operations.send_due() == 2
    shown, gone = sorted(mail.outbox, key=lambda message: message.from_email)
    [picture] = shown.attachments
    assert max(Image.open(io.BytesIO(picture.get_payload(decode=True))).size) == 160
    assert gone.attachments == []


def test_what_is_not_needed_any_more_is_not_sent(cast, content):
    content["content"] = None
    post()
    operations.send_due()
    assert Mail.objects.get().status == "NEEDLESS"
    assert not mail.outbox


def due_in(row):
    return Mail.objects.filter(pk=row.pk, due_at__gt=Now() + timedelta(seconds=50)).exists()


def test_a_server_that_is_busy_is_asked_again_later(cast, content, settings):
    with mail_server(settings) as server:
        server.answer_to_recipient = "451 busy"
        post()
        operations.send_due()
        row = Mail.objects.get()
        assert (row.status, row.tries) == ("FAILED", 1)
        assert due_in(row)
        server.answer_to_recipient = "250 ok"
        assert operations.send_due() == 0
        Mail.objects.update(due_at=Now())
        assert operations.send_due() == 1
        assert len(server.messages) == 1
    assert set(Mail.objects.values_list("status", "tries")) == {("SENT", 2)}


def test_without_a_server_all_letters_rest_and_none_uses_up_a_try(cast, content, settings, monkeypatch):
    settings.EMAIL_BACKEND = "apps.mail.backends.SmtpBackend"
    settings.EMAIL_PORT = 1
    for number in range(20):
        post(f"k{number}")
    assert operations.send_due() == 1
    assert operations.send_due() == operations.send_these(ids=Mail.objects.values_list("pk", flat=True)) == 0
    monkeypatch.setattr(operations, "_resting_until", 0.0)
    assert operations.send_these(ids=Mail.objects.filter(status="WAITING").values_list("pk", flat=True)) == 1
    assert sorted(Mail.objects.values_list("status", "tries")) == [("FAILED", 0)] * 2 + [("WAITING", 0)] * 18
    assert "ConnectionRefusedError" in Mail.objects.filter(status="FAILED")[0].last_error
    monkeypatch.setattr(operations, "_resting_until", 0.0)
    with mail_server(settings) as server:
        Mail.objects.update(due_at=Now())
        assert operations.send_due() == 20
        assert server.connections == 1
        assert len(server.messages) == 20


def test_after_days_without_a_server_a_letter_is_given_up(cast, content, settings):
    settings.EMAIL_BACKEND = "apps.mail.backends.SmtpBackend"
    settings.EMAIL_PORT = 1
    post()
    Mail.objects.update(created_at=Now() - rules.PATIENCE - timedelta(minutes=1))
    operations.send_due()
    row = Mail.objects.get()
    assert row.status == "DEAD"
    assert row.last_error.startswith(operations.AWAY)


def test_is_given_up_after_the_last_try_and_at_once_where_the_server_refuses_for_good(cast, content, settings):
    with mail_server(settings) as server:
        server.answer_to_recipient = "451 busy"
        post("busy")
        for _ in range(rules.MOST_TRIES + 2):
            Mail.objects.update(due_at=Now())
            operations.send_due()
        server.answer_to_recipient = "550 nobody here"
        post("never")
        operations.send_due()
    assert set(Mail.objects.values_list("key", "status", "tries")) == {
        ("busy", "DEAD", rules.MOST_TRIES),
        ("never", "DEAD", 1),
    }


def test_a_worker_that_died_in_the_middle_leaves_a_row_that_is_given_up(cast, content):
    post()
    Mail.objects.update(status="SENDING", claimed_at=Now() - timedelta(minutes=11), tries=1)
    assert operations.send_due() == 0
    row = Mail.objects.get()
    assert row.status == "DEAD"
    assert "The worker stopped" in row.last_error
    assert not mail.outbox


def test_a_letter_that_cannot_be_filled_in_is_tried_again(cast, content, monkeypatch):
    monkeypatch.setitem(letters._fillers, "approved", lambda to, about: 1 / 0)
    post()
    operations.send_due()
    row = Mail.objects.get()
    assert row.status == "FAILED"
    assert "ZeroDivisionError" in row.last_error


def test_old_letters_are_forgotten_and_dead_ones_kept(cast, content):
    for status in Mail.Status.values:
        post(status)
        Mail.objects.filter(key=status).update(status=status, created_at=Now() - timedelta(days=31))
    assert operations.prune() == 2
    assert set(Mail.objects.values_list("status", flat=True)) == {"WAITING", "SENDING", "FAILED", "DEAD"}
    Mail.objects.update(created_at=Now() - timedelta(days=91))
    assert operations.prune() == 1
    assert set(Mail.objects.values_list("status", flat=True)) == {"WAITING", "SENDING", "FAILED"}


def test_development_writes_files(cast, content, settings, tmp_path):
    settings.EMAIL_BACKEND = "apps.mail.backends.FolderBackend"
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    post()
    operations.send_due()
    [file] = (tmp_path / "mail").iterdir()
    assert message_from_bytes(file.read_bytes())["To"] == "alice@north.test"
