"""The documents: complete, without warnings, committed as they are generated, and readable by everybody on both hosts."""

from __future__ import annotations

import io
import re
from pathlib import Path

import pytest
import yaml
from django.contrib.staticfiles import finders
from django.core.management import call_command
from drf_spectacular.drainage import GENERATOR_STATS

from api.v1.mock_tests.serializers.quizzes import QuizQuestionIn

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [("center", "config.urls", "CENTER"), ("owner", "config.urls_public", "OWNER")]
HOSTS = [("north.localhost", "center"), ("localhost", "owner")]
TELLING = {"key", "fraction", "fractions", "explanation", "is_correct"}
SHOWING = {"attempts_review", "attempts_check", "submissions_check_single_question"}
SHOWING |= {"quiz_sessions_state", "quiz_sessions_join"}  # of a question that its host has revealed
every_document = pytest.mark.parametrize(("name", "urlconf", "about"), DOCUMENTS)


def generate(urlconf, about):
    GENERATOR_STATS.reset()
    written = io.StringIO()
    options = {"urlconf": urlconf, "custom_settings": f"config.documentation.{about}"}
    call_command("spectacular", stdout=written, validate=True, fail_on_warn=True, **options)
    return written.getvalue()


@every_document
def test_is_generated_without_warnings_and_is_the_one_that_is_committed(name, urlconf, about, capfd):
    try:
        document = generate(urlconf, about)
    except Exception as error:
        pytest.fail(f"{error}\n{capfd.readouterr().err}")
    committed = (ROOT / "docs" / "openapi" / f"{name}.yaml").read_text()
    assert committed.strip() == document.strip(), "The API has changed: make openapi"


@every_document
def test_names_operations_and_shapes_for_people(name, urlconf, about):
    document = yaml.safe_load(generate(urlconf, about))
    operations = [item for path in document["paths"].values() for item in path.values() if "operationId" in item]
    ids = [operation["operationId"] for operation in operations]
    assert len(ids) == len(set(ids))
    for operation in operations:
        assert re.fullmatch(r"[a-z]+(_[a-z]+)+", operation["operationId"])
        assert operation.get("description"), f"{operation['operationId']} says nothing"
        assert operation["x-roles"], operation["operationId"]
        assert "default" in operation["responses"]
    # A name that was made up to tell two shapes apart has a piece of a hash in it.
    for shape in document["components"]["schemas"]:
        assert not re.search(r"[0-9a-f]{3}Enum$", shape), shape


def test_names_the_types_of_a_quiz_as_its_questions_take_them():
    """Two fields of one name and other choices would share a shape, and the later one would say what the earlier refuses."""
    shapes = yaml.safe_load(generate("config.urls", "CENTER"))["components"]["schemas"]
    for name in ("QuizQuestionInRequest", "NewQuizQuestionInRequest", "PatchedQuizQuestionInRequest"):
        asked = shapes[name]["properties"]["question_type"]["$ref"].rsplit("/", 1)[-1]
        assert shapes[asked]["enum"] == list(QuizQuestionIn().fields["question_type"].choices)


@every_document
def test_has_no_field_that_would_give_a_key_away_to_takers(name, urlconf, about):
    """What students may call answers with shapes that have no place for a key before the review."""
    document = yaml.safe_load(generate(urlconf, about))
    shapes = document["components"]["schemas"]

    def fields(schema, seen):
        if "$ref" in schema:
            shape = schema["$ref"].rsplit("/", 1)[1]
            if shape not in seen:
                seen.add(shape)
                yield from fields(shapes[shape], seen)
        for key, inner in schema.get("properties", {}).items():
            yield key
            yield from fields(inner, seen)
        inners = [schema.get("items"), schema.get("additionalProperties")]
        for inner in [*inners, *schema.get("allOf", []), *schema.get("oneOf", [])]:
            if isinstance(inner, dict):
                yield from fields(inner, seen)

    for path in document["paths"].values():
        for operation in path.values():
            if not isinstance(operation, dict) or "STUDENT" not in operation.get("x-roles", ()):
                continue
            contents = [
                item for answer in operation["responses"].values() for item in answer.get("content", {}).values()
            ]
            found = {name for item in contents for name in fields(item.get("schema", {}), set())}
            # The review has a place for it, which shows too that the look is deep enough; so have checks of one answer,
            # which is final then.
            assert bool(found & TELLING) == (operation["operationId"] in SHOWING), operation["operationId"]


@pytest.mark.django_db
@pytest.mark.parametrize(("host", "name"), HOSTS)
def test_the_document_is_served_to_everybody(client, host, name):
    answer = client.get("/api/schema/", headers={"host": host})
    assert answer.status_code == 200
    served = yaml.safe_load(answer.content)
    assert served == yaml.safe_load((ROOT / "docs" / "openapi" / f"{name}.yaml").read_text())


@pytest.mark.django_db
@pytest.mark.parametrize("page", ["/api/docs/", "/api/redoc/"])
@pytest.mark.parametrize("host", ["north.localhost", "localhost"])
def test_the_readers_fetch_from_this_host_alone(client, host, page):
    answer = client.get(page, headers={"host": host})
    assert answer.status_code == 200
    html = answer.content.decode()
    fetched = re.findall(r"""(?:src|href)=["']([^"']+)""", html)
    assert fetched
    for address in fetched:
        assert address.startswith("/static/"), address
        assert finders.find(address.removeprefix("/static/")), address
    assert "/api/schema/" in html
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_what_answers_to_delete_with_a_body_says_so():
    """The generator would take each DELETE for a 204 that says nothing."""
    document = yaml.safe_load((ROOT / "docs" / "openapi" / "center.yaml").read_text())
    withdrawn = document["paths"]["/api/v1/auth/me/erasure/"]["delete"]["responses"]
    assert withdrawn["200"]["content"]["application/json"]["schema"]["$ref"].endswith("/UserOut")
    assert "204" not in withdrawn
    assert set(document["paths"]["/api/v1/users/{id}/"]["delete"]["responses"]) == {"204", "default"}


@pytest.mark.parametrize("name", ["center", "owner"])
def test_what_is_asked_for_by_pages_answers_with_pages(name):
    document = yaml.safe_load((ROOT / "docs" / "openapi" / f"{name}.yaml").read_text())
    for path, operations in document["paths"].items():
        asked = operations.get("get", {})
        by_pages = any(one["name"] == "page" for one in asked.get("parameters", ()))
        answered = "Paginated" in str(asked.get("responses", {}).get("200", {}).get("content", ""))
        assert by_pages is answered, path
