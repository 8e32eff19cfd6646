"""What is measured, round by round."""

from __future__ import annotations

import sys
from typing import Callable, Mapping

from .programs import Unmeasured

Values = Mapping[int, float]


class Rounds:
    """Values under names, one for each round in which the measurement succeeded.

    Names are tuples: what was measured, and of whom. A measurement that fails is a problem to tell at the end; the others
    go on, and ratios are taken of the rounds that have both values.
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.problems: list[str] = []
        self._values: dict[tuple, dict[int, float]] = {}
        self._current = 0

    def run(self, one_round: Callable[[], None]) -> None:
        for self._current in range(self.count):
            one_round()

    def steps(self, what: str, *steps: Callable[[], None]) -> None:
        """Runs the steps, each second round the other way round: nobody is always the first or always the last."""
        if sys.stderr.isatty():
            print(f"\r\x1b[Kround {self._current + 1} of {self.count}: {what}", end="", file=sys.stderr, flush=True)
        for step in steps if self._current % 2 == 0 else reversed(steps):
            try:
                step()
            except Unmeasured as error:
                if str(error) not in self.problems:
                    self.problems.append(str(error))
        if sys.stderr.isatty():
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)

    def add(self, *name: object, value: float) -> None:
        self._values.setdefault(name, {})[self._current] = value

    def __getitem__(self, name: tuple) -> Values:
        return self._values.get(name, {})

    def combined(self, one: tuple, other: tuple, combine: Callable[[float, float], float]) -> Values:
        """Two values of each round, made one."""
        return combined(self[one], self[other], combine)


def combined(one: Values, other: Values, combine: Callable[[float, float], float]) -> Values:
    """Of the rounds that have both."""
    return {number: combine(one[number], other[number]) for number in one if number in other}


def quotient(value: float, base: float) -> float:
    """`value` over `base`, which measured nothing if it is 0."""
    return value / base if base else float("inf")


def difference(value: float, base: float) -> float:
    return value - base

