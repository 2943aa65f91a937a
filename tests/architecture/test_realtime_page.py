"""``docs/realtime.md`` says what the code does: the same sockets, rooms and kinds of news."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

from api.ws.routing import routes

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "realtime.md").read_text()
SOURCES = [*(ROOT / "apps").rglob("*.py"), *(ROOT / "api").rglob("*.py")]
PUSHES = {"push", "push_many"}


def table(heading: str) -> list[list[str]]:
    part = PAGE.split(f"## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("|").split("|") for line in part.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def quoted(cell: str) -> set[str]:
    return set(re.findall(r"`([^`]+)`", cell))


def literal(node: ast.expr | None) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def calls(path: Path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute | ast.Name):
            yield node, node.func.attr if isinstance(node.func, ast.Attribute) else node.func.id


def test_every_socket_is_listed():
    served = {re.sub(r"<uuid:\w+>", "*", str(route.pattern)) for route in routes}
    served = {"/" + path.strip("^$") for path in served if path.strip("^$")}
    listed = {re.sub(r"\{\w+\}", "*", path) for row in table("Sockets") for path in quoted(row[0])}
    assert served == listed


def test_every_room_is_listed():
    used = {literal(node.args[0]) for path in SOURCES for node, name in calls(path) if name == "room" and node.args}
    assert used - {""} == {kind for row in table("Rooms") for kind in quoted(row[0])}


def test_every_kind_of_news_is_listed():
    pushed: dict[str, set[str]] = defaultdict(set)
    for path in SOURCES:
        if path.name == "realtime.py":
            continue
        for node, name in calls(path):
            if name in PUSHES and node.args:
                kind = literal(node.args[1] if name == "push" else node.args[0])
                assert kind, f"{path}:{node.lineno}: say the kind of news where it is sent"
                pushed[kind].add(str(path))
    assert set(pushed) == {kind for row in table("Rooms") for kind in quoted(row[1])}
