"""Locks, ports, children and second terminals."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deployment.local import processes, supervisor
from deployment.local.children import MARKER, Child, Keeper, end_all, says
from deployment.local.errors import AlreadyRunning, StackError
from deployment.local.external import wait_for_postgres, wait_for_redis
from deployment.local.folder import DataFolder, RunningStack


@pytest.fixture
def folder(tmp_path: Path) -> DataFolder:
    return DataFolder.open(tmp_path / "a b")


def _child(folder: DataFolder, code: str, *, wanted: str = "ready", patience: float = 10) -> Child:
    return Child(
        "Child",
        ["-c", code],
        log=folder.log / "child.log",
        environment={**os.environ, MARKER: str(folder.path)},
        ready=says(wanted, or_lives=60),
        patience=patience,
    )


def test_a_second_run_says_where_the_first_one_is(folder: DataFolder) -> None:
    with folder.stack_lock as lock:
        lock.acquire("at http://localhost:8000/")
        with pytest.raises(AlreadyRunning, match=rf"pid {os.getpid()} at http://localhost:8000/"):
            supervisor.run(folder, 8000)


def test_a_taken_port_is_named(folder: DataFolder) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(StackError, match=f"Port {port} is taken"):
            supervisor.run(folder, port)


def test_a_folder_with_somebody_elses_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").touch()
    with pytest.raises(StackError, match="new or empty folder"):
        DataFolder.open(tmp_path)


def test_a_second_terminal_finds_a_running_stack_only(folder: DataFolder) -> None:
    stack = RunningStack({"PORT": "8000"})
    stack.publish(folder)
    assert (folder.run / "stack.json").stat().st_mode & 0o777 == 0o600
    assert RunningStack.find(folder) is None
    with folder.stack_lock as lock:
        lock.acquire()
        assert RunningStack.find(folder) == stack


def test_a_child_is_waited_for_and_stopped(folder: DataFolder) -> None:
    child = _child(folder, "import time; print('ready', flush=True); time.sleep(60)")
    child.start_and_wait()
    assert child.alive
    end_all([child], patience=2)
    assert not child.alive


def test_a_child_that_dies_at_its_start_shows_its_last_words(folder: DataFolder) -> None:
    with pytest.raises(StackError, match=r"(?s)ended with code 3.*out of luck"):
        _child(folder, "print('out of luck'); raise SystemExit(3)").start_and_wait()


def test_a_child_that_stays_silent_is_given_up(folder: DataFolder) -> None:
    child = _child(folder, "import time; time.sleep(60)", patience=0.2)
    with pytest.raises(StackError, match="was not ready"):
        child.start_and_wait()
    child.kill()


def test_a_child_that_runs_to_its_end_is_shown_line_by_line(folder: DataFolder) -> None:
    shown: list[str] = []
    _child(folder, "print('one'); print('two', end='')").run(shown.append)
    assert shown == ["one", "two"]


def test_a_dead_child_is_started_again(folder: DataFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    child = _child(folder, "import time; print('ready', flush=True); time.sleep(60)")
    keeper = Keeper(child)
    now = 0.0
    monkeypatch.setattr("deployment.local.children.time.monotonic", lambda: now)
    told: list[str] = []
    keeper.look(told.append)
    assert not child.alive
    now = 10.0
    keeper.look(told.append)
    assert child.alive
    assert [text.partition(";")[0] for text in told] == ["Child has ended", "Child is started again"]
    child.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="finds processes through /proc")
def test_children_of_a_killed_supervisor_are_found_by_their_folder(folder: DataFolder) -> None:
    ours = _child(folder, "import time; print('ready', flush=True); time.sleep(60)")
    ours.start_and_wait()
    with subprocess.Popen(["sleep", "60"], env={**os.environ, MARKER: f"{folder.path}-2"}) as other:
        supervisor.end_leftovers(folder)
        assert not ours.alive
        assert other.poll() is None
        other.kill()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child of its parent's death")
def test_a_child_dies_with_its_killed_parent() -> None:
    script = (
        "import os, signal, subprocess; from deployment.local.processes import die_with_parent\n"
        "child = subprocess.Popen(['sleep', '60'], preexec_fn=die_with_parent(signal.SIGTERM))\n"
        "print(child.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    pid = int(subprocess.run([sys.executable, "-c", script], capture_output=True, check=False).stdout)
    until = time.monotonic() + 5
    while processes.alive(pid) and time.monotonic() < until:
        time.sleep(0.01)
    assert not processes.alive(pid)


@pytest.mark.parametrize(
    ("wait", "url"),
    [(wait_for_postgres, "postgres://me:secret@127.0.0.1:1/shiken"), (wait_for_redis, "redis://:secret@127.0.0.1:1/0")],
)
def test_a_named_server_that_does_not_answer_is_told_without_its_password(wait, url: str) -> None:
    with pytest.raises(StackError, match=r"at 127\.0\.0\.1:1 .* cannot be used") as refusal:
        wait(url, patience=0.2)
    assert "secret" not in str(refusal.value)


def test_the_local_stack_works_within_the_limits_and_on_the_queues_of_the_others(folder: DataFolder) -> None:
    units = Path(__file__).resolve().parents[2] / "deployment" / "systemd"
    stack = supervisor.Stack(folder, 8000)
    limits = dict(re.findall(r"(DB_\w+)=(\d+)", (units / "shiken-sockets.service").read_text()))
    assert limits
    assert limits.items() <= dict(stack._web()._environment).items()
    for child, unit in ((stack._worker(), "shiken-worker"), (stack._long_worker(), "shiken-long")):
        queues = re.search(r"-Q (\S+)", (units / f"{unit}.service").read_text())
        assert queues
        assert child._command[child._command.index("-Q") + 1] == queues[1]
        assert not limits.keys() & dict(child._environment).keys()
