"""What the marks of a mock let one expect of the real exam's scaled result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from apps.mock_tests.rules.profiles.base import Profile, ScoredArea


@dataclass(frozen=True, slots=True)
class AreaEstimate:
    code: str
    score: int
    min_score: int
    max_score: int
    passed: bool


@dataclass(frozen=True, slots=True)
class Estimate:
    """An estimate of a scaled result, never the result: the exam's own scaling is not public."""

    areas: tuple[AreaEstimate, ...]
    total: int
    passed: bool


def estimate(profile: Profile, shares: Mapping[str, Decimal]) -> Estimate:
    """Estimate the scaled result from the share of marks in each area (0 to 1; an absent area counts as 0).

    A straight line from nothing to full marks. The real exam weighs each person's pattern of answers instead.
    """
    areas = tuple(_area_estimate(area, shares.get(area.code, Decimal(0))) for area in profile.areas)
    total = sum(area.score for area in areas)
    return Estimate(areas, total, passes(profile, {area.code: area.score for area in areas}))


def passes(profile: Profile, scores: Mapping[str, int]) -> bool:
    """Whether the total reaches the pass mark and every area its minimum."""
    every_area = all(scores.get(area.code, 0) >= area.min_score for area in profile.areas)
    return every_area and sum(scores.values()) >= (profile.pass_score or 0)


def _area_estimate(area: ScoredArea, share: Decimal) -> AreaEstimate:
    within = min(max(share, Decimal(0)), Decimal(1))
    score = int((within * area.max_score).quantize(Decimal(1), ROUND_HALF_UP))
    return AreaEstimate(area.code, score, area.min_score, area.max_score, score >= area.min_score)
