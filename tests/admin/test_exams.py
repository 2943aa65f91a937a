"""Exam profiles and blueprints in the admin: through their operations, with their refusals."""

from __future__ import annotations

import pytest

from apps.mock_tests.models import Blueprint, ExamProfile, MockTest
from apps.mock_tests.operations.bank import blueprints
from apps.mock_tests.rules.bank.blueprint import GroupPlan, Line, Plan, SectionPlan
from tests.admin.test_writes import errors_of, form_of, press
from tests.apps.mock_tests.bank.test_blueprints import add

pytestmark = pytest.mark.django_db

PROFILES = "/admin/mock_tests/examprofile/"
BLUEPRINTS = "/admin/mock_tests/blueprint/"


def test_a_profile_is_copied_dated_changed_and_retired(cast, browser):
    dora = browser(cast.dora)
    answer = dora.post(f"{PROFILES}add/", {"name": "Our N5", "based_on": "jlpt-n5@2020-12", "valid_from": "2026-04-01"})
    assert answer.status_code == 302, errors_of(answer)
    row = ExamProfile.objects.get()
    assert (row.code, row.data["pass_score"], row.created_by_id) == ("our-n5@2026-04~1", 80, cast.dora.pk)
    page = f"{PROFILES}{row.pk}/change/"
    dora.post(page, form_of(dora, page, name="Our N5, new"))
    newest = ExamProfile.objects.get(replaced_at=None)
    assert (newest.edition, newest.name, newest.data) == (2, "Our N5, new", row.data)
    assert dora.post(page, {"name": "Late"}).status_code == 403
    press(dora, PROFILES, newest, "retire")
    newest.refresh_from_db()
    assert newest.retired_at is not None


def test_a_profile_whose_dates_overlap_is_refused_in_words(cast, browser):
    dora = browser(cast.dora)
    for _ in range(2):
        answer = dora.post(f"{PROFILES}add/", {"name": "Our N5", "based_on": "custom"})
    assert "holds too" in errors_of(answer)
    assert ExamProfile.objects.count() == 1


def test_a_blueprint_makes_a_test_and_is_removed(cast, browser):
    dora = browser(cast.dora)
    plan = Plan((SectionPlan("All", (GroupPlan((Line(2),)),)),))
    row = blueprints.create_blueprint(actor=cast.carol, name="Weekly", plan=plan)
    press(dora, BLUEPRINTS, row, "assemble")
    assert not MockTest.objects.exists()
    add(cast, 2)
    press(dora, BLUEPRINTS, row, "assemble")
    assert MockTest.objects.get().title == "Weekly"
    press(dora, BLUEPRINTS, row, "remove")
    assert not Blueprint.objects.exists()
