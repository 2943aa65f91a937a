"""Tests with their sections, groups and questions."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display

from apps.core.adminsite import ActionVariant, RowAdmin, RowInline, act, center_site
from apps.core.editing import RichTextWidget
from apps.mock_tests.admin.common import SHELF, STATUS_COLORS, actor_of, answers_of, by_id, short
from apps.mock_tests.models import MediaFile, MockTest, Paper, Question, QuestionGroup, TestSection
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.authoring import publishing


class PartAdmin(RowAdmin):
    """A part of a test. Published tests are locked, whoever asks."""

    can_change = True
    test_path = ""
    rich_texts: tuple[str, ...] = ()

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.rich_texts:
            kwargs["widget"] = RichTextWidget(shelf=SHELF)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in MediaFile.Kind.values:  # an image is a picture, audio a recording
            kwargs["queryset"] = MediaFile.objects.filter(kind=db_field.name)
        return super().formfield_for_foreignkey(db_field, request, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related(self.test_path) if self.test_path else rows

    def test_of(self, row: Any) -> MockTest:
        for name in self.test_path.split("__") if self.test_path else ():
            row = getattr(row, name)
        return row

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        if not super().has_change_permission(request, obj):
            return False
        # The buttons of a page ask with the id alone.
        if not isinstance(obj, self.model):
            return True
        test = self.test_of(obj)
        return test.status == MockTest.Status.DRAFT and test.deleted_at is None

    @display(description="test")
    def test(self, row: Any) -> MockTest:
        return self.test_of(row)


class SectionInline(RowInline):
    model = TestSection
    fields = readonly_fields = ["name", "section_type", "duration", "order"]
    show_change_link = True


class QuestionGroupInline(RowInline):
    model = QuestionGroup
    fields = readonly_fields = ["title", "mondai_number", "scored_area", "order"]
    show_change_link = True


class QuestionInline(RowInline):
    model = Question
    fields = readonly_fields = ["name", "type", "question_number", "score", "topic", "order"]
    show_change_link = True
    per_page = 30


class PaperInline(RowInline):
    model = Paper
    fields = readonly_fields = ["number", "title", "item_count", "max_score", "published_at", "published_by"]
    show_change_link = True


@admin.register(MockTest, site=center_site)
class MockTestAdmin(PartAdmin):
    icon = "quiz"
    list_display = ["title", "kind", "level", "status_label", "created_by", "created_at"]
    list_filter = ["status", "kind", "level", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["title", "description"]
    fields = ["title", "description", "level", "profile", "kind", "status_label", "current_paper"]
    fields += ["created_by", "created_at", "updated_at", "deleted_at"]
    edit_fields = ["title", "description", "level"]
    inlines = [SectionInline, PaperInline]
    actions_detail = ["publish", "clone"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[MockTest]:
        return super().get_queryset(request).select_related("created_by")

    def changed(self, request: HttpRequest, row: MockTest, changes: dict[str, Any]) -> None:
        authoring.update_test(actor=actor_of(request), test_id=row.pk, changes=changes)

    @display(description="status", label=STATUS_COLORS, ordering="status")
    def status_label(self, row: MockTest) -> str:
        return "DELETED" if row.deleted_at else row.status

    @act(
        "Publish",
        icon="publish",
        ask="Freezes the test as a paper that rooms can give. What is incomplete is refused, with every reason.",
        variant=ActionVariant.SUCCESS,
    )
    def publish(self, request: HttpRequest, row: MockTest) -> None:
        publishing.publish_test(actor=actor_of(request), test_id=row.pk)

    @act("Clone", icon="content_copy", ask="Makes a draft of your own with the same content.")
    def clone(self, request: HttpRequest, row: MockTest) -> None:
        authoring.clone_test(actor=actor_of(request), test_id=row.pk)


@admin.register(TestSection, site=center_site)
class TestSectionAdmin(PartAdmin):
    icon = "timer"
    test_path = "mock_test"
    list_display = ["name", "test", "section_type", "duration", "order"]
    list_filter = ["section_type"]
    search_fields = ["name", "mock_test__title"]
    fields = ["test", "name", "section_type", "duration", "order"]
    edit_fields = fields[1:]
    inlines = [QuestionGroupInline]

    def changed(self, request: HttpRequest, row: TestSection, changes: dict[str, Any]) -> None:
        authoring.update_section(actor=actor_of(request), section_id=row.pk, changes=changes)


@admin.register(QuestionGroup, site=center_site)
class QuestionGroupAdmin(PartAdmin):
    icon = "view_agenda"
    test_path = "section__mock_test"
    list_display = ["heading", "test", "section", "mondai_number", "order"]
    search_fields = ["title", "instruction", "section__mock_test__title"]
    fields = ["test", "section", "title", "mondai_number", "instruction", "reading_text", "image", "audio"]
    fields += ["scored_area", "order"]
    edit_fields = ["title", "mondai_number", "instruction", "reading_text", "image", "audio", "scored_area", "order"]
    autocomplete_fields = ["image", "audio"]
    rich_texts = ("instruction", "reading_text")
    inlines = [QuestionInline]

    def changed(self, request: HttpRequest, row: QuestionGroup, changes: dict[str, Any]) -> None:
        authoring.update_group(actor=actor_of(request), group_id=row.pk, changes=by_id(changes))

    @display(description="group")
    def heading(self, row: QuestionGroup) -> str:
        return row.title or short(row.instruction)


@admin.register(Question, site=center_site)
class QuestionAdmin(PartAdmin):
    """With the bank's, the one page of the admin that shows a key."""

    icon = "help"
    test_path = "group__section__mock_test"
    list_display = ["said", "test", "type", "score", "topic"]
    list_filter = ["type", "group__section__section_type"]
    search_fields = ["name", "text", "topic", "group__section__mock_test__title"]
    fields = ["test", "group", "type", "name", "text", "question_number", "score", "answers", "shuffle"]
    fields += ["explanation", "topic", "tags", "image", "audio", "order"]
    edit_fields = ["name", "text", "question_number", "score", "shuffle", "explanation", "topic", "image", "audio"]
    edit_fields += ["order"]
    autocomplete_fields = ["image", "audio"]
    rich_texts = ("text", "explanation")

    def changed(self, request: HttpRequest, row: Question, changes: dict[str, Any]) -> None:
        # The topic of a question in a test is a word, not a row.
        topic = {"topic": changes.pop("topic")} if "topic" in changes else {}
        authoring.update_question(actor=actor_of(request), question_id=row.pk, changes=by_id(changes) | topic)

    @display(description="question")
    def said(self, row: Question) -> str:
        return f"{row.question_number or ''} {row.name or short(row.text)}".strip()

    @display(description="answers and key")
    def answers(self, row: Question) -> str:
        return answers_of(row)
