"""What the demo's commands print: a class while it sits, its reckoning, a live board."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from apps.demo.simulation.klass import Class, Reckoning


def progress(klass: Class) -> RenderableType:
    """One look at a class."""
    passed = max(0.0, time.monotonic() - klass.started_at) if klass.started_at else 0.0
    states = Counter(tally.status for tally in klass.tallies)
    answered = sum(tally.answered for tally in klass.tallies)
    total = sum(tally.total for tally in klass.tallies) or 1
    grid = Table.grid(padding=(0, 2))
    grid.add_row("phase", Text(klass.phase, style="bold"))
    grid.add_row("time", f"{passed:5.0f} s of {klass.seconds} s")
    grid.add_row("answers", ProgressBar(total=total, completed=min(answered, total), width=40))
    grid.add_row("durable", f"{klass.acked} acknowledged, p95 {klass.latency(95):.1f} ms")
    grid.add_row("students", ", ".join(f"{count} {state}" for state, count in sorted(states.items())) or "-")
    grid.add_row("dropped", f"{sum(tally.drops for tally in klass.tallies)} connections cut and resumed")
    return Panel(grid, title=f"{klass.title} · {klass.place.host}", border_style="red", expand=False)


def line(klass: Class) -> str:
    """The same in one line, for logs."""
    states = Counter(tally.status for tally in klass.tallies)
    said = ", ".join(f"{count} {state}" for state, count in sorted(states.items()))
    return f"{klass.phase}: {klass.acked} answers durable, p95 {klass.latency(95):.1f} ms; {said}"


def reckoning(klass: Class, books: Reckoning) -> RenderableType:
    """The table at the end."""
    table = Table(title=f"{klass.title} · {klass.slug}", title_style="bold", show_header=False, border_style="red")
    table.add_column(style="dim")
    table.add_column(justify="right")
    rows: list[tuple[str, object]] = [
        ("students", books.students),
        ("answers acknowledged", books.acked),
        ("found in PostgreSQL", books.found),
        ("lost", Text(str(books.lost), style="bold green" if not books.lost else "bold red")),
        ("refused (late or closed)", books.refused),
        ("connections dropped", books.drops),
        ("ack p50 / p95 / p99", " / ".join(f"{klass.latency(p):.1f}" for p in (50, 95, 99)) + " ms"),
        ("handed in / closed by the clock", f"{books.handed_in} / {books.by_the_clock}"),
        ("finalised and graded", books.finalised),
        ("ranked", books.ranks),
    ]
    for name, value in rows:
        table.add_row(name, value if isinstance(value, Text) else str(value))
    return Group(table, standings(klass.board[:10], "Final ranks"))


def standings(rows: Sequence[Mapping[str, Any]], title: str, me: Mapping[str, Any] | None = None) -> RenderableType:
    """The top of a board."""
    table = Table(title=title, title_style="bold", border_style="red", min_width=52)
    table.add_column("rank", justify="right")
    table.add_column("name")
    table.add_column("score", justify="right")
    table.add_column("percentile", justify="right")
    for row in rows:
        style = "bold" if me and row["rank"] == me.get("rank") and row["name"] == me.get("name") else ""
        percentile = row.get("percentile")
        table.add_row(
            str(row["rank"]),
            str(row["name"] or "…"),
            f"{float(row['score']):g}",
            f"{float(percentile):.2f}" if percentile is not None else "",
            style=style,
        )
    if not rows:
        table.add_row("", "Nobody has handed in yet.", "", "")
    return table
