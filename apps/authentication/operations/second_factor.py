from __future__ import annotations

import uuid
from dataclasses import dataclass

from django.db import transaction

from apps.audit import operations as audit
from apps.authentication import queries
from apps.authentication.errors import (
    CodeRefused,
    NoSecondFactor,
    SecondFactorDemanded,
    SecondFactorOn,
)
from apps.authentication.models import RecoveryCode, SecondFactor, User
from apps.authentication.operations import second_factor_codes as codes
from apps.authentication.operations import sessions, warning
from apps.authentication.rules import sign_in as rules
from apps.centers.queries import centers
from apps.core import clock, trace, vault
from apps.core.errors import Problem


@dataclass(frozen=True, slots=True)
class SetUp:
    """What an app needs; it is shown this once."""

    secret: str
    uri: str
    qr_svg: str


def set_up(*, actor: User, password: str) -> SetUp:
    """A new secret for the person's app; it counts once a code is given with ``confirm``. Before that a second call makes
    another one. Refuses a wrong password, and whoever has a second factor already."""
    sessions.check_own_password(actor=actor, password=password)
    trace.check_not_acting()
    secret = rules.fresh_secret()
    with transaction.atomic():
        factor, _ = SecondFactor.objects.select_for_update().get_or_create(user=actor)
        if factor.confirmed_at:
            raise SecondFactorOn
        factor.secret = vault.seal(secret, place=codes.place(user_id=actor.pk))
        factor.last_step = None
        factor.save(update_fields=["secret", "last_step"])
    uri = rules.setup_uri(secret=secret, center=centers.get_face().name, email=actor.email)
    return SetUp(secret, uri, rules.qr_svg(uri))


def confirm(*, actor: User, session_id: uuid.UUID, code: str) -> list[str]:
    """Turn the second factor on with a first code of the app. Returns ten recovery codes, which are shown this once; every
    other session of the person ends. Refuses a wrong code, and where nothing waits to be confirmed."""
    trace.check_not_acting()
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=actor).first()
        if factor is None:
            raise NoSecondFactor
        if factor.confirmed_at:
            raise SecondFactorOn
        at = clock.now()
        secret = codes.read_secret(factor=factor)
        step = rules.matching_step(rules.clean_code(code), secret=secret, at=at, after=None)
        if step is None:
            raise _wrong_code()
        factor.confirmed_at, factor.last_step, factor.failures, factor.locked_until = at, step, 0, None
        factor.save(update_fields=["confirmed_at", "last_step", "failures", "locked_until"])
        sessions.end_other_sessions(user_id=actor.pk, session_id=session_id, because="second factor set up")
        audit.record(action="second_factor.on", subject="user", subject_id=actor.pk, name=str(actor))
        warning.warn(user=actor, event="factor_on")
        return _new_codes(factor)


def disable(*, actor: User, password: str, code: str) -> None:
    """Turn one's own second factor off, with the password and a code. Refuses if either is wrong, and staff whose center
    demands one."""
    sessions.check_own_password(actor=actor, password=password)
    if queries.is_second_factor_demanded(user=actor):
        raise SecondFactorDemanded
    _check_code(actor, code)
    with transaction.atomic():
        SecondFactor.objects.filter(user=actor).delete()
        audit.record(action="second_factor.off", subject="user", subject_id=actor.pk, name=str(actor))
        warning.warn(user=actor, event="factor_off")


def renew_codes(*, actor: User, password: str, code: str) -> list[str]:
    """Ten new recovery codes; the old ones are dead. Refuses a wrong password or code."""
    sessions.check_own_password(actor=actor, password=password)
    _check_code(actor, code)
    with transaction.atomic():
        factor = SecondFactor.objects.select_for_update().filter(user=actor).first()
        if factor is None:
            raise NoSecondFactor
        audit.record(action="second_factor.codes_renewed", subject="user", subject_id=actor.pk, name=str(actor))
        return _new_codes(factor)


def reset(*, user_id: uuid.UUID, reason: str = "") -> None:
    """Take a person's second factor away, for whoever lost phone and codes; their sessions end. Refuses an unknown person,
    and one who has none."""
    with transaction.atomic():
        user = queries.get_user(user_id=user_id)
        removed, _ = SecondFactor.objects.filter(user=user).delete()
        if not removed:
            raise NoSecondFactor
        sessions.end_all_sessions(user_id=user.pk, because="second factor reset")
        audit.record(action="second_factor.reset", subject="user", subject_id=user.pk, name=str(user), reason=reason)
        warning.warn(user=user, event="factor_off")


def seal_anew() -> int:
    """Seal the secrets of this center with the key that seals now; returns how many were changed."""
    changed = 0
    for factor in SecondFactor.objects.all().iterator():
        if not vault.is_current(factor.secret):
            with transaction.atomic():
                locked = SecondFactor.objects.select_for_update().get(pk=factor.pk)
                locked.secret = vault.seal(codes.read_secret(factor=locked), place=codes.place(user_id=locked.pk))
                locked.save(update_fields=["secret"])
            changed += 1
    return changed


def _new_codes(factor: SecondFactor) -> list[str]:
    made = rules.fresh_recovery_codes()
    factor.recovery_codes.all().delete()
    RecoveryCode.objects.bulk_create(
        RecoveryCode(factor=factor, code_hash=rules.recovery_hash(code, key=codes.recovery_key())) for code in made
    )
    return made


def _check_code(actor: User, code: str) -> None:
    trace.check_not_acting()
    if not queries.has_second_factor(user_id=actor.pk):
        raise NoSecondFactor
    if not codes.use_code(user_id=actor.pk, code=code):
        raise _wrong_code()


def _wrong_code() -> CodeRefused:
    return CodeRefused(problems=[Problem("/code", "wrong_code", CodeRefused.message)])
