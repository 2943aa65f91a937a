"""Who would like to become a center, or to be called back."""

from __future__ import annotations

import uuid

from django.db import IntegrityError, transaction
from django.db.models import Count, Q
from django.db.models.functions import Now

from apps.audit import operations as audit
from apps.centers.errors import ContactInvalid, RequestNotFound, RequestOpen, TooManyRequests
from apps.centers.events import ContactRequested
from apps.centers.models import ContactRequest
from apps.centers.rules import contacts as rules
from apps.core import bus, tenancy, trace
from apps.core.errors import Problem


def ask(*, center_name: str, full_name: str, phone_number: str, message: str = "") -> ContactRequest:
    """Leave a request for the owners, who are told. Refuses names without letters, a number that is none, one that waits
    for its call already, and more than a few in an hour from one place."""
    names = {"center_name": rules.one_line(center_name), "full_name": rules.one_line(full_name)}
    problems = [
        Problem(f"/{field}", "required", "This is needed.") for field, text in names.items() if not rules.has_word(text)
    ]
    digits = rules.phone_digits(phone_number)
    if not digits:
        problems.append(Problem("/phone_number", "invalid", "This is not a telephone number."))
    if problems:
        raise ContactInvalid(problems=problems)
    with tenancy.enter(tenancy.PUBLIC):
        address = trace.current().address or None
        _check_rate(address)
        request = ContactRequest(
            **names,
            phone_number=rules.one_line(phone_number)[:40],
            phone_digits=digits,
            message=rules.plain_text(message),
            ip_address=address,
        )
        try:
            with transaction.atomic():
                request.save(force_insert=True)
                bus.publish(ContactRequested(request_id=request.pk))
        except IntegrityError as error:
            if "one_open_request_per_phone" not in str(error):
                raise
            raise RequestOpen(problems=[Problem("/phone_number", RequestOpen.code, RequestOpen.message)]) from None
        request.refresh_from_db()
    return request


def set_status(*, request_id: uuid.UUID, status: str) -> ContactRequest:
    """Say how far a request is. Refuses to open one again while another with the same number is open."""
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        request = _locked(request_id)
        before, request.status = request.status, status
        try:
            with transaction.atomic():
                request.save(update_fields=["status", "updated_at"])
        except IntegrityError as error:
            if "one_open_request_per_phone" not in str(error):
                raise
            told = "Another request with this number is open already."
            raise RequestOpen(told, problems=[Problem("/status", RequestOpen.code, told)]) from None
        if before != status:
            audit.record(
                action="contact_request.changed",
                subject="contact_request",
                subject_id=request.pk,
                name=request.center_name,
                before={"status": before},
                after={"status": status},
            )
    return request


def delete_request(*, request_id: uuid.UUID) -> None:
    """Remove a request for good."""
    with tenancy.enter(tenancy.PUBLIC), transaction.atomic():
        request = _locked(request_id)
        audit.record(
            action="contact_request.deleted",
            subject="contact_request",
            subject_id=request.pk,
            name=request.center_name,
        )
        request.delete()


def _check_rate(address: str | None) -> None:
    """Counted in the table, so that every door counts together and it holds without Redis too."""
    lately = ContactRequest.objects.filter(created_at__gt=Now() - rules.PERIOD)
    counted = lately.aggregate(all=Count("pk"), here=Count("pk", filter=Q(ip_address=address)))
    if counted["all"] >= rules.MOST_IN_ALL or (address and counted["here"] >= rules.MOST_FROM_ONE_PLACE):
        raise TooManyRequests(retry_after=int(rules.PERIOD.total_seconds()))


def _locked(request_id: uuid.UUID) -> ContactRequest:
    request = ContactRequest.objects.select_for_update().filter(pk=request_id).first()
    if request is None:
        raise RequestNotFound
    return request
