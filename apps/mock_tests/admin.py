from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join, strip_tags
from unfold.decorators import display

from apps.core.adminsite import ActionVariant, RowAdmin, RowInline, act, center_site, pretty
from apps.mock_tests.models import ImportRun, MediaFile, MockTest, Paper, Question, QuestionGroup, TestSection
from apps.mock_tests.operations import authoring, publishing

if TYPE_CHECKING:
    from apps.authentication.models import User

STATUS_COLORS = {"DRAFT": "warning", "PUBLISHED": "success", "DELETED": "danger"}


class PartAdmin(RowAdmin):
    """A part of a test. Published tests are locked, whoever asks."""

    can_change = True
    test_path = ""

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
        authoring.update_test(actor=_actor(request), test_id=row.pk, changes=changes)

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
        publishing.publish_test(actor=_actor(request), test_id=row.pk)

    @act("Clone", icon="content_copy", ask="Makes a draft of your own with the same content.")
    def clone(self, request: HttpRequest, row: MockTest) -> None:
        authoring.clone_test(actor=_actor(request), test_id=row.pk)


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
        authoring.update_section(actor=_actor(request), section_id=row.pk, changes=changes)


@admin.register(QuestionGroup, site=center_site)
class QuestionGroupAdmin(PartAdmin):
    icon = "view_agenda"
    test_path = "section__mock_test"
    list_display = ["heading", "test", "section", "mondai_number", "order"]
    search_fields = ["title", "instruction", "section__mock_test__title"]
    fields = ["test", "section", "title", "mondai_number", "instruction", "reading_text", "image", "audio"]
    fields += ["scored_area", "order"]
    edit_fields = ["title", "mondai_number", "instruction", "reading_text", "scored_area", "order"]
    inlines = [QuestionInline]

    def changed(self, request: HttpRequest, row: QuestionGroup, changes: dict[str, Any]) -> None:
        authoring.update_group(actor=_actor(request), group_id=row.pk, changes=changes)

    @display(description="group")
    def heading(self, row: QuestionGroup) -> str:
        return row.title or _short(row.instruction)


@admin.register(Question, site=center_site)
class QuestionAdmin(PartAdmin):
    """The one page of the admin that shows a key."""

    icon = "help"
    test_path = "group__section__mock_test"
    list_display = ["said", "test", "type", "score", "topic"]
    list_filter = ["type", "group__section__section_type"]
    search_fields = ["name", "text", "topic", "group__section__mock_test__title"]
    fields = ["test", "group", "type", "name", "text", "question_number", "score", "answers", "shuffle"]
    fields += ["explanation", "topic", "tags", "image", "audio", "order"]
    edit_fields = ["name", "text", "question_number", "score", "shuffle", "explanation", "topic", "order"]

    def changed(self, request: HttpRequest, row: Question, changes: dict[str, Any]) -> None:
        authoring.update_question(actor=_actor(request), question_id=row.pk, changes=changes)

    @display(description="question")
    def said(self, row: Question) -> str:
        return f"{row.question_number or ''} {row.name or _short(row.text)}".strip()

    @display(description="answers and key")
    def answers(self, row: Question) -> str:
        if "fractions" not in row.key:
            return pretty({"shown": row.content, "key": row.key} if row.content else row.key)
        shares = row.key.get("fractions", {})
        cells = (
            (shares.get(option["id"], "0"), _short(option["text"], 300) or "(picture)")
            for option in row.content["options"]
        )
        lines = format_html_join("", '<tr><td class="pr-4 font-semibold">{}</td><td>{}</td></tr>', cells)
        return format_html('<table><tr><th class="pr-4">share</th><th>option</th></tr>{}</table>', lines)


@admin.register(Paper, site=center_site)
class PaperAdmin(RowAdmin):
    """What takers see of a published edition; its key lies in another table, which has no page."""

    icon = "description"
    list_display = ["title", "number", "profile", "item_count", "max_score", "published_at"]
    search_fields = ["title"]
    ordering = ["-published_at"]
    fields = ["test", "number", "title", "profile", "seconds", "item_count", "max_score", "content_hash"]
    fields += ["published_by", "published_at", "shown"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paper]:
        return super().get_queryset(request).select_related("test", "published_by")

    @display(description="content")
    def shown(self, row: Paper) -> str:
        return pretty(row.content)


@admin.register(ImportRun, site=center_site)
class ImportRunAdmin(RowAdmin):
    icon = "upload_file"
    list_display = ["file_name", "format", "test", "created_by", "created_at"]
    list_filter = ["format"]
    search_fields = ["file_name", "test__title"]
    fields = ["file_name", "format", "sha256", "test", "created_by", "created_at", "what_happened"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportRun]:
        return super().get_queryset(request).select_related("test", "created_by")

    @display(description="report")
    def what_happened(self, row: ImportRun) -> str:
        return pretty(row.report)


@admin.register(MediaFile, site=center_site)
class MediaFileAdmin(RowAdmin):
    icon = "perm_media"
    list_display = ["original_name", "kind", "media_type", "size", "seconds", "created_at"]
    list_filter = ["kind"]
    search_fields = ["original_name"]
    ordering = ["-created_at"]
    fields = ["original_name", "kind", "media_type", "size", "seconds", "sha256", "created_by", "created_at"]


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _short(html: str, most: int = 80) -> str:
    text = " ".join(strip_tags(html).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"
