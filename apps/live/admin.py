from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from apps.core.adminsite import RowAdmin, RowInline, center_site
from apps.live.models import LateAnswer, QuizSession
from apps.live.queries import boards

SHOWN = 100


class LateAnswerInline(RowInline):
    """What came after its question was over, or after the answer that counts: kept for review, never marked."""

    model = LateAnswer
    fields = readonly_fields = ["number", "player_name", "response", "code", "received_at"]
    ordering = ["received_at", "pk"]
    verbose_name_plural = "refused answers"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("player")

    @display(description="player")
    def player_name(self, row: LateAnswer) -> str:
        return row.player.display_name


@admin.register(QuizSession, site=center_site)
class QuizSessionAdmin(RowAdmin):
    """Looked at here, led on its own pages."""

    icon = "sports_esports"
    list_display = ["title", "host", "stage", "number", "question_count", "created_at"]
    list_filter = ["state"]
    search_fields = ["title", "code"]
    ordering = ["-created_at"]
    fields = [
        *("title", "host", "stage", "number", "question_count", "code", "answer_policy", "bonus", "board_policy"),
        *("guests", "created_at", "started_at", "finished_at", "places"),
    ]
    inlines = [LateAnswerInline]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("host")

    @display(description="state", label={"FINISHED": "success", "LOBBY": "info"})
    def stage(self, row: QuizSession) -> str:
        return row.state

    @display(description="places")
    def places(self, row: QuizSession) -> str:
        cells = (
            (place.rank, place.name, boards.plain(place.score))
            for place in boards.places(session_id=row.pk, most=SHOWN)
        )
        line = '<tr><td class="pr-6">{}</td><td class="pr-6">{}</td><td>{}</td></tr>'
        head = '<th class="pr-6">rank</th><th class="pr-6">name</th><th>points</th>'
        table = f'<table><tr class="text-left">{head}</tr>{{}}</table>'
        return format_html(table, format_html_join("", line, cells))
