"""What the owners' and the centers' first pages say of plans, and the button that changes one."""

from __future__ import annotations

import pytest

from apps.analytics import operations as figures
from apps.centers.models import Center, PlanChange
from apps.centers.operations import subscriptions
from apps.core import tenancy

pytestmark = pytest.mark.django_db


def test_owners_see_growth_limits_and_ends(cast, browser):
    cast.dora, cast.alice  # noqa: B018
    figures.rebuild_figures()
    subscriptions.change_plan(actor=None, center_id=cast.north.id, limits={"seats": 2})
    subscriptions.change_plan(actor=None, center_id=cast.south.id, plan="FREE")
    page = browser(cast.olga).get("/admin/").content.decode()
    assert "Students: 0 on" in page
    assert "2 of 2" in page
    assert "None ends within two weeks." in page


def test_a_center_sees_its_plan_and_what_is_left_of_it(cast, browser):
    page = browser(cast.dora).get("/admin/").content.decode()
    assert "Plan: Pro" in page
    assert "2,000" in page


def test_a_button_changes_the_plan_and_the_history_says_who(cast, browser):
    olga = browser(cast.olga)
    values = {"_form_submitted": "1", "plan": "BASIC", "billing_cycle": "yearly", "reason": "Smaller."}
    olga.post(f"/admin/centers/center/{cast.south.id}/change-plan/", values)
    with tenancy.enter(tenancy.PUBLIC):
        south = Center.objects.get(pk=cast.south.id)
        step = PlanChange.objects.get(center=south)
    assert (south.plan, south.billing_cycle) == ("BASIC", "yearly")
    assert (step.actor_id, step.reason) == (cast.olga.pk, "Smaller.")
