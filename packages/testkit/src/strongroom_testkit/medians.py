"""Compares the times of two kinds of requests."""

from __future__ import annotations

from random import Random  # noqa: TID251 -- samples, not secrets
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

SAMPLES = 1000


def difference(one: Sequence[float], other: Sequence[float]) -> tuple[float, float, float]:
    """Return the difference of the medians, and the ends of its 95% interval (percentile bootstrap)."""
    random = Random(1)  # noqa: S311 -- samples, not secrets
    sampled = sorted(
        median(random.choices(one, k=len(one))) - median(random.choices(other, k=len(other)))
        for _ in range(SAMPLES)
    )
    low, high = sampled[SAMPLES * 25 // 1000], sampled[SAMPLES * 975 // 1000]
    return median(one) - median(other), low, high
