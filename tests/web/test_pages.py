"""Pages are shells: each names a module that exists, and the modules find each other."""

from __future__ import annotations

import json
import re
import shutil
import uuid
from pathlib import Path

import pytest
from django.test import Client

from apps.demo import content
from web.storage import HashedStorage

STATIC = Path(__file__).resolve().parents[2] / "web" / "static"
MODULES = STATIC / "web"
SOMETHING = uuid.UUID(int=1)
PAGES = [
    "/",
    "/sign-in/",
    "/sign-in/provider/",
    "/security/",
    "/join/",
    "/verify/",
    "/reset/",
    f"/rooms/{SOMETHING}/",
    f"/rooms/{SOMETHING}/board/",
    "/rooms/new/",
    f"/rooms/{SOMETHING}/edit/",
    f"/rooms/{SOMETHING}/watch/",
    f"/rooms/{SOMETHING}/results/",
    "/marking/",
    f"/marking/{SOMETHING}/",
    f"/attempts/{SOMETHING}/result/",
    f"/attempts/{SOMETHING}/receipt/",
    "/receipts/",
    f"/tests/{SOMETHING}/preview/",
    "/live/",
    f"/live/{SOMETHING}/",
    "/accommodations/",
    "/homework/",
    "/homework/new/",
    f"/homework/{SOMETHING}/",
    f"/homework/{SOMETHING}/edit/",
    f"/homework/{SOMETHING}/items/{SOMETHING}/",
]


IMPORT = re.compile(r'^(?:import|export) (?:\{([^}]+)\}) from "(\.\.?/[^"]+)";$', re.M)


def imports(text: str) -> list[str]:
    return [other for _, other in IMPORT.findall(text)]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_a_page_loads_a_module_that_exists(path):
    page = Client(SERVER_NAME="north.localhost").get(path)
    assert page.status_code == 200
    (module,) = re.findall(r'<script type="module" src="/static/web/([^"]+)">', page.content.decode())
    assert (MODULES / module).is_file()


@pytest.mark.django_db
@pytest.mark.parametrize("host", ["north.localhost", "localhost"])
def test_a_browser_finds_an_icon(host):
    answer = Client(SERVER_NAME=host).get("/favicon.ico")
    assert (answer.status_code, answer["Location"]) == (302, "/static/web/icon.svg")


@pytest.mark.parametrize(
    "module", sorted(STATIC.glob("*/*.js")), ids=lambda module: f"{module.parent.name}-{module.stem}"
)
def test_a_module_imports_only_names_that_another_exports(module):
    for names, other in IMPORT.findall(module.read_text()):
        there = (module.parent / other).read_text()
        exported = set(re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", there, re.M))
        exported |= {name.strip() for known, _ in IMPORT.findall(there) for name in known.split(",")}
        assert {name.strip() for name in names.split(",")} <= exported


def test_the_exam_kit_depends_on_nothing_but_itself():
    for module in (STATIC / "exam").glob("*.js"):
        assert all(other.startswith("./") for other in imports(module.read_text()))


def test_collected_modules_import_each_other_by_the_hash_of_their_content(tmp_path):
    shutil.copytree(STATIC, tmp_path, dirs_exist_ok=True)
    storage = HashedStorage(location=str(tmp_path), base_url="/static/")
    names = [str(file.relative_to(STATIC)) for file in STATIC.glob("*/*") if file.is_file()]
    done = {name for name, hashed, _ in storage.post_process({name: (storage, name) for name in names}) if hashed}
    for name in names:
        if not name.endswith(".js"):
            continue
        folder = (tmp_path / name).parent
        told = [
            (folder / other).resolve().relative_to(tmp_path)
            for other in imports((folder / Path(name).name).read_text())
        ]
        collected = tmp_path / storage.hashed_files[name]
        found = [(collected.parent / other).resolve().relative_to(tmp_path) for other in imports(collected.read_text())]
        assert [str(path) for path in found] == [storage.hashed_files[str(path)] for path in told]
    assert done


@pytest.mark.django_db
@pytest.mark.parametrize("is_of_the_demo", [True, False])
def test_passwords_of_the_demo_are_shown_at_its_own_centers_alone(cast, settings, monkeypatch, is_of_the_demo):
    settings.SHIKEN_DEMO = True
    monkeypatch.setattr(content, "CENTERS", {"north" if is_of_the_demo else "sakura": "A center"})
    page = Client(SERVER_NAME="north.localhost").get("/sign-in/").content.decode()
    assert ("data-demo" in page) is is_of_the_demo


def test_every_word_is_there_in_every_language():
    text = (MODULES / "words.js").read_text(encoding="utf-8")
    words = re.findall(r"^  (\w+): (\[.*\]),$", text.split("const WORDS = {")[1].split("};")[0], re.M)
    assert len(words) > 40
    for name, said in words:
        assert len(json.loads(said)) == 4, name
        assert all(json.loads(said)), name
    named = {
        name for module in MODULES.glob("*.js") for name in re.findall(r"\bt\(\"(\w+)\"", module.read_text("utf-8"))
    }
    assert named - dict(words).keys() == set()


def test_a_second_link_in_the_same_tab_is_read_too():
    """The browser loads no page for it: what differs stands behind the #."""
    for module in MODULES.glob("*.js"):
        text = module.read_text("utf-8")
        if "location.hash" in text:
            assert 'addEventListener("hashchange"' in text, module.name
