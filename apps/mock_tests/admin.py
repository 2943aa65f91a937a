from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.utils.html import format_html, format_html_join, strip_tags
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminDateWidget, UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget

from apps.core import clock
from apps.core.adminsite import ActionVariant, RowAdmin, RowForm, RowInline, act, center_site, pretty
from apps.core.editing import RichTextWidget
from apps.core.errors import Refusal
from apps.mock_tests.models import (
    BankQuestion,
    BankReview,
    BankVersion,
    Blueprint,
    ExamProfile,
    ImportRun,
    MediaFile,
    MockTest,
    Paper,
    Question,
    QuestionGroup,
    TestSection,
    Topic,
)
from apps.mock_tests.operations import authoring, bank, profiles
from apps.mock_tests.operations.authoring import publishing
from apps.mock_tests.operations.bank import blueprints
from apps.mock_tests.operations.bank import review as bank_review
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.operations.files import media
from apps.mock_tests.queries import shelves
from apps.mock_tests.rules.bank.questions import words_of
from apps.mock_tests.rules.bank.review import MOVES, Step
from apps.mock_tests.rules.files import media as rules
from apps.mock_tests.rules.profiles import PROFILES

if TYPE_CHECKING:
    from apps.authentication.models import User

SHELF = "admin:mock_tests_mediafile_shelf"
MOST_ON_SHELF = 60
LOOKED_AT = timedelta(hours=6)
STATUS_COLORS = {
    "DRAFT": "warning",
    "PUBLISHED": "success",
    "DELETED": "danger",
    "IN_REVIEW": "info",
    "APPROVED": "success",
}


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
    edit_fields = ["title", "mondai_number", "instruction", "reading_text", "image", "audio", "scored_area", "order"]
    autocomplete_fields = ["image", "audio"]
    rich_texts = ("instruction", "reading_text")
    inlines = [QuestionInline]

    def changed(self, request: HttpRequest, row: QuestionGroup, changes: dict[str, Any]) -> None:
        authoring.update_group(actor=_actor(request), group_id=row.pk, changes=_by_id(changes))

    @display(description="group")
    def heading(self, row: QuestionGroup) -> str:
        return row.title or _short(row.instruction)


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
        authoring.update_question(actor=_actor(request), question_id=row.pk, changes=_by_id(changes) | topic)

    @display(description="question")
    def said(self, row: Question) -> str:
        return f"{row.question_number or ''} {row.name or _short(row.text)}".strip()

    @display(description="answers and key")
    def answers(self, row: Question) -> str:
        return _answers(row)


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
    list_display = ["original_name", "kind", "media_type", "size", "seconds", "created_at", "unused_since"]
    list_filter = ["kind", ("unused_since", admin.EmptyFieldListFilter)]
    search_fields = ["original_name"]
    ordering = ["-created_at"]
    fields = ["original_name", "shown", "kind", "media_type", "size", "width", "height", "seconds", "sha256"]
    fields += ["created_by", "created_at", "unused_since"]
    actions_detail = ["remove"]

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view(self.shelf)
        return [path("shelf/", view, name="mock_tests_mediafile_shelf"), *super().get_urls()]

    def shelf(self, request: HttpRequest) -> JsonResponse:
        """For the editor: the newest files of the center, or those that are asked for by name or id; and adding one."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        if request.method == "POST":
            return self._add(request)
        given = request.GET
        wanted = [found for found in map(rules.media_id_in, given.get("ids", "").split(",")[:MOST_ON_SHELF]) if found]
        rows = shelves.list_media(search=given.get("search", ""), kind=given.get("kind", ""), media_ids=wanted)
        return JsonResponse({"items": [self._item(row) for row in rows[:MOST_ON_SHELF]]})

    def _add(self, request: HttpRequest) -> JsonResponse:
        file = request.FILES.get("file")
        if file is None or file.size is None or file.size > rules.MOST_AUDIO_BYTES:
            return JsonResponse({"detail": "Choose a picture or recording, up to 30 MB."}, status=422)
        try:
            kept = media.store_media(actor=_actor(request), content=file.read(), file_name=file.name or "")
        except Refusal as refusal:
            told = " ".join(problem.detail for problem in getattr(refusal, "problems", ())) or str(refusal)
            return JsonResponse({"detail": told}, status=422)
        return JsonResponse(self._item(kept), status=201)

    def _item(self, row: MediaFile) -> dict[str, Any]:
        url = shelves.address(media_id=row.pk, until=clock.now() + LOOKED_AT)
        return {"id": str(row.pk), "name": row.original_name, "kind": row.kind, "url": url, "preview": f"{url}&w=320"}

    @display(description="file")
    def shown(self, row: MediaFile) -> str:
        url = shelves.address(media_id=row.pk, until=clock.now() + LOOKED_AT)
        if row.kind == MediaFile.Kind.IMAGE:
            return format_html('<img src="{}" alt="" style="max-height:16rem">', f"{url}&w=1024")
        return format_html('<audio controls preload="none" src="{}"></audio>', url)

    @act("Remove", icon="delete", ask="Takes the file away for good. One that is shown or played somewhere is refused.")
    def remove(self, request: HttpRequest, row: MediaFile) -> None:
        media.delete_media(actor=_actor(request), media_id=row.pk)


def _actor(request: HttpRequest) -> User:
    return request.user  # type: ignore[return-value]


def _short(html: str, most: int = 80) -> str:
    text = " ".join(strip_tags(html).split())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _answers(row: Question | BankVersion) -> str:
    if "fractions" not in row.key:
        return pretty({"shown": row.content, "key": row.key} if row.content else row.key)
    shares = row.key.get("fractions", {})
    cells = (
        (shares.get(option["id"], "0"), _short(option["text"], 300) or "(picture)") for option in row.content["options"]
    )
    lines = format_html_join("", '<tr><td class="pr-4 font-semibold">{}</td><td>{}</td></tr>', cells)
    return format_html('<table><tr><th class="pr-4">share</th><th>option</th></tr>{}</table>', lines)


# -- exams ---------------------------------------------------------------------------------------------------------


class ExamProfileForm(RowForm):
    valid_from = forms.DateField(widget=UnfoldAdminDateWidget(), required=False)
    valid_until = forms.DateField(
        widget=UnfoldAdminDateWidget(), required=False, help_text="The first day on which it does not hold any more."
    )

    class Meta:
        model = ExamProfile
        fields = ["name"]


class NewExamProfileForm(ExamProfileForm):
    based_on = forms.ChoiceField(
        widget=UnfoldAdminSelectWidget(),
        choices=[(code, f"{profile.name} ({code})") for code, profile in PROFILES.items()],
        help_text="What it is a copy of. Sections, marks and scores are changed over the API.",
    )


@admin.register(ExamProfile, site=center_site)
class ExamProfileAdmin(RowAdmin):
    """The center's own. A change makes the next edition; those that come with the product have no rows."""

    icon = "rule"
    can_add = can_change = True
    form, add_form = ExamProfileForm, NewExamProfileForm
    add_fields = ["name", "based_on", "valid_from", "valid_until"]
    edit_fields = ["name", "valid_from", "valid_until"]
    list_display = ["name", "code", "level", "exam_type", "valid_from", "valid_until", "replaced_at", "retired_at"]
    list_filter = ["exam_type", ("replaced_at", admin.EmptyFieldListFilter), ("retired_at", admin.EmptyFieldListFilter)]
    search_fields = ["name", "code"]
    fields = ["name", "code", "edition", "level", "exam_type", "valid_from", "valid_until", "based_on", "rules"]
    fields += ["replaced_at", "retired_at", "created_by", "created_at"]
    actions_detail = ["retire"]

    def added(self, request: HttpRequest, values: dict[str, Any]) -> ExamProfile:
        based_on = values.pop("based_on")
        return profiles.create_profile(actor=_actor(request), changes=values, based_on=based_on)

    def changed(self, request: HttpRequest, row: ExamProfile, changes: dict[str, Any]) -> None:
        profiles.change_profile(actor=_actor(request), profile_id=row.pk, changes=changes)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_newest = not isinstance(obj, ExamProfile) or (obj.replaced_at is None and obj.retired_at is None)
        return is_newest and super().has_change_permission(request, obj)

    def can_act(self, name: str, row: ExamProfile) -> bool:
        return row.replaced_at is None and row.retired_at is None

    @display(description="rules")
    def rules(self, row: ExamProfile) -> str:
        return pretty(row.data)

    @act("Retire", icon="block", ask="It is not offered for new tests any more.", variant=ActionVariant.DANGER)
    def retire(self, request: HttpRequest, row: ExamProfile) -> None:
        profiles.retire_profile(actor=_actor(request), profile_id=row.pk)


@admin.register(Blueprint, site=center_site)
class BlueprintAdmin(RowAdmin):
    icon = "architecture"
    can_change = True
    edit_fields = ["name", "description"]
    list_display = ["name", "created_by", "updated_at"]
    list_select_related = ["created_by"]
    search_fields = ["name", "description"]
    fields = ["name", "description", "plan", "created_by", "created_at", "updated_at"]
    actions_detail = ["assemble", "remove"]

    def changed(self, request: HttpRequest, row: Blueprint, changes: dict[str, Any]) -> None:
        blueprints.update_blueprint(actor=_actor(request), blueprint_id=row.pk, changes=changes)

    @display(description="plan")
    def plan(self, row: Blueprint) -> str:
        return pretty(row.spec)

    @act(
        "Make a test", icon="auto_awesome", ask="Makes a draft of questions of the bank.", variant=ActionVariant.SUCCESS
    )
    def assemble(self, request: HttpRequest, row: Blueprint) -> None:
        blueprints.assemble_by(actor=_actor(request), blueprint_id=row.pk)

    @act("Remove", icon="delete", ask="Tests that were made by it stay.", variant=ActionVariant.DANGER)
    def remove(self, request: HttpRequest, row: Blueprint) -> None:
        blueprints.delete_blueprint(actor=_actor(request), blueprint_id=row.pk)


# -- the bank ------------------------------------------------------------------------------------------------------


@admin.register(Topic, site=center_site)
class TopicAdmin(RowAdmin):
    icon = "account_tree"
    can_add = can_change = True
    add_fields = edit_fields = ["name", "parent", "is_active"]
    list_display = ["name", "parent", "is_active", "author"]
    list_filter = ["is_active"]
    list_select_related = ["parent", "author"]
    search_fields = ["name"]
    fields = ["name", "parent", "is_active", "author", "created_at", "updated_at"]
    actions_detail = ["remove"]

    def added(self, request: HttpRequest, values: dict[str, Any]) -> Topic:
        return bank_topics.create_topic(actor=_actor(request), changes=_by_id(values))

    def changed(self, request: HttpRequest, row: Topic, changes: dict[str, Any]) -> None:
        bank_topics.update_topic(actor=_actor(request), topic_id=row.pk, changes=_by_id(changes))

    @act("Remove", icon="delete", ask="Only a topic in which nothing lies is removed.", variant=ActionVariant.DANGER)
    def remove(self, request: HttpRequest, row: Topic) -> None:
        bank_topics.delete_topic(actor=_actor(request), topic_id=row.pk)


class BankVersionInline(RowInline):
    model = BankVersion
    fields = readonly_fields = ["number", "name", "author", "note", "created_at"]
    per_page = 30


class BankReviewInline(RowInline):
    model = BankReview
    fields = readonly_fields = ["step", "version", "by", "comment", "at"]
    per_page = 30


class CommentForm(BaseDialogForm):
    comment = forms.CharField(widget=UnfoldAdminTextareaWidget, max_length=bank_review.LONGEST_COMMENT)


class BankQuestionForm(RowForm):
    """What a question says stands in its current version; writing it anew makes the next one."""

    text = forms.CharField(required=False, widget=RichTextWidget(shelf=SHELF))
    explanation = forms.CharField(required=False, widget=RichTextWidget(shelf=SHELF))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        version = self.instance.current_version
        for name in {"text", "explanation"} & self.fields.keys():
            self.initial[name] = getattr(version, name, "")


@admin.register(BankQuestion, site=center_site)
class BankQuestionAdmin(RowAdmin):
    """A question as its current version says it. Text and explanation that are written anew make the next version."""

    form = BankQuestionForm

    icon = "inventory_2"
    can_change = True
    list_display = ["said", "state_label", "type", "topic", "difficulty", "created_by", "created_at"]
    list_filter = ["state", "difficulty", "type", ("deleted_at", admin.EmptyFieldListFilter)]
    search_fields = ["search_text"]
    fields = ["state_label", "type", "name", "text", "answers", "explanation", "topic", "difficulty", "exam_type"]
    fields += ["language", "tags", "how_it_did", "created_by", "created_at", "updated_at", "deleted_at"]
    edit_fields = ["text", "explanation", "topic", "difficulty", "exam_type", "language", "tags"]
    inlines = [BankVersionInline, BankReviewInline]
    actions_detail = ["submit", "approve", "send_back", "retire", "reopen"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankQuestion]:
        rows = super().get_queryset(request).defer("search_text", "sketch")
        return rows.select_related("topic", "created_by", "current_version__statistics")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[BankQuestion], search_term: str
    ) -> tuple[QuerySet[BankQuestion], bool]:
        for word in words_of(search_term):
            queryset = queryset.filter(search_text__contains=word)
        return queryset, False

    def changed(self, request: HttpRequest, row: BankQuestion, changes: dict[str, Any]) -> None:
        bank.edit_question(actor=_actor(request), question_id=row.pk, changes=_by_id(changes))

    def can_act(self, name: str, row: BankQuestion) -> bool:
        return row.deleted_at is None and row.state in MOVES[_STEPS[name]].states

    def _step(self, request: HttpRequest, row: BankQuestion, step: str, comment: str = "") -> None:
        bank_review.take_step(actor=_actor(request), question_id=row.pk, step=step, comment=comment)

    @act("Submit", icon="send", ask="Asks for its review.")
    def submit(self, request: HttpRequest, row: BankQuestion) -> None:
        self._step(request, row, Step.SUBMITTED)

    @act("Approve", icon="check", ask="Lets tests take this version.", variant=ActionVariant.SUCCESS)
    def approve(self, request: HttpRequest, row: BankQuestion) -> None:
        self._step(request, row, Step.APPROVED)

    @act("Send back", icon="undo", ask="Makes it a draft again; its author reads your comment.", form=CommentForm)
    def send_back(self, request: HttpRequest, row: BankQuestion, values: dict[str, Any]) -> None:
        self._step(request, row, Step.SENT_BACK, values["comment"])

    @act("Retire", icon="archive", ask="No test may take it any more.", variant=ActionVariant.DANGER)
    def retire(self, request: HttpRequest, row: BankQuestion) -> None:
        self._step(request, row, Step.RETIRED)

    @act("Reopen", icon="unarchive", ask="Brings it back into the bank.")
    def reopen(self, request: HttpRequest, row: BankQuestion) -> None:
        self._step(request, row, Step.REOPENED)

    @display(description="question")
    def said(self, row: BankQuestion) -> str:
        return self.name(row) or _short(self.text(row)) or str(row)

    @display(description="state", label=STATUS_COLORS, ordering="state")
    def state_label(self, row: BankQuestion) -> str:
        return "DELETED" if row.deleted_at else row.state

    @display(description="name")
    def name(self, row: BankQuestion) -> str:
        return row.current_version.name if row.current_version else ""

    @display(description="text")
    def text(self, row: BankQuestion) -> str:
        return row.current_version.text if row.current_version else ""

    @display(description="explanation")
    def explanation(self, row: BankQuestion) -> str:
        return row.current_version.explanation if row.current_version else ""

    @display(description="answers and key")
    def answers(self, row: BankQuestion) -> str:
        return _answers(row.current_version) if row.current_version else ""

    @display(description="how it did")
    def how_it_did(self, row: BankQuestion) -> str:
        found = getattr(row.current_version, "statistics", None)
        if found is None:
            return "Nobody has answered it yet."
        told = f"{found.seen} seen, facility {found.facility:.2f}"
        return told if found.discrimination is None else f"{told}, discrimination {found.discrimination:.2f}"


_STEPS = {
    "submit": Step.SUBMITTED,
    "approve": Step.APPROVED,
    "send_back": Step.SENT_BACK,
    "retire": Step.RETIRED,
    "reopen": Step.REOPENED,
}


_RELATIONS = frozenset({"parent", "topic", "image", "audio"})


def _by_id(values: dict[str, Any]) -> dict[str, Any]:
    """Values of a form as operations take them: relations by their ids."""
    related = {f"{name}_id": row.pk if row else None for name, row in values.items() if name in _RELATIONS}
    return {name: value for name, value in values.items() if name not in _RELATIONS} | related
