import uuid
from typing import Any

from celery import shared_task

from apps.mail import operations


@shared_task(name="send_mails")
def send_mails(*, ids: list[str], **_: Any) -> int:
    return operations.send_these(ids=[uuid.UUID(mail_id) for mail_id in ids])


@shared_task(name="sweep_mails")
def sweep_mails(**_: Any) -> int:
    return operations.send_due()


@shared_task(name="prune_mails")
def prune_mails(**_: Any) -> int:
    return operations.prune()
