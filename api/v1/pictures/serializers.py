from __future__ import annotations

from rest_framework import serializers

from api.common.serializers import StrictSerializer


class PictureQuery(StrictSerializer):
    """What the signed address of a picture carries."""

    expires = serializers.CharField(required=False)
    sig = serializers.CharField(required=False)
