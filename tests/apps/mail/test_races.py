"""Many workers, one outbox."""

from __future__ import annotations

import threading

import pytest
from django.db import connection, transaction

from apps.mail import letters, operations
from apps.mail.letters import Content
from apps.mail.models import Mail
from apps.mail.operations import Draft
from tests.apps.mail.server import mail_server


@pytest.mark.races
@pytest.mark.parametrize("claims", [True, False], ids=["with the claim", "without it, letters leave twice"])
def test_workers_at_once_send_each_letter_once(committed, cast, settings, monkeypatch, claims):
    monkeypatch.setitem(letters._fillers, "approved", lambda to, about: Content())
    if not claims:
        monkeypatch.setattr(operations, "_claim", lambda which: Mail.objects.filter(which, status="WAITING").first())
        monkeypatch.setattr(
            operations, "_mark", lambda row, **changes: Mail.objects.filter(pk=row.pk).update(**changes)
        )
    all_there = threading.Barrier(8)

    def work():
        try:
            all_there.wait()
            operations.send_due()
        finally:
            connection.close()

    with mail_server(settings) as server:
        with transaction.atomic():
            operations.post(drafts=[Draft("approved", f"p{n}@north.test", f"k{n}") for n in range(40)])
        threads = [threading.Thread(target=work) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    addresses = [message["To"] for message in server.messages]
    assert len(set(addresses)) == 40
    assert (len(addresses) == 40) == claims
