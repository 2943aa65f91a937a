"""``python -m deployment.local run|test|reset|servers|exec``."""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import environ

from deployment.local import supervisor
from deployment.local.errors import AlreadyRunning, StackError
from deployment.local.folder import PROJECT, DataFolder, RunningStack
from deployment.local.screen import Progress
from deployment.local.servers import Servers

_DEFAULT_PORT = "8000"
_MOST_TEST_WORKERS = 4  # each has a database and a Redis of its own to set up


def main(arguments: list[str]) -> int:
    options = _parser().parse_args(arguments)
    if options.command is not run_tests:
        _read_env_file()
    try:
        return int(options.command(options))
    except StackError as error:
        print(f"{error}", file=sys.stderr)
    except PermissionError as error:
        print(f"{error.filename} belongs to another user: run as that one, or delete it.", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m deployment.local", description=__doc__)
    commands = parser.add_subparsers(required=True)
    commands.add_parser("run", help="the whole stack, until Ctrl-C").set_defaults(command=run)
    test = commands.add_parser("test", help="pytest with these arguments", add_help=False, prefix_chars="\0")
    test.add_argument("arguments", nargs="*")
    test.set_defaults(command=run_tests)
    commands.add_parser("reset", help="stop what runs and forget its data").set_defaults(command=reset)
    commands.add_parser("servers", help="PostgreSQL and Redis alone, until Ctrl-C").set_defaults(command=run_servers)
    execute = commands.add_parser(
        "exec", help="a command on the servers of the running stack", add_help=False, prefix_chars="\0"
    )
    execute.add_argument("arguments", nargs="+")
    execute.set_defaults(command=run_command)
    return parser


def run(_options: argparse.Namespace) -> int:
    supervisor.run(DataFolder.open(), _port(), demo_class=os.environ.get("DEMO_CLASS") != "0")
    return 0


def run_tests(options: argparse.Namespace) -> int:
    """Replaces this process; the plugin ``tests.servers`` starts the servers. The whole suite runs on several cores."""
    os.chdir(PROJECT)
    cores = min(os.cpu_count() or 1, _MOST_TEST_WORKERS)
    alone = bool(options.arguments or os.environ.get("REDIS_URL")) or cores == 1
    arguments = options.arguments if alone else ["-n", str(cores), "--dist", "worksteal"]
    os.execv(sys.executable, [sys.executable, "-m", "pytest", *arguments])  # noqa: S606 - no shell on purpose


def reset(_options: argparse.Namespace) -> int:
    folder = DataFolder.open()
    supervisor.stop_running(folder)
    nested = [lock.parents[1] for lock in folder.path.glob("*/run/servers.lock")]  # of tests and benchmarks
    for place in (folder.path, *nested):
        Servers(place).forget()
    folder.delete()
    print(f"Forgotten: {folder.path}")
    return 0


def run_servers(_options: argparse.Namespace) -> int:
    folder = DataFolder.open()
    with folder.stack_lock as lock:
        try:
            lock.acquire("servers only")
        except AlreadyRunning as error:
            raise AlreadyRunning(f"The stack of {folder.path} is {error}") from None
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        with supervisor.embedded_servers(folder) as servers:
            environment = supervisor.stack_environment(folder, _port(), servers)
            RunningStack(environment).publish(folder)
            for name, value in environment.items():
                print(f"export {name}='{value}'", flush=True)
            _wait_for_interrupt()
        RunningStack.withdraw(folder)
    return 0


def run_command(options: argparse.Namespace) -> int:
    """Runs a command in the project with the environment of the stack; starts servers for it when none run."""
    folder = DataFolder.open()
    if stack := RunningStack.find(folder):
        return _call(options.arguments, stack.environment)
    with supervisor.embedded_servers(folder) as servers:
        supervisor.wait_for_named_servers(Progress())
        return _call(options.arguments, supervisor.stack_environment(folder, _port(), servers))


def _call(command: list[str], environment: dict[str, str]) -> int:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    with subprocess.Popen(command, cwd=PROJECT, env={**os.environ, **environment, "PATH": path}) as process:
        # Ctrl-C is the command's; it reaches it through the terminal.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        return process.wait()


def _read_env_file() -> None:
    """Defaults from ``.env``; what the environment already says wins."""
    if (file := PROJECT / ".env").is_file():
        environ.Env.read_env(file)


def _port() -> int:
    text = os.environ.get("PORT") or _DEFAULT_PORT
    if not text.isdigit() or not 0 < int(text) < 65536:
        raise StackError(f"PORT must be a number from 1 to 65535, not {text!r}.")
    return int(text)


def _wait_for_interrupt() -> None:
    try:
        while True:
            time.sleep(3600)
    except KeyboardInterrupt:
        return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
