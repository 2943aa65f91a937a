"""A large test comes in: 5,000 questions with 500 pictures and recordings, in a fresh worker process each time.

- the bare limits: the file parsed and nothing else; the rows of the questions inserted and nothing else;
- ours: the whole import as a job, from the waiting file to the stored test, as Moodle XML, as a package of our own, and as
  a workbook in a zip; once more into the bank.

Memory is the worker's peak as the system counts it, the interpreter and Django included. The longest silence is the
longest time between two words of the job about how far it is, as somebody sees it who reads its row.
"""

from __future__ import annotations

import argparse
import io
import itertools
import json
import random
import subprocess
import sys
import threading
import time
import uuid
import wave
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.harness import VAR, Run, stage

if TYPE_CHECKING:
    from apps.core.tenancy import Tenant
    from apps.mock_tests.rules.exchange.draft import DraftFile, DraftTest

SECONDS, MEMORY_MB, SILENCE = 60.0, 300.0, 1.0
PICTURES = 0.8
"""The share of files that are pictures; the others are recordings."""
FORMATS = ("moodle_xml", "native", "xlsx")


# -- the test ------------------------------------------------------------------------------------------------------


def picture(number: int) -> bytes:
    """A photograph of some 40 KB, each another one."""
    from PIL import Image

    grains = Image.frombytes("RGB", (64, 48), random.Random(number).randbytes(64 * 48 * 3))
    made = io.BytesIO()
    grains.resize((640, 480), Image.Resampling.BICUBIC).save(made, "JPEG", quality=80)
    return made.getvalue()


def recording(number: int) -> bytes:
    """Eight seconds of some 130 KB, each another one."""
    made = io.BytesIO()
    with wave.open(made, "wb") as sound:
        sound.setparams((1, 1, 16_000, 0, "NONE", ""))
        sound.writeframes(random.Random(number).randbytes(128_000))
    return made.getvalue()


def make_test(questions: int, files: int) -> DraftTest:
    from apps.mock_tests.rules.exchange.draft import DraftFile, DraftGroup, DraftSection, DraftTest

    held: list[DraftFile] = []
    for number in range(files):
        if number < files * PICTURES:
            held.append(DraftFile(f"picture-{number}.jpg", picture(number), "image/jpeg", "image"))
        else:
            held.append(DraftFile(f"recording-{number}.wav", recording(number), "audio/wav", "audio"))
    every = max(1, questions // max(1, files))
    made = [
        _question(number, held[number // every] if number % every == 0 and number // every < files else None)
        for number in range(questions)
    ]
    groups = [
        DraftGroup(
            f"Group {n}", "<p>Read and answer.</p>", f"<p>Passage {n}. {'Some words. ' * 30}</p>", (), tuple(part)
        )
        for n, part in enumerate([made[place : place + 10] for place in range(0, questions, 10)])
    ]
    sections = [
        DraftSection(f"Section {place // 50 + 1}", "GENERAL", tuple(groups[place : place + 50]))
        for place in range(0, len(groups), 50)
    ]
    return DraftTest("A large test", "", tuple(sections))


def _question(number: int, file: DraftFile | None) -> Any:
    from decimal import Decimal

    from apps.mock_tests.rules.exchange.draft import DraftOption, DraftQuestion
    from apps.mock_tests.rules.types.base import Answer, Text

    shown = f'<img src="media:{file.name}">' if file is not None and file.kind == "image" else ""
    common: dict[str, Any] = {
        "name": f"Question {number}",
        "text": f"<p>What is the sum of <b>{number}</b> and {number % 17}? 問{number}。</p>{shown}",
        "explanation": f"<p>It is {number + number % 17}.</p>",
        "tags": ("sums", f"chapter {number % 40}"),
        "topic": f"Topic {number % 10}",
        "files": (file,) if file else (),
    }
    if number % 5 == 4:
        answer = Answer(Decimal(number + number % 17), Decimal(0), Decimal(1))
        return DraftQuestion(type="numeric", answers=(answer,), **common)
    if number % 5 == 3:
        return DraftQuestion(
            type="short_text", texts=(Text(str(number + number % 17)), Text("sum", Decimal("0.5"))), **common
        )
    options = tuple(DraftOption(f"Option {letter} of {number}", Decimal(letter == "B")) for letter in "ABCD")
    return DraftQuestion(type="single_choice", options=options, **common)


# -- the worker ----------------------------------------------------------------------------------------------------


def work(schema: str, job_id: str) -> None:
    """What a worker process does with one job; tells how long it took, and its peak of memory."""
    import django

    django.setup()
    from apps.core import tenancy
    from apps.jobs import operations as jobs

    with tenancy.enter(tenancy.get_by_schema(schema)):
        began, busy = time.perf_counter(), time.process_time()
        jobs.run(job_id=uuid.UUID(job_id))
        took, busy = time.perf_counter() - began, time.process_time() - busy
    status = Path("/proc/self/status").read_text()
    peak = int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1]) / 1024
    print(json.dumps({"seconds": took, "busy": busy, "peak": peak}))


class Bench:
    def __init__(self, tenant: Tenant, questions: int, files: int) -> None:
        from apps.authentication.operations import people
        from apps.mock_tests.rules.exchange import interchange

        self.tenant = tenant
        self.admin = people.create_person(email="admin@bench.test", password=None, role="CENTER_ADMIN")
        test = make_test(questions, files)
        self.questions = questions
        self.files: dict[str, Path] = {}
        for name in FORMATS:
            content, _ = interchange.FORMATS[name].write(test)
            self.files[name] = VAR / f"import.{name}"
            self.files[name].write_bytes(content)
        self.taken = 0
        self.peaks: dict[str, list[float]] = {}
        self.silences: dict[str, list[float]] = {}
        self.busy: dict[str, list[float]] = {}

    def bare_parse(self, name: str) -> float:
        """The file read by the library that reads it, and thrown away."""
        import zipfile
        from xml.parsers import expat

        import openpyxl

        path = self.files[name]
        began = time.perf_counter()
        if name == "moodle_xml":
            with path.open("rb") as file:
                expat.ParserCreate().ParseFile(file)
        else:
            with zipfile.ZipFile(path) as archive:
                for member in archive.namelist():
                    content = archive.read(member)
                    if member.endswith(".xlsx"):
                        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True)
                        for row in book.worksheets[0].iter_rows(values_only=True):
                            del row
                    elif member.endswith(".json"):
                        json.loads(content)
        return time.perf_counter() - began

    def bare_insert(self) -> float:
        """As many rows of questions as that, made beforehand."""
        from django.db import transaction

        from apps.mock_tests.models import MockTest, Question, QuestionGroup, TestSection

        test = MockTest.objects.create(title="Bare", created_by_id=self.admin.pk)
        section = TestSection.objects.create(mock_test=test, name="Bare", duration=1)
        group = QuestionGroup.objects.create(section=section)
        content = {"options": [{"id": f"o{n}", "text": "Option", "image": None} for n in range(4)]}
        key = {"fractions": {f"o{n}": "1" if n else "0" for n in range(4)}}
        rows = [
            Question(group=group, name=f"Question {n}", text="<p>What is it?</p>", content=content, key=key, order=n)
            for n in range(self.questions)
        ]
        began = time.perf_counter()
        with transaction.atomic():
            Question.objects.bulk_create(rows, batch_size=250)
        return time.perf_counter() - began

    def ours(self, name: str, to: str = "test") -> float:
        """One import, of a file that the center does not know."""
        from apps.mock_tests.operations.exchange import import_jobs as importing_jobs

        self.taken += 1
        path = self.files[name]
        with path.open("rb") as file:
            job = importing_jobs.ask_import(
                actor=self.admin, content=_renewed(file, self.taken), file_name=path.name, format=name, to=to
            )
        listener = Listener(self.tenant.schema_name, job.pk)
        listener.start()
        told = subprocess.run(
            [sys.executable, "-m", "benchmarks.imports", "--work", self.tenant.schema_name, str(job.pk)],
            check=True,
            stdout=subprocess.PIPE,
        )
        listener.stop()
        job.refresh_from_db()
        if job.state != "DONE" or job.result["report"]["taken"] + job.result["report"]["partly"] < self.questions:
            raise SystemExit(f"{name}: {job.state} {job.code} {job.message} {str(job.result)[:500]}")
        said = json.loads(told.stdout.splitlines()[-1])
        label = f"{name} into {'a test' if to == 'test' else 'the bank'}"
        self.peaks.setdefault(label, []).append(said["peak"])
        self.busy.setdefault(label, []).append(said["busy"])
        self.silences.setdefault(label, []).append(listener.longest(job.started_at, job.finished_at))
        return float(said["seconds"])


def _renewed(file: Any, number: int) -> io.BytesIO:
    """The file with a harmless addition, so that it is another one: a remark in XML, a comment of a zip."""
    content = file.read()
    if content.startswith(b"PK"):
        remark = f"copy {number}".encode()
        return io.BytesIO(content[:-2] + len(remark).to_bytes(2, "little") + remark)
    return io.BytesIO(content + f"<!-- copy {number} -->".encode())


class Listener(threading.Thread):
    """Reads the row of a job all the time, on a connection of its own."""

    def __init__(self, schema: str, job_id: uuid.UUID) -> None:
        super().__init__(daemon=True)
        self._query = f'SELECT told_at FROM "{schema}".jobs_job WHERE id = %s'
        self._job_id = job_id
        self._told: set[Any] = set()
        self._is_over = threading.Event()

    def run(self) -> None:
        from django.db import connection

        line = connection.copy()
        with line.cursor() as cursor:
            while not self._is_over.wait(0.02):
                cursor.execute(self._query, [self._job_id])
                if (row := cursor.fetchone()) and row[0]:
                    self._told.add(row[0])
        line.close()

    def stop(self) -> None:
        self._is_over.set()
        self.join()

    def longest(self, began: Any, ended: Any) -> float:
        moments = sorted({began, *self._told, ended})
        return max((after - before).total_seconds() for before, after in itertools.pairwise(moments))


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--questions", type=int, default=5_000)
    words.add_argument("--files", type=int, default=500)
    words.add_argument("--repeats", type=int, default=3)
    words.add_argument("--only", nargs="*", choices=FORMATS, default=FORMATS)
    words.add_argument("--work", nargs=2, metavar=("SCHEMA", "JOB"), help=argparse.SUPPRESS)
    given = words.parse_args()
    if given.work:
        work(*given.work)
        return
    run = Run("imports", unit="s", repeats=given.repeats)
    with stage("imports") as here:
        from apps.core import tenancy

        tenant = here.open_center("school")
        with tenancy.enter(tenant):
            bench = Bench(tenant, given.questions, given.files)
            peers: dict[str, Callable[[], float]] = {"rows inserted, nothing else": bench.bare_insert}
            for name in given.only:
                peers[f"{name} parsed, nothing else"] = lambda name=name: bench.bare_parse(name)  # type: ignore[misc]
                peers[f"{name} into a test"] = lambda name=name: bench.ours(name)  # type: ignore[misc]
            if "native" in given.only:
                peers["native into the bank"] = lambda: bench.ours("native", "bank")
            run.take_turns(peers)
    for name, path in bench.files.items():
        print(f"  {name}: {path.stat().st_size / 2**20 if path.exists() else 0:.1f} MB")
    for took, values in bench.peaks.items():
        run.notes[took] = f"of which {min(bench.busy[took]):.1f} s of its own processor time"
        run.bar(f"seconds for {took}", run.median(took), at_most=SECONDS)
        run.bar(f"MB at the peak, {took}", max(values), at_most=MEMORY_MB)
        run.bar(f"seconds of silence, {took}", max(bench.silences[took]), at_most=SILENCE)
    run.report(against=lambda name: "rows inserted, nothing else")


if __name__ == "__main__":
    main()
