"""The bank: topics, questions with their versions and reviews, and the blueprints that draw from it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.forms import BaseDialogForm
from unfold.widgets import UnfoldAdminTextareaWidget

from apps.core.adminsite import ActionVariant, RowAdmin, RowForm, RowInline, act, center_site, pretty
from apps.core.editing import RichTextWidget
from apps.mock_tests.admin.common import SHELF, STATUS_COLORS, actor_of, answers_of, by_id, short
from apps.mock_tests.models import BankQuestion, BankReview, BankVersion, Blueprint, Topic
from apps.mock_tests.operations import bank
from apps.mock_tests.operations.bank import blueprints
from apps.mock_tests.operations.bank import review as bank_review
from apps.mock_tests.operations.bank import topics as bank_topics
from apps.mock_tests.rules.bank.questions import words_of
from apps.mock_tests.rules.bank.review import MOVES, Step

_STEPS = {
    "submit": Step.SUBMITTED,
    "approve": Step.APPROVED,
    "send_back": Step.SENT_BACK,
    "retire": Step.RETIRED,
    "reopen": Step.REOPENED,
}


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
        blueprints.update_blueprint(actor=actor_of(request), blueprint_id=row.pk, changes=changes)

    @display(description="plan")
    def plan(self, row: Blueprint) -> str:
        return pretty(row.spec)

    @act(
        "Make a test", icon="auto_awesome", ask="Makes a draft of questions of the bank.", variant=ActionVariant.SUCCESS
    )
    def assemble(self, request: HttpRequest, row: Blueprint) -> None:
        blueprints.assemble_by(actor=actor_of(request), blueprint_id=row.pk)

    @act("Remove", icon="delete", ask="Tests that were made by it stay.", variant=ActionVariant.DANGER)
    def remove(self, request: HttpRequest, row: Blueprint) -> None:
        blueprints.delete_blueprint(actor=actor_of(request), blueprint_id=row.pk)


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
        return bank_topics.create_topic(actor=actor_of(request), changes=by_id(values))

    def changed(self, request: HttpRequest, row: Topic, changes: dict[str, Any]) -> None:
        bank_topics.update_topic(actor=actor_of(request), topic_id=row.pk, changes=by_id(changes))

    @act("Remove", icon="delete", ask="Only a topic in which nothing lies is removed.", variant=ActionVariant.DANGER)
    def remove(self, request: HttpRequest, row: Topic) -> None:
        bank_topics.delete_topic(actor=actor_of(request), topic_id=row.pk)


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
        bank.edit_question(actor=actor_of(request), question_id=row.pk, changes=by_id(changes))

    def can_act(self, name: str, row: BankQuestion) -> bool:
        return row.deleted_at is None and row.state in MOVES[_STEPS[name]].states

    def _step(self, request: HttpRequest, row: BankQuestion, step: str, comment: str = "") -> None:
        bank_review.take_step(actor=actor_of(request), question_id=row.pk, step=step, comment=comment)

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
        return self.name(row) or short(self.text(row)) or str(row)

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
        return answers_of(row.current_version) if row.current_version else ""

    @display(description="how it did")
    def how_it_did(self, row: BankQuestion) -> str:
        found = getattr(row.current_version, "statistics", None)
        if found is None:
            return "Nobody has answered it yet."
        told = f"{found.seen} seen, facility {found.facility:.2f}"
        return told if found.discrimination is None else f"{told}, discrimination {found.discrimination:.2f}"
