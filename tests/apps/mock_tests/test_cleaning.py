"""What nobody needs goes, what somebody needs stays: with real files, in a folder and in a bucket."""

from __future__ import annotations

import uuid
from datetime import timedelta
from io import StringIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from apps.authentication.operations import profile
from apps.core import clock, tenancy
from apps.core.files import orphans, store
from apps.jobs.models import Job
from apps.materials import operations as materials
from apps.mock_tests import queries, tasks
from apps.mock_tests.models import MediaFile, Question
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.files import cleaning, media
from apps.mock_tests.queries import references
from tests import factories
from tests.core.files import samples
from tests.core.files.conftest import bucket, endpoint, folder, storage  # noqa: F401

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("storage")]


@pytest.fixture
def later(monkeypatch):
    """So much later, for the clean-up."""

    def go(**time):
        at = clock.now() + timedelta(**time)
        monkeypatch.setattr(cleaning.clock, "now", lambda: at)

    return go


@pytest.fixture
def clean(django_capture_on_commit_callbacks):
    def clean(**options):
        with django_capture_on_commit_callbacks(execute=True):
            return cleaning.clean_files(**options)

    return clean


def names():
    return sorted(kept.name for kept in store.walk())


def picture(cast, color):
    content = samples.picture(size=(400, 30), color=color)
    return media.store_media(actor=cast.carol, content=content, file_name=f"{color}.png")


def lose(kind="image", suffix=".png"):
    """A file as a crash between writing and committing leaves it."""
    return default_storage.save(tenancy.file_path(kind, suffix), ContentFile(b"lost"))


# -- files without a row ---------------------------------------------------------------------------------------------


def test_a_file_without_a_row_goes_after_a_while_and_not_before(cast, clean, later):
    kept = picture(cast, "red")
    lost = lose()
    assert clean().orphans == ()
    later(hours=23)
    assert clean().orphans == ()
    later(hours=25)
    looked = clean(dry_run=True)
    assert ([file.name for file in looked.orphans], looked.orphan_bytes) == ([lost], 4)
    assert lost in names()
    assert [file.name for file in clean().orphans] == [lost]
    assert names() == sorted([kept.storage_name, *kept.previews.values_list("storage_name", flat=True)])
    assert clean().orphans == ()


def test_whatever_a_row_names_stays(cast, clean, later):
    picture(cast, "red")
    profile.set_avatar(actor=cast.alice, data=samples.picture(size=(50, 50)))
    materials.share_material(actor=cast.carol, name="Handout", file=samples.pdf())
    job = lose("jobs", ".zip")
    Job.objects.create(kind="dig", title="A pit", file=job)
    Job.objects.create(kind="dig", title="A pit", params={"from": {"source": lose("jobs", ".gift")}})
    before = names()
    assert len(before) == 6
    later(days=3)
    assert clean().orphans == ()
    assert names() == before


def test_a_neighbours_files_are_not_looked_at(cast, clean, later):
    with tenancy.enter(cast.south):
        foreign = lose()
    lose()
    later(days=3)
    assert len(clean().orphans) == 1
    assert default_storage.exists(foreign)


def test_a_file_that_cannot_be_removed_is_left_for_the_next_time(cast, clean, later, monkeypatch):
    lost = lose()
    later(days=3)
    with monkeypatch.context() as patch:
        patch.setattr(type(default_storage._wrapped), "delete", lambda *args: 1 / 0)
        assert clean().orphans == ()
    assert [file.name for file in clean().orphans] == [lost]


def test_more_files_than_one_question_asks_for_are_all_found(cast, clean, later, monkeypatch):
    monkeypatch.setattr(orphans, "_AT_ONCE", 3)
    kept = picture(cast, "red")
    lost = {lose() for _ in range(8)}
    later(days=3)
    assert {file.name for file in clean().orphans} == lost
    assert kept.storage_name in names()


# -- rows that nothing refers to -------------------------------------------------------------------------------------


def test_a_picture_that_nothing_shows_goes_after_a_month_with_its_file_and_previews(cast, clean, later):
    picture(cast, "red")
    assert clean().unused == ()
    assert MediaFile.objects.get().unused_since is not None
    later(days=29)
    assert clean().unused == ()
    later(days=31)
    assert clean(dry_run=True).unused == ("red.png",)
    assert MediaFile.objects.count() == 1
    assert clean().unused == ("red.png",)
    assert (MediaFile.objects.count(), names()) == (0, [])


def every_place(cast):
    """One picture in each place that can show one, by the place."""
    found = {place: picture(cast, color) for place, color in zip(PLACES, COLORS, strict=True)}
    test = factories.make_test(cast)
    question = Question.objects.filter(group__section__mock_test=test, type="multiple_choice").first()
    option = question.content["options"][0]
    option["text"] = f'<img src="media:{found["option text"].pk}">'
    option["image"] = str(found["option picture"].pk)
    Question.objects.filter(pk=question.pk).update(
        image=found["question"],
        text=f'See <img src="media:{found["text"].pk}">.',
        explanation=f'<img src="media:{found["explanation"].pk}">',
        content=question.content,
        key=question.key | {"feedback": {"x": f'<img src="media:{found["feedback"].pk}">'}},
    )
    question.group.image, question.group.reading_text = found["group"], f'<img src="media:{found["passage"].pk}">'
    question.group.save()
    return found


PLACES = ["question", "text", "explanation", "option text", "option picture", "feedback", "group", "passage"]
COLORS = ["red", "green", "blue", "yellow", "black", "white", "gray", "pink"]


def test_whatever_a_draft_shows_stays(cast, clean, later):
    found = every_place(cast)
    assert references.referenced(media_ids=[file.pk for file in found.values()]) == {file.pk for file in found.values()}
    unused = picture(cast, "orange")
    clean()
    later(days=40)
    assert clean().unused == (unused.original_name,)
    assert MediaFile.objects.count() >= len(PLACES)


def test_what_a_paper_shows_stays_after_its_draft_is_gone(cast, clean, later):
    shown = picture(cast, "red")
    test = factories.make_test(cast)
    question = Question.objects.filter(group__section__mock_test=test).first()
    Question.objects.filter(pk=question.pk).update(text=f'<p>See</p><img src="media:{shown.pk}">')
    paper = factories.publish(cast, test)
    Question.objects.filter(group__section__mock_test=test).delete()
    clean()
    later(days=400)
    clean()
    assert MediaFile.objects.filter(pk=shown.pk).exists()
    assert paper is None or str(shown.pk) in str(queries.get_paper(paper_id=paper.pk).content)


def test_what_is_used_again_is_as_new(cast, clean, later):
    kept = picture(cast, "red")
    clean()
    question = Question.objects.filter(group__section__mock_test=factories.make_test(cast)).first()
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"image_id": kept.pk})
    later(days=40)
    assert clean().unused == ()
    kept.refresh_from_db()
    assert kept.unused_since is None


def test_an_upload_of_what_was_about_to_go_keeps_it(cast, clean, later):
    picture(cast, "red")
    clean()
    later(days=40)
    again = picture(cast, "red")
    assert clean().unused == ()
    assert store.read(again.storage_name)


def test_what_takers_wrote_keeps_nothing(cast, clean, later):
    """An answer that names a picture is no use of it."""
    kept = picture(cast, "red")
    clean()
    with connection.cursor() as cursor:
        tables = references._places(cursor)
    assert not [table for table in tables if table.startswith("attempts_")]
    assert tables.keys() >= {"mock_tests_paper", "mock_tests_paperkey", "mock_tests_question", "mock_tests_bankversion"}
    later(days=40)
    assert clean().unused == (kept.original_name,)


# -- all centers -----------------------------------------------------------------------------------------------------


def test_one_center_that_fails_stops_no_other(cast, later, monkeypatch):
    for tenant in (cast.north, cast.south):
        with tenancy.enter(tenant):
            lose()
    later(days=3)
    monkeypatch.setattr(tenancy, "list_ready", lambda: [cast.north, cast.south])
    plain = cleaning.clean_files

    def fails_in_north(**options):
        if tenancy.current() == cast.north:
            raise RuntimeError
        return plain(**options)

    monkeypatch.setattr(cleaning, "clean_files", fails_in_north)
    said = StringIO()
    with pytest.raises(CommandError, match="north"):
        call_command("clean_files", stdout=said)
    assert said.getvalue().startswith("south: 0 unused and 1 without a row (4 bytes) gone")
    sent = []
    monkeypatch.setattr(
        tasks.clean_files_of_center,
        "apply_async",
        lambda headers, queue: sent.append(headers["_schema_name"]) if sent or sent.append("") else 1 / 0,
    )
    assert tasks.clean_files() == 1
    assert sent == ["", cast.south.schema_name]


def test_the_command_tells_what_would_go(cast, later):
    lost = lose()
    later(days=3)
    said = StringIO()
    call_command("clean_files", "--dry-run", "--center", "north", stdout=said)
    assert said.getvalue() == f"north: 0 unused and 1 without a row (4 bytes) would go\n  {lost}\n"
    assert lost in names()
    with pytest.raises(CommandError):
        call_command("clean_files", "--center", "nowhere")


# -- by hand -----------------------------------------------------------------------------------------------------------


def test_what_is_removed_by_hand_must_not_be_used(cast, clean, django_capture_on_commit_callbacks):
    kept = picture(cast, "red")
    question = Question.objects.filter(group__section__mock_test=factories.make_test(cast)).first()
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"image_id": kept.pk})
    with pytest.raises(media.MediaInUse):
        media.delete_media(actor=cast.carol, media_id=kept.pk)
    authoring.update_question(actor=cast.carol, question_id=question.pk, changes={"image_id": None})
    for stranger, id in ((cast.other_teacher, kept.pk), (cast.dora, uuid.uuid4())):
        with pytest.raises(media.MediaNotFound):
            media.delete_media(actor=stranger, media_id=id)
    with django_capture_on_commit_callbacks(execute=True):
        media.delete_media(actor=cast.carol, media_id=kept.pk)
    assert names() == []
    assert not MediaFile.objects.exists()
