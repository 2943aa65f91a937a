"""The last place of a group, with real threads."""

from __future__ import annotations

import contextlib
import threading

import pytest
from django.db import connection

from apps.core import tenancy
from apps.groups import errors, operations, queries
from apps.groups.models import Group


@pytest.mark.races
@pytest.mark.parametrize("locked", [True, False], ids=["with the lock", "without it, the last place is taken twice"])
def test_two_at_once_cannot_both_take_the_last_place(committed, cast, locked, monkeypatch):
    group = operations.create_group(name="N5", max_students=1)
    both_counted = threading.Barrier(2)
    check = operations._check_places

    def slow_check(*args):
        check(*args)
        with contextlib.suppress(threading.BrokenBarrierError):
            both_counted.wait(timeout=0.5)

    monkeypatch.setattr(operations, "_check_places", slow_check)
    if not locked:
        monkeypatch.setattr(operations, "_lock", lambda group_id: Group.objects.get(pk=group_id))
    ids, refused = [cast.alice.pk, cast.bob.pk], []

    def join(user_id):
        try:
            with tenancy.enter(cast.north):
                operations.add_member(group_id=group.pk, user_id=user_id, role="STUDENT")
        except errors.GroupFull:
            refused.append(user_id)
        finally:
            connection.close()

    threads = [threading.Thread(target=join, args=[user_id]) for user_id in ids]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(queries.student_ids([group.pk])), len(refused)) == ((1, 1) if locked else (2, 0))
