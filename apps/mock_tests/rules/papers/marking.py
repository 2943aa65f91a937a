"""How a question is marked: as its author says, and where they say nothing, as the exam profile does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from apps.mock_tests.rules.profiles import MarkingRule
from apps.mock_tests.rules.types.base import Given
from apps.mock_tests.rules.types.registry import TYPES


@dataclass(frozen=True, slots=True)
class Marking:
    """``wrong`` and ``blank`` are what wrong answers and no answer earn, of the marks; ``given`` carries the policy."""

    score: Decimal
    wrong: Decimal
    blank: Decimal
    given: Given


def settle(
    rule: MarkingRule | None,
    *,
    type: str,
    score: Decimal,
    has_own_score: bool,
    wrong_share: Decimal | None,
    given: Given,
) -> Marking:
    """What holds for one question. Its author says otherwise by a score of its own, by a share for wrong answers, by options
    or answers that lose marks, or by a policy that is not the usual one."""
    if rule is None:
        return Marking(score, wrong_share or Decimal(0), Decimal(0), given)
    own = wrong_share is not None or loses_by_itself(given)
    if rule.policy in TYPES[type].policies and not given.policy and not own:
        given = replace(given, policy=rule.policy)
    wrong = (wrong_share or Decimal(0)) if own else rule.wrong_share
    return Marking(score if has_own_score else rule.right, wrong, Decimal(0) if own else rule.blank_share, given)


def loses_by_itself(given: Given) -> bool:
    """Whether some of its answers lose marks by their own weight."""
    options = (*given.options, *(option for gap in given.gaps for option in gap.options))
    fractions = [option.fraction for option in options]
    fractions += [answer.fraction for answer in given.answers]
    fractions += [text.fraction for text in given.texts]
    return any(fraction < 0 for fraction in fractions)
