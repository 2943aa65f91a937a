"""Whether a code is right: asked once for each code, by one at a time."""

from __future__ import annotations

import logging
import uuid
from datetime import datetime

from django.conf import settings
from django.db import transaction

from apps.audit import operations as audit
from apps.authentication.errors import LockedOut
from apps.authentication.models import RecoveryCode, SecondFactor
from apps.authentication.operations import warning
from apps.authentication.rules import sign_in as rules
from apps.core import clock, vault

log = logging.getLogger(__name__)


def use_code(*, user_id: uuid.UUID, code: str) -> bool:
    """Whether this is a code of the person's app, or one of their recovery codes, that was not used before; it is used up
    by this. Five wrong ones in a row lock this step for a while, running sessions go on. Not to be called inside a
    transaction that ends with a wrong code: the failure has to be kept."""
    code = rules.clean_code(code)
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user_id=user_id, confirmed_at__isnull=False).first()
        at = clock.now()
        if factor is None:
            return False
        if factor.locked_until and factor.locked_until > at:
            raise LockedOut(_LOCKED, retry_after=int((factor.locked_until - at).total_seconds()) + 1)
        is_right = _use_app_code(factor, code, at) if rules.is_app_code(code) else _use_recovery_code(factor, code, at)
        if is_right:
            factor.failures = 0
            if not rules.is_app_code(code):
                warning.warn(user=factor.user, event="recovery")
        else:
            _count_failure(factor, at)
        factor.save(update_fields=["failures", "locked_until", "last_step"])
    return is_right


def place(*, user_id: uuid.UUID) -> str:
    """What a secret is sealed for."""
    return f"second-factor:{user_id}"


def read_secret(*, factor: SecondFactor) -> str:
    """The secret itself; refuses one that was sealed with a key that is gone."""
    return vault.unseal(factor.secret, place=place(user_id=factor.user_id))


def recovery_key() -> str:
    """With which recovery codes are hashed."""
    return str(settings.SHIKEN_LINK_KEY)


_LOCKED = "Too many wrong codes. Wait a while, then try again."


def _use_app_code(factor: SecondFactor, code: str, at: datetime) -> bool:
    try:
        secret = read_secret(factor=factor)
    except vault.Unreadable:
        log.error(
            "The second factor of %s was sealed with a key that is not here; recovery codes still work.", factor.pk
        )
        return False
    step = rules.matching_step(code, secret=secret, at=at, after=factor.last_step)
    if step is not None:
        factor.last_step = step
    return step is not None


def _use_recovery_code(factor: SecondFactor, code: str, at: datetime) -> bool:
    digest = rules.recovery_hash(code, key=recovery_key())
    used = RecoveryCode.objects.filter(factor=factor, code_hash=digest, used_at=None).update(used_at=at)
    if used:
        _note("second_factor.recovery_code_used", factor)
    return bool(used)


def _count_failure(factor: SecondFactor, at: datetime) -> None:
    factor.failures += 1
    if factor.failures >= rules.MOST_FAILURES:
        factor.failures, factor.locked_until = 0, at + rules.LOCK
        _note("second_factor.locked", factor)


def _note(action: str, factor: SecondFactor) -> None:
    audit.record(action=action, subject="user", subject_id=factor.user_id, actor=factor.user)
