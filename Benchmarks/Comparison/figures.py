"""Figures of several rounds, and what they are held against."""

from __future__ import annotations

import dataclasses
import operator
import statistics
from typing import Optional, Sequence

from .rounds import Values, combined, quotient

COMPARISONS = {"≤": operator.le, "≥": operator.ge}


@dataclasses.dataclass(frozen=True)
class Target:
    """A bound for the median: of the ratio to the reference, or of the product's own value."""

    of: str  # "ratio" or "value"
    comparison: str  # "≤" or "≥"
    bound: float

    def is_reached_by(self, number: float) -> bool:
        return COMPARISONS[self.comparison](number, self.bound)


def ratio_at_most(bound: float) -> Target:
    return Target("ratio", "≤", bound)


def ratio_at_least(bound: float) -> Target:
    return Target("ratio", "≥", bound)


def at_most(bound: float) -> Target:
    return Target("value", "≤", bound)


def at_least(bound: float) -> Target:
    return Target("value", "≥", bound)


@dataclasses.dataclass
class Figure:
    """One row of a table: a value per round, and the value that it is divided by in the same round, if there is one."""

    name: str
    unit: str
    values: Values
    reference: Optional[Values] = None
    target: Optional[Target] = None
    has_ratio: bool = True  # one that means something

    @property
    def ratios(self) -> Values:
        """One ratio per round: what the machine does in a round, it does to both."""
        return combined(self.values, self.reference or {}, quotient) if self.has_ratio else {}

    @property
    def is_reached(self) -> Optional[bool]:
        """None without a target, or when nothing was measured."""
        numbers = self.ratios if self.target and self.target.of == "ratio" else self.values
        if self.target is None or not numbers:
            return None
        return self.target.is_reached_by(statistics.median(numbers.values()))


@dataclasses.dataclass
class Table:
    """Figures under the same headings."""

    title: str
    measured: str  # whose values they are
    reference: str  # and those of the reference
    figures: Sequence[Figure]


def spelled(number: float) -> str:
    """Three digits that count, with thousands apart."""
    if number == 0:
        return "0"
    size = abs(number)
    if size >= 1000:
        return f"{number:,.0f}"
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2 if size >= 1 else 3 if size >= 0.1 else 4
    return f"{number:.{decimals}f}"


def with_spread(values: Values) -> str:
    """The median, and from where to where the rounds went."""
    numbers: Sequence[float] = sorted(values.values())
    if not numbers:
        return "–"
    middle = spelled(statistics.median(numbers))
    if len(numbers) == 1:
        return middle
    return f"{middle} ({spelled(numbers[0])}–{spelled(numbers[-1])})"
