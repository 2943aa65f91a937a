"""Pages are shells: each names a module that exists, and the modules find each other."""

from __future__ import annotations

import re
import shutil
import uuid
from pathlib import Path

import pytest
from django.test import Client

from web.storage import HashedStorage

MODULES = Path(__file__).resolve().parents[2] / "web" / "static" / "web"
SOMETHING = uuid.UUID(int=1)
PAGES = [
    "/",
    f"/rooms/{SOMETHING}/",
    f"/rooms/{SOMETHING}/board/",
    f"/rooms/{SOMETHING}/results/",
    f"/attempts/{SOMETHING}/result/",
]


def imports(text: str) -> set[str]:
    return set(re.findall(r'^import .* from "\./([^"]+)";$', text, re.M))


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


@pytest.mark.parametrize("module", sorted(MODULES.glob("*.js")), ids=lambda module: module.stem)
def test_a_module_imports_only_names_that_another_exports(module):
    text = module.read_text()
    for names, other in re.findall(r'^import \{([^}]+)\} from "\./([^"]+)";$', text, re.M):
        exported = set(
            re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", (MODULES / other).read_text(), re.M)
        )
        assert {name.strip() for name in names.split(",")} <= exported


def test_collected_modules_import_each_other_by_the_hash_of_their_content(tmp_path):
    shutil.copytree(MODULES, tmp_path / "web")
    storage = HashedStorage(location=str(tmp_path), base_url="/static/")
    paths = {f"web/{file.name}": (storage, f"web/{file.name}") for file in MODULES.iterdir()}
    done = {name: hashed for name, hashed, _ in storage.post_process(paths) if hashed}
    for name in paths:
        collected = (tmp_path / storage.hashed_files[name]).read_text()
        expected = {Path(storage.hashed_files[f"web/{other}"]).name for other in imports((tmp_path / name).read_text())}
        assert imports(collected) == expected
    assert done
