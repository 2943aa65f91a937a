"""All writes on what people are told."""

from __future__ import annotations

from apps.notifications.operations.centers import (
    tell_acting,
    tell_domain,
    tell_erasure_asked,
    tell_plan_ended,
    tell_plan_ending,
    tell_request,
)
from apps.notifications.operations.exams import mail_results, tell_marked, tell_opened, tell_released, tell_waiting
from apps.notifications.operations.homework import tell_assigned, tell_changed, tell_ended, tell_ending, tell_moved
from apps.notifications.operations.inbox import forget_person, mark_all_read, set_read, set_wishes, unsubscribe
from apps.notifications.operations.materials import tell_shared
from apps.notifications.operations.telling import notify

__all__ = [
    "forget_person",
    "mail_results",
    "mark_all_read",
    "notify",
    "set_read",
    "set_wishes",
    "tell_acting",
    "tell_assigned",
    "tell_changed",
    "tell_domain",
    "tell_ended",
    "tell_ending",
    "tell_erasure_asked",
    "tell_marked",
    "tell_moved",
    "tell_opened",
    "tell_plan_ended",
    "tell_plan_ending",
    "tell_released",
    "tell_request",
    "tell_shared",
    "tell_waiting",
    "unsubscribe",
]
