from __future__ import annotations

import uuid

from django.db.models import Q, QuerySet

from apps.centers.errors import RequestNotFound
from apps.centers.models import ContactRequest

ORDERINGS = ("created_at", "-created_at", "status", "-status", "center_name", "-center_name")


def list_requests(*, search: str = "", status: str = "", ordering: str = "-created_at") -> QuerySet[ContactRequest]:
    """The owners' inbox, newest first unless asked otherwise; names, number or message hold ``search``."""
    requests = ContactRequest.objects.all()
    if search:
        words = Q(center_name__icontains=search) | Q(full_name__icontains=search) | Q(message__icontains=search)
        digits = "".join(char for char in search if char.isdecimal())
        number = Q(phone_number__icontains=search)
        requests = requests.filter(words | number | Q(phone_digits__contains=digits) if digits else words | number)
    if status:
        requests = requests.filter(status=status)
    return requests.order_by(ordering, "id")


def get_request(*, request_id: uuid.UUID) -> ContactRequest:
    """One of them; refuses an unknown id."""
    request = find_request(request_id=request_id)
    if request is None:
        raise RequestNotFound
    return request


def find_request(*, request_id: uuid.UUID) -> ContactRequest | None:
    """One of them, if it is still there."""
    return ContactRequest.objects.filter(pk=request_id).first()
