from __future__ import annotations

import threading
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.models.functions import Now

from apps.core import bus, tenancy, trace
from apps.core.errors import Conflict, Invalid, Problem
from apps.core.models import Delivery
from apps.jobs import operations, queries, rules
from apps.jobs.errors import CannotCancel, FileExpired, JobNotFound, TaskOver, UnknownWork
from apps.jobs.models import Job


class Buried(Conflict):
    code = "buried"
    message = "There is a pipe."


@pytest.fixture
def sent(monkeypatch):
    """The tasks that were sent: kwargs and headers."""
    tasks = []
    monkeypatch.setattr(
        operations.current_app, "send_task", lambda name, **options: tasks.append((name, options)), raising=True
    )
    return tasks


@pytest.mark.django_db
class TestAsking:
    def test_refuses_work_that_nobody_knows(self, ask):
        with pytest.raises(UnknownWork):
            ask("fly")

    def test_names_who_asks(self, ask, work, cast):
        work("dig", lambda running: None)
        assert ask(asker=cast.carol).asked_by == cast.carol.pk
        with trace.at(trace.Trace(trace.API, cast.dora.pk, "Dora North", "CENTER_ADMIN")):
            job = ask()
        assert (job.asked_by, job.asked_by_name) == (cast.dora.pk, "Dora North")

    def test_gives_the_living_job_of_a_key(self, ask, work):
        work("dig", lambda running: None)
        first = ask(key="garden")
        assert ask(key="garden").pk == first.pk
        operations.run(job_id=first.pk)
        assert ask(key="garden").pk != first.pk
        assert ask().pk != ask().pk

    def test_sets_an_alarm_that_hurries_a_worker(self, ask, work, sent, deliver, django_capture_on_commit_callbacks):
        work("dig", lambda running: None)
        job = ask()
        with django_capture_on_commit_callbacks(execute=True):
            deliver()
        ((_, options),) = [task for task in sent if task[0] == "run_job"]
        assert options["kwargs"] == {"job_id": str(job.pk)}
        assert options["headers"] == {"_schema_name": "c_north"}
        assert Delivery.objects.filter(event="job.due", done_at=None, due_at__gt=Now()).count() == 1


@pytest.mark.django_db
class TestRunning:
    def test_keeps_what_the_work_returns(self, ask, work):
        work("dig", lambda running: {"depth": running.params["metres"]})
        job = ask(params={"metres": 3}, total=5)
        assert operations.run(job_id=job.pk) is True
        job.refresh_from_db()
        assert (job.state, job.result, job.done, job.total) == ("DONE", {"depth": 3}, 5, 5)
        assert job.finished_at
        assert job.claim is None

    def test_ends_with_the_refusal_of_the_work(self, ask, work):
        def dig(running):
            raise Buried

        work("dig", dig)
        job = ask()
        operations.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.code, job.message) == ("FAILED", "buried", "There is a pipe.")

    def test_tells_the_places_of_a_refusal(self, ask, work):
        def dig(running):
            raise Invalid(problems=[Problem("/depth", "too_deep", "That is too deep.")])

        work("dig", dig)
        job = ask()
        operations.run(job_id=job.pk)
        job.refresh_from_db()
        assert job.result == {"errors": [{"pointer": "/depth", "code": "too_deep", "detail": "That is too deep."}]}

    def test_hides_what_nobody_foresaw_and_takes_back_what_was_half_done(self, ask, work):
        undone = []

        def dig(running):
            raise ZeroDivisionError("the password is 1234")

        work("dig", dig, undone.append)
        job = ask(params={"where": "garden"})
        operations.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.code) == ("FAILED", "failed")
        assert "1234" not in job.message
        assert undone == [{"where": "garden"}]

    def test_of_an_ended_or_unknown_job_does_nothing(self, ask, work):
        work("dig", lambda running: None)
        job = ask()
        assert operations.run(job_id=job.pk)
        assert not operations.run(job_id=job.pk)
        assert not operations.run(job_id=uuid.uuid4())

    def test_speaks_for_whoever_asked(self, ask, work, cast):
        seen = []
        work("dig", lambda running: seen.append(trace.current()))
        operations.run(job_id=ask(asker=cast.carol).pk)
        assert (seen[0].via, seen[0].actor_id) == (trace.SYSTEM, cast.carol.pk)

    def test_begins_a_job_again_whose_worker_died_and_gives_up_after_three(self, ask, work):
        undone, calls = [], []

        class Killed(BaseException):
            pass

        def dig(running):
            calls.append(running.tries)
            raise Killed

        work("dig", dig, undone.append)
        job = ask()
        for _ in range(rules.MOST_TRIES):
            with pytest.raises(Killed):
                operations.run(job_id=job.pk)
            job.refresh_from_db()
            assert job.state == "RUNNING"
        operations.run(job_id=job.pk)
        job.refresh_from_db()
        assert (calls, job.state, job.code, job.message) == ([1, 2, 3], "FAILED", "worker_died", rules.DIED)
        assert len(undone) == 1

    def test_writes_progress_once_a_second_at_most(self, ask, work, count_queries):
        written = []

        def dig(running):
            with count_queries() as queries_made:
                for done in range(500):
                    running.tell(done=done, total=1000, message=f"{done} metres")
            written.append(len(queries_made))
            running.tell(now=True)
            row = Job.objects.get(pk=running.id)
            assert (row.done, row.total, row.message) == (499, 1000, "499 metres")

        work("dig", dig)
        operations.run(job_id=ask().pk)
        assert written == [1]

    def test_stops_when_another_worker_has_begun_it_again(self, ask, work):
        def dig(running):
            Job.objects.filter(pk=running.id).update(claim=uuid.uuid4())
            running.tell(done=1, now=True)
            raise AssertionError("it went on")

        work("dig", dig)
        job = ask()
        operations.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.done) == ("RUNNING", 0)


@pytest.mark.django_db
class TestFiles:
    @pytest.fixture
    def job(self, ask, work, tmp_path):
        path = tmp_path / "map.txt"
        path.write_bytes(b"here" * 100_000)
        work("dig", lambda running: running.keep_file(path=path, name="Map of the garden.txt"))
        job = ask()
        operations.run(job_id=job.pk)
        job.refresh_from_db()
        return job

    def test_are_kept_under_a_private_name_of_the_center(self, job, north):
        assert job.file.startswith(f"c/{north.id}/jobs/")
        assert (job.file_name, job.file_size) == ("Map of the garden.txt", 400_000)
        assert b"".join(queries.read_file(job=queries.get_file(job_id=job.pk))) == b"here" * 100_000

    def test_go_when_their_time_is_over_and_the_row_much_later(self, job, deliver):
        Job.objects.filter(pk=job.pk).update(file_until=Now() - timedelta(seconds=1))
        with pytest.raises(FileExpired):
            queries.get_file(job_id=job.pk)
        assert operations.run(job_id=job.pk) is True
        assert not default_storage.exists(job.file)
        Job.objects.filter(pk=job.pk).update(finished_at=Now() - rules.ROWS_KEPT)
        assert operations.run(job_id=job.pk) is True
        with pytest.raises(JobNotFound):
            queries.get_file(job_id=job.pk)
        assert not Job.objects.filter(pk=job.pk).exists()

    def test_are_looked_after_when_they_expire(self, job, deliver):
        deliver()
        alarm = Delivery.objects.get(event="job.due", done_at=None)
        assert alarm.due_at == job.file_until


@pytest.mark.races
class TestWorkers:
    """Real threads: a job is one worker's."""

    def _run_at_once(self, job, count=6):
        gate = threading.Barrier(count)

        def worker():
            gate.wait()
            try:
                with tenancy.enter(tenancy.get_by_schema("c_north")):
                    operations.run(job_id=job.pk)
            finally:
                connection.close()

        threads = [threading.Thread(target=worker) for _ in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def test_never_run_one_job_at_the_same_time(self, committed, ask, work):
        calls = []
        work("dig", lambda running: (calls.append(running.claim), threading.Event().wait(0.3))[0])
        self._run_at_once(ask())
        assert len(calls) == 1

    def test_would_without_the_lock(self, committed, ask, work, monkeypatch):
        calls = []
        work("dig", lambda running: (calls.append(running.claim), threading.Event().wait(0.3))[0])
        monkeypatch.setattr(operations, "_try_lock", lambda holder, job_id: True)
        self._run_at_once(ask())
        assert len(calls) > 1

    def test_leave_a_running_job_alone_and_take_up_that_of_a_dead_one(self, committed, ask, work, sent):
        begun, go_on = threading.Event(), threading.Event()

        class Killed(BaseException):
            pass

        def dig(running):
            if running.tries == 1:
                begun.set()
                go_on.wait(10)
                raise Killed

        work("dig", dig)
        job = ask()
        del sent[:]

        def worker():
            try:
                with tenancy.enter(tenancy.get_by_schema("c_north")):
                    operations.run(job_id=job.pk)
            except Killed:
                pass
            finally:
                connection.close()

        thread = threading.Thread(target=worker)
        thread.start()
        assert begun.wait(10)
        _look(job)
        assert [name for name, _ in sent if name == "run_job"] == []
        go_on.set()
        thread.join()
        _look(job)
        assert [name for name, _ in sent if name == "run_job"] == ["run_job"]
        assert operations.run(job_id=job.pk) is True
        assert Job.objects.get(pk=job.pk).state == "DONE"

    def test_are_only_asked_inside_a_transaction(self, committed, work):
        work("dig", lambda running: None)
        with pytest.raises(RuntimeError):
            operations.ask(kind="dig", params={})

    def test_show_progress_from_inside_their_transaction(self, committed, ask, work):
        seen = []

        def dig(running):
            with transaction.atomic():
                Job.objects.filter(pk=uuid.uuid4()).update(done=0)
                running.tell(done=3, message="digging", now=True)
                other = threading.Thread(target=lambda: seen.append(_read(running.id)))
                other.start()
                other.join()

        work("dig", dig)
        operations.run(job_id=ask().pk)
        assert seen == [(3, "digging")]


def _look(job):
    with transaction.atomic():
        operations.look_after(job_id=job.pk)


def _read(job_id):
    try:
        with tenancy.enter(tenancy.get_by_schema("c_north")):
            return Job.objects.values_list("done", "message").get(pk=job_id)
    finally:
        connection.close()


def test_look_again_soon_then_at_the_files_end_then_at_the_rows():
    at = datetime(2026, 1, 1, tzinfo=UTC)
    before = {"is_over": True, "has_file": False, "file_until": None, "finished_at": at, "at": at}

    def look(**known):
        return rules.next_look(**before | known)

    assert look(is_over=False, finished_at=None) == at + rules.LOOK_AGAIN
    assert look(has_file=True, file_until=at + timedelta(days=7)) == at + timedelta(days=7)
    assert look(has_file=True, file_until=at) == at + rules.TIDY_AGAIN
    assert look() == at + rules.ROWS_KEPT
    assert look(finished_at=at - timedelta(days=200)) == at + rules.TIDY_AGAIN


@pytest.mark.parametrize(
    ("done", "total", "is_done", "seen"),
    [(0, 0, False, None), (5, 10, False, 50), (10, 10, False, 99), (3, 0, True, 100)],
)
def test_percent_is_full_only_at_the_end(done, total, is_done, seen):
    assert rules.percent(done=done, total=total, is_done=is_done) == seen


def test_the_alarm_is_known_to_the_bus():
    assert "apps.jobs.subscribers.look_after" in bus._by_path


@pytest.mark.django_db
class TestCancelling:
    def test_ends_what_waits_at_once_and_takes_it_back(self, ask, work, cast):
        undone = []
        work("dig", lambda running: None, undone.append, can_stop=True)
        job = operations.cancel(actor=cast.carol, job_id=ask(asker=cast.carol, params={"pit": 1}).pk)
        assert (job.state, job.code, undone) == ("FAILED", "cancelled", [{"pit": 1}])
        assert operations.run(job_id=job.pk) is False
        job.refresh_from_db()
        assert (job.state, job.tries) == ("FAILED", 0)

    def test_stops_what_runs_where_it_next_tells_how_far_it_is(self, ask, work, cast):
        steps, undone = [], []

        def dig(running):
            for step in range(3):
                steps.append(step)
                if step == 1:
                    operations.cancel(actor=cast.carol, job_id=running.id)
                running.tell(done=step, now=True)

        work("dig", dig, undone.append, can_stop=True)
        job = ask(asker=cast.carol)
        operations.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.code, job.message, job.done) == ("FAILED", "cancelled", rules.CANCELLED, 1)
        assert (steps, undone) == ([0, 1], [{}])

    def test_does_not_begin_again_what_a_dead_worker_left(self, ask, work, cast):
        work("dig", lambda running: pytest.fail("It was begun."), can_stop=True)
        job = ask(asker=cast.carol)
        Job.objects.filter(pk=job.pk).update(state="RUNNING", claim=uuid.uuid4(), tries=1)
        assert operations.cancel(actor=cast.carol, job_id=job.pk).state == "RUNNING"
        assert operations.cancel(actor=cast.carol, job_id=job.pk).cancelled_at is not None
        operations.run(job_id=job.pk)
        job.refresh_from_db()
        assert (job.state, job.code) == ("FAILED", "cancelled")

    def test_refuses_what_is_over_what_cannot_be_stopped_and_what_is_not_ones_own(self, ask, work, cast):
        work("dig", lambda running: None, can_stop=True)
        work("bury", lambda running: None)
        job = ask(asker=cast.carol)
        with pytest.raises(JobNotFound):
            operations.cancel(actor=cast.dora, job_id=job.pk)
        operations.run(job_id=job.pk)
        with pytest.raises(TaskOver):
            operations.cancel(actor=cast.carol, job_id=job.pk)
        with pytest.raises(CannotCancel):
            operations.cancel(actor=cast.carol, job_id=ask("bury", asker=cast.carol).pk)
