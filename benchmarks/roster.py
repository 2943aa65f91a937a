"""A list of people comes in, with groups, letters and some bad rows, in a center that has people already.

- the peer adds them one by one, each with the operations that the API calls for one person; a tenth of them is measured,
  and counted ten times;
- ours is ``groups.roster.import_roster`` of a CSV file, of a workbook, and of the same file again;
- a list that is far too long is refused; what that takes, and how much memory on top of the file.
"""

from __future__ import annotations

import argparse
import io
import time
import tracemalloc
from collections.abc import Callable
from typing import Any

from benchmarks.harness import Run, stage

SECONDS, MEMORY_MB = 10.0, 40.0
GROUPS, BAD_EACH = 20, 25
SHARE = 0.1
TOO_MANY = 100_000
HEADER = ["email", "first name", "last name", "role", "groups", "language", "phone"]


class Lists:
    """Lists of new people, a fresh set each time it is asked."""

    def __init__(self, people: int) -> None:
        self.people, self.taken = people, 0

    def rows(self) -> list[list[str]]:
        self.taken += 1
        return [HEADER, *(self._row(number) for number in range(self.people))]

    def _row(self, number: int) -> list[str]:
        email = f"p{self.taken}-{number}@bench.test" if number % BAD_EACH else "nobody"
        return [email, "Person", str(number), "student", f"Group {number % GROUPS}", "ja", "+998 90 123 45 67"]


def as_csv(rows: list[list[str]]) -> bytes:
    return "\n".join(",".join(row) for row in rows).encode()


def as_xlsx(rows: list[list[str]]) -> bytes:
    import openpyxl

    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


class Bench:
    def __init__(self, people: int) -> None:
        from apps.authentication.operations import people as accounts

        self.lists = Lists(people)
        self.admin = accounts.create_person(email="admin@bench.test", password=None, role="CENTER_ADMIN")
        self.last = b""

    def one_by_one(self) -> float:
        from apps.authentication.operations import people as accounts
        from apps.core.errors import Refusal
        from apps.groups import operations as groups
        from apps.groups.models import Group

        ids = {group.name: group.pk for group in Group.objects.all()}
        rows = self.lists.rows()[1 :: int(1 / SHARE)]
        began = time.perf_counter()
        for email, first, last, _, group, locale, phone in rows:
            if "@" not in email:
                continue
            try:
                person = accounts.add_person(
                    actor=self.admin,
                    email=email,
                    role="STUDENT",
                    first_name=first,
                    last_name=last,
                    locale=locale,
                    phone=phone,
                )
                groups.add_member(group_id=ids[group], user_id=person.pk, role="STUDENT")
            except Refusal as refusal:
                raise SystemExit(f"{email}: {refusal}") from refusal
        return (time.perf_counter() - began) / SHARE

    def ours(self, write: Callable[[list[list[str]]], bytes]) -> float:
        rows = self.lists.rows()
        self.last = write(rows)
        took, report = self._import(self.last)
        assert report.created == sum("@" in row[0] for row in rows[1:]), report
        assert len(report.flaws) == len(rows) - 1 - report.created
        return took

    def again(self) -> float:
        took, report = self._import(self.last)
        assert (report.created, report.joined) == (0, 0)
        return took

    def _import(self, data: bytes) -> tuple[float, Any]:
        from apps.groups import roster

        began = time.perf_counter()
        report = roster.import_roster(actor=self.admin, data=data, mode="skip_bad_rows", create_groups=True)
        return time.perf_counter() - began, report


def refuse(data: bytes) -> tuple[float, float]:
    """Seconds, and megabytes on top of the file, until a list that is too long is refused."""
    from apps.authentication.rules import roster
    from apps.authentication.rules.roster_text import Unreadable

    began = time.perf_counter()
    try:
        roster.read(data)
    except Unreadable as refusal:
        why = refusal.code
    else:
        why = "it was read"
    if why not in ("too_many_rows", "too_large"):
        raise SystemExit(f"A list that is too long was not refused for that: {why}.")
    took = time.perf_counter() - began
    tracemalloc.start()
    try:
        roster.read(data)
    except Unreadable:
        memory = tracemalloc.get_traced_memory()[1] / 2**20
    finally:
        tracemalloc.stop()
    return took, memory


def main() -> None:
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("--people", type=int, default=1_000)
    words.add_argument("--repeats", type=int, default=3)
    given = words.parse_args()
    run = Run("roster", unit="s", repeats=given.repeats)
    with stage("roster") as here:
        from apps.core import tenancy
        from apps.groups import operations as groups

        with tenancy.enter(here.open_center("school")):
            for number in range(GROUPS):
                groups.create_group(name=f"Group {number}", max_students=10_000)
            bench = Bench(given.people)
            run.take_turns(
                {
                    "one by one": bench.one_by_one,
                    "CSV": lambda: bench.ours(as_csv),
                    "XLSX": lambda: bench.ours(as_xlsx),
                    "the same again": bench.again,
                }
            )
        too_many = Lists(TOO_MANY).rows()
        for name, write in (("CSV", as_csv), ("XLSX", as_xlsx)):
            took, memory = refuse(write(too_many))
            print(f"  {TOO_MANY:,} people as {name} are refused after {took:.2f} s, with {memory:.1f} MB more")
            run.bar(f"MB to refuse {TOO_MANY:,} people as {name}", memory, at_most=MEMORY_MB)
    for name in ("CSV", "XLSX"):
        run.bar(f"seconds for {given.people:,} people as {name}", run.median(name), at_most=SECONDS)
    run.report(against="one by one")


if __name__ == "__main__":
    main()
