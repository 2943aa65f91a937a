"""Many centers on one database: opening one, and bringing all of them forward, against django-tenants' own commands.

python -m benchmarks.tenants [--centers 200] [--repeats 3]
python -m benchmarks.tenants --growth [--steps 1,100,250,500]   what a new center costs when there are so many
"""

from __future__ import annotations

import argparse
import itertools
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from benchmarks.harness import Run, stage

OPEN_STOCK, OPEN_OURS = "open a center: stock migrations", "open a center: ours"
IDLE_STOCK, IDLE_OURS = "nothing to do: migrate_schemas", "nothing to do: migrate_tenants"
COLUMN_STOCK, COLUMN_OURS = "one added column: migrate_schemas", "one added column: migrate_tenants"
REFERENCE = {OPEN_OURS: OPEN_STOCK, IDLE_OURS: IDLE_STOCK, COLUMN_OURS: COLUMN_STOCK}

STEPS = [1, 100, 250, 500]
SAMPLE = 7  # openings around a step, of which the median counts
MOST_SECONDS = 300
STOCK_SHARE = 0.6  # of opening a center: what one round of both stock commands takes per center

MIGRATION = """
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("groups", "{last}")]
    operations = [migrations.AddField("group", "added_{number}", models.CharField(max_length=20, default="nothing"))]
"""


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--centers", type=int, default=200)
    options.add_argument("--repeats", type=int, default=3)
    options.add_argument("--growth", action="store_true")
    options.add_argument("--steps", type=lambda text: [int(step) for step in text.split(",")], default=STEPS)
    given = options.parse_args()
    if given.growth:
        _grow(given.steps)
        return
    with stage("tenants") as here, _releases() as release:
        run = Run("tenants", unit="s", repeats=given.repeats)
        numbers = itertools.count()
        run.take_turns(
            {
                OPEN_STOCK: lambda: _timed(lambda: _open_by_stock(f"stock{next(numbers)}")),
                OPEN_OURS: lambda: _timed(lambda: here.open_center(f"ours{next(numbers)}")),
            }
        )
        # On a busy machine the stock commands alone would take longer than anybody waits.
        patience = MOST_SECONDS / (given.centers * run.median(OPEN_STOCK) * STOCK_SHARE)
        run.repeats = max(1, min(given.repeats, int(patience)))
        print(f"  opening {given.centers} centers", flush=True)
        _drop_all()
        for number in range(given.centers):
            here.open_center(f"center{number}")
        run.take_turns({IDLE_STOCK: lambda: _timed(_migrate_by_stock), IDLE_OURS: lambda: _timed(_migrate)})
        run.take_turns(
            {
                COLUMN_STOCK: lambda: (release(), _timed(_migrate_by_stock))[1],
                COLUMN_OURS: lambda: (release(), _timed(_migrate))[1],
            }
        )
        _check(given.centers)
        run.bar("opening a center against stock", run.ratio(OPEN_OURS, OPEN_STOCK), at_most=0.3)
        run.bar("nothing to do against stock", run.ratio(IDLE_OURS, IDLE_STOCK), at_most=0.08)
        run.bar("one added column against stock", run.ratio(COLUMN_OURS, COLUMN_STOCK), at_most=0.15)
        run.report(against=lambda name: REFERENCE.get(name, name), extra={"centers": given.centers})


def _grow(steps: list[int]) -> None:
    """Open centers one after the other; what the openings up to each step took, and against the first ones."""
    with stage("growth") as here:
        here.open_center("warm")
        times: list[float] = []
        known: dict[int, float] = {}
        for number in range(1, max(max(steps), SAMPLE) + 1):
            times.append(_timed(lambda: here.open_center(f"center{number}")))  # noqa: B023 - called at once
            if number >= SAMPLE:
                for step in (step for step in steps if step not in known and step <= number):
                    known[step] = statistics.median(times[max(0, number - SAMPLE) : number])
                    ratio = known[step] / known[min(known)]
                    print(f"  {step:>5} centers: {known[step] * 1000:7.0f} ms a center ({ratio:.2f} x)", flush=True)
        growth = known[max(steps)] / known[min(steps)]
        print(f"  flat (at most 1.5 x from {min(steps)} to {max(steps)} centers): {'yes' if growth <= 1.5 else 'NO'}")


def _timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def _open_by_stock(slug: str) -> None:
    """What ``Center.save()`` of django-tenants does."""
    from django.db import connection

    from apps.centers.models import Center, Domain  # Django is set up only now
    from apps.centers.operations import stock

    center = Center(name=slug, slug=slug, schema_name=f"c_{slug}", state="READY")
    center.save()
    with connection.cursor() as cursor:
        cursor.execute(f'CREATE SCHEMA "{center.schema_name}"')
    stock.migrate(schema_name=center.schema_name)
    Domain.objects.create(domain=f"{slug}.localhost", tenant=center)


def _drop_all() -> None:
    from django.db import connection

    from apps.centers.models import Center, Domain

    for center in Center.objects.all():
        with connection.cursor() as cursor:
            cursor.execute(f'DROP SCHEMA "{center.schema_name}" CASCADE')
        Domain.objects.filter(tenant=center).delete()
        Center.objects.filter(pk=center.pk).delete()


def _migrate_by_stock() -> None:
    from django.core.management import call_command

    call_command("migrate_schemas", tenant=True, verbosity=0, interactive=False)


def _migrate() -> None:
    from django.core.management import call_command

    with open(os.devnull, "w") as nowhere:
        call_command("migrate_tenants", stdout=nowhere)


@contextmanager
def _releases() -> Iterator[Callable[[], None]]:
    """Each call makes this process one release newer: ``groups`` has one more migration, which adds a column."""
    from django.conf import settings

    from apps.centers.operations import stock

    original = Path(str(import_module("apps.groups.migrations").__file__)).parent
    folder = Path(tempfile.mkdtemp(prefix="releases-"))
    package = folder / "released_groups"
    shutil.copytree(original, package, ignore=shutil.ignore_patterns("__pycache__"))
    sys.path.insert(0, str(folder))
    last = max(path.stem for path in package.glob("0*.py"))
    numbers = itertools.count()

    def release() -> None:
        nonlocal last
        number = next(numbers)
        name = f"9{number:03}_added_{number}"
        (package / f"{name}.py").write_text(MIGRATION.format(last=last, number=number))
        last = name
        settings.MIGRATION_MODULES = {"groups": package.name}
        stock.forget()

    try:
        yield release
    finally:
        sys.path.remove(str(folder))
        shutil.rmtree(folder)


def _check(centers: int) -> None:
    """Every center has every column; what was fast and wrong would not count."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_schema, count(*) FROM information_schema.columns WHERE table_schema LIKE 'c_center%'"
            " AND table_name = 'groups_group' AND column_name LIKE 'added_%' GROUP BY 1"
        )
        found = dict(cursor.fetchall())
    if len(found) != centers or len(set(found.values())) != 1:
        raise SystemExit(f"Not every center was migrated: {found}")


if __name__ == "__main__":
    main()
