from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.common.filters import Filters
from api.common.serializers import StrictSerializer


class NoticeFilters(Filters):
    is_read = serializers.BooleanField(required=False)


class ReadIn(StrictSerializer):
    is_read = serializers.BooleanField()


class NoticeOut(serializers.Serializer[Any]):
    """Something a person was told."""

    id = serializers.UUIDField()
    notification_type = serializers.CharField()
    message = serializers.CharField()
    link = serializers.CharField(help_text="A path of the center's pages, or empty.")
    is_read = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    user_id = serializers.UUIDField()
    related_task_id = serializers.UUIDField(allow_null=True, help_text="The room it is about.")
    related_contact_request_id = serializers.UUIDField(allow_null=True, help_text="Owners only.")


class UpdatedOut(serializers.Serializer[Any]):
    updated = serializers.IntegerField()


class WishesIn(StrictSerializer):
    results = serializers.BooleanField(help_text="A letter when the results of an exam are out.")


class WishesOut(serializers.Serializer[Any]):
    """Which letters a person wants that nobody has to get."""

    results = serializers.BooleanField()


class UnsubscribeQuery(serializers.Serializer[Any]):
    token = serializers.CharField(help_text="From a letter.")


class UnsubscribedOut(serializers.Serializer[Any]):
    detail = serializers.CharField()
