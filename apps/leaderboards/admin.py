from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.html import format_html, format_html_join
from unfold.decorators import display

from apps.assignments import queries as rooms
from apps.core.adminsite import RowAdmin, center_site
from apps.leaderboards.models import ExamResult, Rank, Ranking

SHOWN = 100


class OfRoomAdmin(RowAdmin):
    """Read models of a room: rebuilt, never edited."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        room = rooms.assignments_for(request.user).filter(pk=OuterRef("assignment_id"))  # type: ignore[arg-type]
        return super().get_queryset(request).annotate(room_title=Subquery(room.values("title")[:1]))

    @display(description="room", ordering="room_title")
    def room(self, row: Any) -> str:
        return row.room_title or str(row.assignment_id)


@admin.register(ExamResult, site=center_site)
class ExamResultAdmin(OfRoomAdmin):
    icon = "grading"
    list_display = ["display_name", "room", "score", "max_score", "seconds_taken", "finished_at"]
    search_fields = ["display_name"]
    ordering = ["-finished_at"]
    fields = ["room", "student", "display_name", "score", "max_score", "seconds_taken", "finished_at", "revision"]


@admin.register(Ranking, site=center_site)
class RankingAdmin(OfRoomAdmin):
    icon = "leaderboard"
    list_display = ["room", "kind", "people", "computed_at"]
    list_filter = ["is_final"]
    ordering = ["-id"]
    fields = ["room", "kind", "people", "computed_at", "places"]

    @display(description="kind", label={"final": "success", "provisional": "warning"})
    def kind(self, row: Ranking) -> str:
        return "was final" if row.withdrawn_at else "final" if row.is_final else "provisional"

    @display(description="places")
    def places(self, row: Ranking) -> str:
        ranks = Rank.objects.filter(ranking_id=row.pk).order_by("position")[:SHOWN]
        cells = ((rank.rank, rank.display_name, f"{rank.score:f}", f"{rank.percentile:.2f}") for rank in ranks)
        line = '<tr><td class="pr-6">{}</td><td class="pr-6">{}</td><td class="pr-6">{}</td><td>{}</td></tr>'
        head = '<th class="pr-6">rank</th><th>name</th><th>score</th><th>percentile</th>'
        table = f'<table><tr class="text-left">{head}</tr>{{}}</table>'
        return format_html(table, format_html_join("", line, cells))
