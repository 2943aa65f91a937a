"""Whoever did not change the way in to an account learns of it by a letter."""

from __future__ import annotations

import uuid

import pyotp
import pytest
from django.utils import timezone

from apps.authentication.operations import passwords, second_factor, second_factor_codes
from tests.cast import PASSWORD
from tests.letters import arrived

pytestmark = pytest.mark.django_db


def texts(person):
    return [message.body for message in arrived(person.email)]


def test_a_second_factor_that_is_turned_on_used_by_its_spare_or_taken_away_is_told(cast):
    secret = second_factor.set_up(actor=cast.carol, password=PASSWORD).secret
    code = pyotp.TOTP(secret).at(timezone.now())
    spare = second_factor.confirm(actor=cast.carol, session_id=uuid.uuid4(), code=code)[0]
    assert second_factor_codes.use_code(user_id=cast.carol.pk, code=spare)
    second_factor.reset(user_id=cast.carol.pk)
    on, recovery, off = texts(cast.carol)
    assert "now takes a second step" in on
    assert "A recovery code was used" in recovery
    assert "does not take a second step any more" in off


def test_a_new_password_is_told_to_its_person_alone(cast):
    passwords.update_own(
        actor=cast.alice, session_id=uuid.uuid4(), old_password=PASSWORD, new_password="a new horse staple"
    )
    [told] = texts(cast.alice)
    assert "password of your account at North was changed" in told
    assert texts(cast.bob) == []
