"""Imports and exports as long work: progress, cancelling, a worker that dies, and what they leave."""

from __future__ import annotations

import io
import json
import uuid

import pytest
from django.core.files.storage import default_storage
from django.db import transaction

from apps.authentication.models import User
from apps.jobs import operations as jobs
from apps.jobs import queries as job_queries
from apps.jobs.models import Job
from apps.mock_tests.errors import FileRefused, NothingToExport
from apps.mock_tests.models import BankQuestion, ImportRun, MediaFile, MockTest, Question
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.exchange import export_jobs as exporting_jobs
from apps.mock_tests.operations.exchange import import_jobs as importing_jobs
from apps.mock_tests.operations.exchange import into_bank as importing_bank
from apps.mock_tests.operations.exchange import rows as importing_rows
from apps.mock_tests.rules.exchange import interchange
from tests.apps.mock_tests.exchange.test_importing import choice, quiz
from tests.factories import SAMPLE

pytestmark = pytest.mark.django_db


def ask(person, data, **options):
    return importing_jobs.ask_import(actor=person, content=io.BytesIO(data), file_name="paper.xml", **options)


def run(job):
    jobs.run(job_id=job.pk)
    job.refresh_from_db()
    return job


def test_an_import_becomes_a_test_and_its_report_the_result(cast, tmp_path):
    job = ask(cast.carol, SAMPLE.read_bytes())
    assert default_storage.exists(job.params["source"])
    run(job)
    assert (job.state, job.asked_by) == ("DONE", cast.carol.pk)
    assert job.result["test"] == str(MockTest.objects.get().pk)
    assert job.result["report"]["taken"] > 60
    assert job.done == job.total
    assert not default_storage.exists(job.params["source"])
    again = run(ask(cast.dora, SAMPLE.read_bytes()))
    assert (again.result["existing"], again.result["test"]) == (True, job.result["test"])


def test_the_same_file_asked_for_twice_is_one_job_with_one_waiting_file(cast, tmp_path):
    first, again = ask(cast.carol, quiz(choice())), ask(cast.carol, quiz(choice()))
    assert first.pk == again.pk
    assert ask(cast.dora, quiz(choice())).pk != first.pk
    assert sum(path.is_file() for path in tmp_path.rglob("*")) == 2


def test_a_file_of_no_format_is_refused_before_there_is_a_job(cast):
    for data, options in ((b"PK\x03\x04", {}), (b"x", {"format": "word"})):
        with pytest.raises(FileRefused):
            ask(cast.carol, data, **options)
    assert not Job.objects.exists()


def test_a_refused_file_ends_the_job_with_its_lines_and_goes(cast):
    job = run(ask(cast.carol, quiz(choice(options=(("a", 0), ("b", 0))))))
    assert (job.state, job.code) == ("FAILED", "file_refused")
    assert job.result["errors"][0]["pointer"] == "/line/3"
    assert not default_storage.exists(job.params["source"])


def test_all_or_nothing_refuses_what_would_be_taken_in_part(cast):
    data = quiz(choice("Good"), choice("Bad", options=(("a", 0), ("b", 0))))
    job = run(ask(cast.carol, data, mode="all-or-nothing"))
    assert (job.state, [error["code"] for error in job.result["errors"]]) == ("FAILED", ["question_refused"])
    assert not MockTest.objects.exists()
    assert run(ask(cast.carol, data)).result["report"]["refused"] == 1
    assert Question.objects.count() == 1


def test_a_preview_stores_nothing(cast):
    job = run(ask(cast.carol, quiz(choice()), preview=True))
    assert (job.state, job.result["test"], job.result["report"]["taken"]) == ("DONE", None, 1)
    assert not MockTest.objects.exists()
    assert not ImportRun.objects.exists()


def test_whoever_is_no_teacher_any_more_imports_nothing(cast):
    job = ask(cast.carol, quiz(choice()))
    User.objects.filter(pk=cast.carol.pk).update(role="STUDENT")
    assert (run(job).state, job.code) == ("FAILED", "not_staff")
    assert not MockTest.objects.exists()


class Killed(BaseException):
    """What no handler foresees, like the end of the process."""


def test_a_worker_that_dies_in_the_middle_leaves_nothing_and_the_next_one_does_it_all(cast, monkeypatch):
    job = ask(cast.carol, SAMPLE.read_bytes())
    store, calls = importing_rows._store_questions, []

    def dying(*args):
        calls.append(1)
        store(*args)
        if len(calls) == 1:
            raise Killed

    monkeypatch.setattr(importing_rows, "_store_questions", dying)
    with pytest.raises(Killed), transaction.atomic():
        jobs.run(job_id=job.pk)
    assert not MockTest.objects.exists()
    assert not Question.objects.exists()
    assert not MediaFile.objects.exists()
    assert default_storage.exists(job.params["source"])
    assert run(job).state == "DONE"
    assert MockTest.objects.count() == 1
    assert MediaFile.objects.exists()


def test_a_worker_that_dies_after_the_import_does_not_spoil_it(cast):
    job = ask(cast.carol, quiz(choice()))
    importing_jobs.import_as_job(running=FakeRunning(), params=job.params)
    assert (run(job).state, job.result["existing"]) == ("DONE", True)
    Job.objects.filter(pk=job.pk).update(params={**job.params, "sha256": "0" * 64})
    again = ask(cast.carol, quiz(choice("Other")))
    default_storage.delete(again.params["source"])
    assert (run(again).state, again.code) == ("FAILED", "upload_gone")


class FakeRunning:
    def tell(self, **said):
        pass


def test_cancelling_in_the_middle_takes_everything_back(cast, monkeypatch, tmp_path):
    job = ask(cast.carol, SAMPLE.read_bytes())
    said = []

    def tell(running, *, now=False, **told):
        said.append(told["message"])
        if "Storing" in told["message"]:
            jobs.cancel(actor=cast.carol, job_id=job.pk)
            return plain(running, now=True, **told)
        return None

    plain = jobs.Running.tell
    monkeypatch.setattr(jobs.Running, "tell", tell)
    run(job)
    assert (job.state, job.code) == ("FAILED", "cancelled")
    assert list(dict.fromkeys(said)) == [
        "Fetching the file.",
        "Reading the file.",
        "Reading questions.",
        "Looking into pictures and recordings.",
        "Storing questions.",
    ]
    assert not MockTest.objects.exists()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_a_long_report_tells_what_was_not_simply_taken(cast, monkeypatch):
    monkeypatch.setattr(importing_jobs, "ROWS_TOLD", 2)
    job = run(ask(cast.carol, quiz(choice("1"), choice("2"), choice("3", options=(("a", 0), ("b", 0))))))
    report = job.result["report"]
    assert [row["outcome"] for row in report["rows"]] == ["refused"]
    assert (report["taken"], report["rows_left_out"]) == (2, 2)


# -- the bank ------------------------------------------------------------------------------------------------------


def test_questions_go_into_the_bank_once(cast):
    data = quiz(choice("One?"), choice("Two?"))
    job = run(ask(cast.carol, data, to="bank"))
    assert (job.state, job.result["created"], job.result["known"]) == ("DONE", 2, 0)
    again = run(ask(cast.carol, data + b"<!-- -->", to="bank"))
    assert (again.result["created"], again.result["known"]) == (0, 2)
    assert BankQuestion.objects.count() == 2
    assert not MockTest.objects.exists()


def test_an_import_into_the_bank_says_what_a_group_takes_with_it(cast):
    test = b"text,passage,A,B,key\nOne?,Read this.,a,b,A\n"
    added = importing_bank.import_into_bank(actor=cast.carol, data=test, file_name="x.csv", preview=True)
    (row,) = added.report["rows"]
    assert row["outcome"] == "partly"
    assert "stand alone" in row["reasons"][0]
    assert not BankQuestion.objects.exists()


def test_the_difficulty_of_a_table_is_kept_in_the_bank(cast):
    table = b"text,A,B,key,difficulty,topic\nOne?,a,b,A,hard,Grammar / Particles\n"
    importing_bank.import_into_bank(actor=cast.carol, data=table, file_name="x.csv")
    question = BankQuestion.objects.get()
    assert (question.difficulty, question.topic.name, question.topic.parent.name) == ("HARD", "Particles", "Grammar")


# -- exports -------------------------------------------------------------------------------------------------------


def exported(cast, **options):
    job = run(exporting_jobs.ask_export(actor=cast.carol, **options))
    assert job.state == "DONE", job.message
    return job, b"".join(job_queries.read_file(job=job))


@pytest.mark.parametrize("to", list(interchange.FORMATS))
def test_a_test_is_exported_in_every_format_with_its_losses(cast, to):
    run(ask(cast.carol, SAMPLE.read_bytes()))
    job, content = exported(cast, to=to, test_id=MockTest.objects.get().pk)
    assert interchange.guess_format(content) in (to, "qti", "qti21", "qti22", "qti30")
    assert job.result["questions"] > 60
    if to in ("gift", "aiken"):
        assert job.result["losses"]
    elif to == "native":
        assert not job.result["losses"]


def test_some_questions_of_a_test_go_out_with_their_groups(cast):
    run(ask(cast.carol, SAMPLE.read_bytes()))
    test = MockTest.objects.get()
    chosen = Question.objects.exclude(group__reading_text="").order_by("group", "order")[:1]
    job, content = exported(cast, to="native", test_id=test.pk, question_ids=[question.pk for question in chosen])
    draft, _ = interchange.FORMATS["native"].read(content)
    (group,) = draft.groups()
    assert (job.result["questions"], len(group.questions)) == (1, 1)
    assert group.reading_text
    failed = run(exporting_jobs.ask_export(actor=cast.carol, to="gift", test_id=test.pk, question_ids=[uuid.uuid4()]))
    assert (failed.state, failed.code) == ("FAILED", "nothing_to_export")


def test_questions_of_the_bank_go_out_by_filter_and_in_again(cast):
    table = b"text,A,B,key,difficulty,topic,tags\nOne?,a,b,A,hard,Grammar / Particles,x\nTwo?,a,b,B,easy,Kanji,y\n"
    importing_bank.import_into_bank(actor=cast.carol, data=table, file_name="x.csv")
    job, content = exported(cast, to="csv", bank_filters={"difficulty": "HARD"})
    assert job.result["questions"] == 1
    bank.delete_question(actor=cast.carol, question_id=BankQuestion.objects.get(difficulty="HARD").pk)
    added = importing_bank.import_into_bank(actor=cast.carol, data=content, file_name="y.csv")
    question = BankQuestion.objects.get(pk=added.created[0])
    assert (question.difficulty, question.tags, question.topic.parent.name) == ("HARD", ["x"], "Grammar")
    assert json.dumps(job.params)  # ids and plain values only


def test_nothing_of_the_bank_is_refused_when_it_is_asked_for_and_when_it_is_written(cast):
    table = b"text,A,B,key,tags\nOne?,a,b,A,x\n"
    importing_bank.import_into_bank(actor=cast.carol, data=table, file_name="x.csv")
    for nothing in ({"tags": ["nothing"]}, {"ids": [uuid.uuid4()]}, {"topic": uuid.uuid4()}, {"author": uuid.uuid4()}):
        with pytest.raises(NothingToExport) as refused:
            exporting_jobs.ask_export(actor=cast.carol, to="csv", bank_filters=nothing)
        assert [problem.pointer for problem in refused.value.problems] == ["/bank"]
    assert not Job.objects.filter(kind=exporting_jobs.KIND).exists()
    job = exporting_jobs.ask_export(actor=cast.carol, to="csv", bank_filters={"tags": ["x"]})
    bank.delete_question(actor=cast.carol, question_id=BankQuestion.objects.get().pk)
    late = run(job)
    assert (late.state, late.code) == ("FAILED", "nothing_to_export")
