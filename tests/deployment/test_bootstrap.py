"""The stamp that makes a second call cheap, and what it must not overlook."""

from __future__ import annotations

from pathlib import Path

import pytest

from deployment.local.bootstrap import Environment, translate_pip_configuration


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """Installed for running, not for development."""
    for name in ("requirements.txt", "requirements-dev.txt"):
        (tmp_path / name).write_text(f"{name}==1\n")
    made = Environment(tmp_path)
    made.python.parent.mkdir(parents=True)
    made.python.touch()
    _stamp(made, dev=False)
    return made


def _stamp(environment: Environment, *, dev: bool) -> None:
    (environment.folder / ".installed").write_text(environment.fingerprint(dev=dev))


def test_what_is_stamped_is_not_installed_again(environment: Environment) -> None:
    assert environment.satisfies(dev=False)
    assert not environment.satisfies(dev=True)


def test_the_development_set_is_enough_for_running(environment: Environment) -> None:
    _stamp(environment, dev=True)
    assert environment.satisfies(dev=True)
    assert environment.satisfies(dev=False)


def test_a_changed_requirement_is_installed(environment: Environment) -> None:
    (environment.project / "requirements.txt").write_text("requirements.txt==2\n")
    assert not environment.satisfies(dev=False)


def test_an_environment_without_its_python_is_made_again(environment: Environment) -> None:
    environment.python.unlink()
    assert not environment.satisfies(dev=False)


def test_a_satisfied_call_starts_no_process(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("subprocess.run", lambda *args, **options: pytest.fail(f"ran {args}"))
    environment.ensure(dev=False)


def test_an_interrupted_installation_begins_anew(environment: Environment, monkeypatch: pytest.MonkeyPatch) -> None:
    (environment.project / "requirements.txt").write_text("requirements.txt==2\n")
    (environment.folder / ".installing").touch()
    made: list[str] = []
    monkeypatch.setattr(Environment, "_create", lambda self: made.append("created"))
    monkeypatch.setattr(Environment, "_install", lambda self, files: made.extend(file.name for file in files))
    monkeypatch.setattr(Environment, "_fetch_server", lambda self, package, requirement: None)
    environment.ensure(dev=False)
    assert made == ["created", "requirements.txt"]
    assert environment.satisfies(dev=False)
    assert not (environment.folder / ".installing").exists()


def test_uv_is_told_what_pip_is_told() -> None:
    listing = "\n".join(
        [
            ":env:.index-url='https://one.example/simple'",
            "global.index-url='https://two.example/simple'",
            "global.extra-index-url='file:///does/not/exist\\nhttps://three.example/simple'",
            "global.timeout='60'",
        ]
    )
    assert translate_pip_configuration(listing) == {
        "UV_DEFAULT_INDEX": "https://one.example/simple",
        "UV_INDEX": "https://three.example/simple",
    }
