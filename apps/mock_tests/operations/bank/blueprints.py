"""Blueprints, and the tests that are made by them."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction

from apps.audit import operations as audit
from apps.core.errors import Problem
from apps.mock_tests.errors import BadContent, BankTooSmall, BlueprintNotFound, EditedMeanwhile, NotYours
from apps.mock_tests.models import Blueprint, MockTest, Question, TestSection
from apps.mock_tests.operations import authoring
from apps.mock_tests.operations.authoring import marks
from apps.mock_tests.operations.bank.using import use_in_group
from apps.mock_tests.queries import profiles as exam_profiles
from apps.mock_tests.queries.bank import blueprints as queries
from apps.mock_tests.rules import profiles
from apps.mock_tests.rules.bank.blueprint import Filled, Line, Plan, SectionPlan, plan_flaws, read_plan, write_plan

if TYPE_CHECKING:
    from apps.authentication.models import User

HIGHEST_SEED = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Assembled:
    """What a blueprint gave; ``test`` is empty where it was only tried. The seed gives the same again."""

    seed: int
    lines: tuple[Filled, ...]
    test: MockTest | None = None


def create_blueprint(*, actor: User, name: str, plan: Plan, description: str = "") -> Blueprint:
    """Keep a blueprint. Refuses a plan by which no test can be made, with every reason."""
    with transaction.atomic():
        _check(plan)
        row = Blueprint.objects.create(
            name=name, description=description, spec=write_plan(plan), created_by_id=actor.pk
        )
        audit.record(action="blueprint.created", subject="blueprint", subject_id=row.pk, name=row.name)
    return row


def update_blueprint(
    *, actor: User, blueprint_id: uuid.UUID, changes: Mapping[str, Any], expected: int | None = None
) -> Blueprint:
    """Change name, description or plan: teachers of what they wrote, administrators of all. Refuses what
    ``create_blueprint`` would, and a blueprint that was changed since the revision ``expected``."""
    with transaction.atomic():
        row = _lock(actor, blueprint_id, expected)
        if "plan" in changes:
            _check(changes["plan"])
            row.spec = write_plan(changes["plan"])
        row.name = changes.get("name", row.name)
        row.description = changes.get("description", row.description)
        row.revision += 1
        row.save()
        audit.record(action="blueprint.changed", subject="blueprint", subject_id=row.pk, name=row.name)
    return row


def delete_blueprint(*, actor: User, blueprint_id: uuid.UUID, expected: int | None = None) -> None:
    """Remove a blueprint; tests that were made by it stay."""
    with transaction.atomic():
        row = _lock(actor, blueprint_id, expected)
        audit.record(action="blueprint.deleted", subject="blueprint", subject_id=row.pk, name=row.name)
        row.delete()


def assemble_by(
    *, actor: User, blueprint_id: uuid.UUID, title: str = "", seed: int | None = None, is_trial: bool = False
) -> Assembled:
    """``assemble`` by a blueprint that was kept."""
    row = queries.get_blueprint_for(actor, blueprint_id)
    return assemble(actor=actor, plan=read_plan(row.spec), title=title or row.name, seed=seed, is_trial=is_trial)


def assemble(*, actor: User, plan: Plan, title: str, seed: int | None = None, is_trial: bool = False) -> Assembled:
    """Make a draft by a plan, of questions of the bank that tests may take. Without a seed one is drawn. Refuses a plan that
    the bank cannot fill, with every line that is short and how many there are; a trial makes nothing and refuses nothing
    for that."""
    with transaction.atomic():
        _check(plan)
        seed = secrets.randbelow(HIGHEST_SEED + 1) if seed is None else seed
        filled = queries.draw_for(actor, plan, seed=seed)
        if is_trial:
            return Assembled(seed, filled)
        if short := [line for line in filled if line.is_short]:
            raise BankTooSmall(problems=[_shortage(line) for line in short])
        changes = {"title": title, "level": plan.level} | ({"profile": plan.profile} if plan.profile else {})
        test = authoring.create_test(actor=actor, changes=changes)
        _write(actor, test, plan, {line.pointer: line.ids for line in filled})
    return Assembled(seed, filled, test)


def _write(actor: User, test: MockTest, plan: Plan, ids: Mapping[str, tuple[uuid.UUID, ...]]) -> None:
    """The plan's sections in place of those that the exam profile brought."""
    profile = exam_profiles.find_profile(test.profile) or profiles.CUSTOM
    TestSection.objects.filter(mock_test=test).delete()
    for number, section in enumerate(plan.sections):
        row = authoring.create_section(actor=actor, test_id=test.pk, changes=_section(section, profile))
        for position, group in enumerate(section.groups):
            said = {"title": group.title, "instruction": group.instruction, "scored_area": group.scored_area}
            made = authoring.create_group(actor=actor, section_id=row.pk, changes=said)
            places = [f"/sections/{number}/groups/{position}/lines/{index}" for index, _ in enumerate(group.lines)]
            wanted = [question for place in places for question in ids[place]]
            copies = use_in_group(actor=actor, group_id=made.pk, question_ids=wanted)
            _give_marks(copies, group.lines)
    marks.follow_profile(profile=profile, questions=Question.objects.filter(group__section__mock_test=test))


def _give_marks(copies: list[Question], lines: Iterable[Line]) -> None:
    wanted = [line.score for line in lines for _ in range(line.count)]
    changed = []
    for copy, score in zip(copies, wanted, strict=True):
        if score is not None:
            copy.score, copy.has_own_score = score, True
            changed.append(copy)
    Question.objects.bulk_update(changed, ["score", "has_own_score"])


def _section(section: SectionPlan, profile: profiles.Profile) -> dict[str, Any]:
    part = profiles.part_of(profile, code=section.code, section_type=section.section_type, name=section.name)
    usual = part.minutes if part else profiles.minutes_for(section.section_type, profiles.CUSTOM, section.count)
    return {
        "name": section.name,
        "section_type": section.section_type,
        "code": section.code,
        "duration": section.minutes or usual,
    }


def _shortage(line: Filled) -> Problem:
    there = "none" if not line.available else f"{line.available}"
    detail = f"It asks for {line.wanted}; the bank has {there} of this sort"
    shared = "" if line.available < line.wanted else f", of which other lines leave {len(line.ids)}"
    return Problem(line.pointer, "shortage", f"{detail}{shared}.")


def _check(plan: Plan) -> None:
    problems = [*plan_flaws(plan)]
    problems += [
        Problem(f"{pointer}/topic", "unknown_topic", "There is no such topic.")
        for pointer in queries.unknown_topics(plan)
    ]
    profile = exam_profiles.find_profile(plan.profile) if plan.profile else profiles.profile_for(plan.level)
    if profile is None or profile.level not in ("", plan.level):
        problems.append(Problem("/profile", "unknown_profile", "There is no such profile for this level."))
    if problems:
        raise BadContent(problems=problems)


def _lock(actor: User, blueprint_id: uuid.UUID, expected: int | None) -> Blueprint:
    row = queries.blueprints_for(actor).select_related(None).select_for_update().filter(pk=blueprint_id).first()
    if row is None:
        raise BlueprintNotFound
    if actor.role != actor.Role.CENTER_ADMIN and row.created_by_id != actor.pk:
        raise NotYours("Only the author of a blueprint and the center's administrators change it.")
    if expected is not None and expected != row.revision:
        raise EditedMeanwhile(revision=row.revision)
    return row
