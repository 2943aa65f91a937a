from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters, Order, Search

STATUSES = ["TRIAL", "ACTIVE", "SUSPENDED", "ARCHIVED"]


# -- owners --------------------------------------------------------------------------------------------------------


class RecentRequestOut(serializers.Serializer[Any]):
    id = serializers.CharField()
    center_name = serializers.CharField()
    full_name = serializers.CharField()
    phone_number = serializers.CharField()
    status = serializers.CharField()
    created_at = serializers.DateTimeField()


class CentersByStatusOut(serializers.Serializer[Any]):
    total = serializers.IntegerField(help_text="Without archived ones.")
    new = serializers.IntegerField(help_text="Of these, in the last thirty days.")
    trial = serializers.IntegerField()
    active = serializers.IntegerField()
    suspended = serializers.IntegerField()
    archived = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="Whose schema could not be made.")


class PeopleOut(serializers.Serializer[Any]):
    total = serializers.IntegerField(help_text="Who may sign in.")
    admins = serializers.IntegerField()
    teachers = serializers.IntegerField()
    students = serializers.IntegerField()
    guests = serializers.IntegerField()
    waiting = serializers.IntegerField(help_text="To be let in; not in the total.")


class AttemptsOut(serializers.Serializer[Any]):
    total = serializers.IntegerField()
    running = serializers.IntegerField()
    graded = serializers.IntegerField()


class DayOut(serializers.Serializer[Any]):
    day = serializers.DateField()
    centers = serializers.IntegerField()
    people = serializers.IntegerField()
    students = serializers.IntegerField()
    attempts = serializers.IntegerField()
    storage_bytes = serializers.IntegerField()


class EndingOut(serializers.Serializer[Any]):
    center_id = serializers.UUIDField(source="center.pk")
    center_name = serializers.CharField(source="center.name")
    plan = serializers.CharField(source="center.plan")
    ends_at = serializers.DateTimeField()
    days_remaining = serializers.IntegerField()
    is_expired = serializers.BooleanField()


class NearLimitOut(serializers.Serializer[Any]):
    center_id = serializers.UUIDField()
    center_name = serializers.CharField(source="name")
    plan = serializers.CharField()
    limit = serializers.CharField()
    used = serializers.IntegerField()
    allowed = serializers.IntegerField()
    percent = serializers.FloatField()


class HealthOut(serializers.Serializer[Any]):
    is_well = serializers.BooleanField()
    not_made = serializers.IntegerField(help_text="Centers whose schema could not be made.")
    dead_deliveries = serializers.IntegerField()
    overdue_deliveries = serializers.IntegerField()
    oldest_figures_at = serializers.DateTimeField(allow_null=True)


class OwnerFiguresOut(serializers.Serializer[Any]):
    """The platform at a glance, from what centers counted of themselves."""

    total_centers = serializers.IntegerField(source="centers.total")
    total_users = serializers.IntegerField(source="people.total")
    active_centers_count = serializers.IntegerField(source="centers.active")
    growth_centers_pct = serializers.FloatField(allow_null=True, help_text="In thirty days; null without a base.")
    recent_contact_requests = RecentRequestOut(many=True, source="requests")
    centers = CentersByStatusOut()
    people = PeopleOut()
    attempts = AttemptsOut()
    storage_bytes = serializers.IntegerField()
    growth_by_day = DayOut(many=True, source="days")
    ending = EndingOut(many=True, help_text="Trials and plans that end within two weeks, and those that have ended.")
    near_limits = NearLimitOut(many=True)
    health = HealthOut()


class FiguresFilters(Filters):
    search = Search(help_text="Part of name or slug.")
    status = serializers.ChoiceField(STATUSES, required=False)
    ordering = Order(["name", "created_at", "people", "students", "attempts", "storage_bytes", "last_attempt_at"])


class FiguresRowOut(serializers.Serializer[Any]):
    """One center as it counted itself last."""

    id = serializers.UUIDField(source="pk")
    center_name = serializers.CharField(source="center.name")
    status = serializers.CharField(source="center.status")
    plan = serializers.CharField(source="center.plan")
    trial_ends_at = serializers.DateTimeField(source="center.trial_ends_at", allow_null=True)
    people = serializers.IntegerField(source="seats")
    admins = serializers.IntegerField()
    teachers = serializers.IntegerField()
    students = serializers.IntegerField()
    guests = serializers.IntegerField()
    waiting = serializers.IntegerField()
    groups = serializers.IntegerField()
    published_tests = serializers.IntegerField()
    open_rooms = serializers.IntegerField()
    attempts = serializers.IntegerField()
    running_attempts = serializers.IntegerField()
    graded_attempts = serializers.IntegerField()
    storage_bytes = serializers.IntegerField()
    last_attempt_at = serializers.DateTimeField(allow_null=True)
    refreshed_at = serializers.DateTimeField(allow_null=True)


# -- people of a center --------------------------------------------------------------------------------------------


class CenterFiguresOut(serializers.Serializer[Any]):
    total_students = serializers.IntegerField()
    total_teachers = serializers.IntegerField()
    total_guests = serializers.IntegerField()
    total_groups = serializers.IntegerField()
    waiting_count = serializers.IntegerField(help_text="People to be let in.")
    growth_students_pct = serializers.FloatField(allow_null=True, help_text="In thirty days; null without a base.")
    active_exams_count = serializers.IntegerField(help_text="Open rooms.")
    published_tests_count = serializers.IntegerField()
    running_attempts_count = serializers.IntegerField()
    attempts_count = serializers.IntegerField()


class RecentSubmissionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    student_name = serializers.CharField()
    assignment_title = serializers.CharField()
    score = serializers.DecimalField(max_digits=9, decimal_places=3, allow_null=True, help_text="Null: not graded yet.")
    submitted_at = serializers.DateTimeField()


class TeacherFiguresOut(serializers.Serializer[Any]):
    """Of the teacher's own groups and nobody else."""

    my_groups_count = serializers.IntegerField()
    total_students = serializers.IntegerField()
    pending_grading_count = serializers.IntegerField()
    growth_pct = serializers.FloatField(
        allow_null=True, help_text="What was handed in, this week against the last; null without a base."
    )
    submission_trend_count = serializers.IntegerField(help_text="Handed in within seven days.")
    recent_submissions = RecentSubmissionOut(many=True)


class DeadlineOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    title = serializers.CharField()
    deadline = serializers.DateTimeField()
    type = serializers.CharField()


class SkillOut(serializers.Serializer[Any]):
    skill_name = serializers.CharField()
    average_score = serializers.FloatField(help_text="Per cent of the full marks.")


class RecentResultOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    assignment_title = serializers.CharField()
    score = serializers.DecimalField(max_digits=9, decimal_places=3)
    max_score = serializers.DecimalField(max_digits=9, decimal_places=3)
    status = serializers.CharField()
    completed_at = serializers.DateTimeField()


class StudentFiguresOut(serializers.Serializer[Any]):
    """Of the student's own work; marks count from their release on."""

    average_score = serializers.FloatField(allow_null=True, help_text="Per cent of the full marks, over all attempts.")
    completed_exams_count = serializers.IntegerField()
    submission_trend_count = serializers.IntegerField(help_text="Handed in within seven days.")
    growth_pct = serializers.FloatField(
        allow_null=True, help_text="The average of the last thirty days against the thirty before; null without a base."
    )
    upcoming_deadlines = DeadlineOut(many=True)
    skill_performance = SkillOut(many=True)
    recent_results = RecentResultOut(many=True)
