"""The file of what was counted before."""

from __future__ import annotations

import dataclasses
import pathlib
import platform
from typing import Mapping, Sequence

from .counting import Cost

# Compilers, libraries and processors differ by a few instructions; a regression that matters is more than that.
TOLERANCE = 0.10

HEADER = """\
# What one operation takes: instructions and allocations, counted by Benchmarks/check-costs.
# More than {tolerance:.0f} % above, or one allocation more, fails. Benchmarks/check-costs --update writes this file anew.
# The cases are those of Benchmarks/HotPathCosts; to watch another one, add its name with two zeros and update.
# CASE / OTHER RATIO: the most that the one may take of instructions beside the other. Written by hand.
"""


class BadLimits(Exception):
    """A file that can't be read."""


@dataclasses.dataclass(frozen=True)
class Ratio:
    """What a case may take beside another, in instructions."""

    case: str
    other: str
    most: float

    def of(self, costs: Mapping[str, Cost]) -> float | None:
        """What it takes, to the hundredth that limits are written in; None where one of them wasn't counted."""
        if self.case not in costs or self.other not in costs:
            return None
        return round(costs[self.case].instructions / max(costs[self.other].instructions, 1), 2)

    @property
    def name(self) -> str:
        return f"{self.case} / {self.other}"


@dataclasses.dataclass(frozen=True)
class Limits:
    """The costs, and the processor architecture that they hold for; and what cases may cost beside others, anywhere."""

    architecture: str
    costs: Mapping[str, Cost]
    ratios: Sequence[Ratio] = ()

    @staticmethod
    def read(file: pathlib.Path) -> "Limits":
        architecture = ""
        costs: dict[str, Cost] = {}
        ratios: list[Ratio] = []
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), start=1):
            words = line.partition("#")[0].split()
            if not words:
                continue
            try:
                if words[0] == "architecture" and len(words) == 2:
                    architecture = words[1]
                elif len(words) == 4 and words[1] == "/":
                    ratios.append(Ratio(words[0], words[2], float(words[3])))
                else:
                    case, instructions, allocations = words
                    costs[case] = Cost(float(instructions), float(allocations))
            except ValueError as error:
                raise BadLimits(f"{file}:{number}: expected a case, its instructions and its allocations, or CASE / OTHER RATIO") \
                    from error
        unknown = [name for ratio in ratios for name in (ratio.case, ratio.other) if name not in costs]
        if unknown:
            raise BadLimits(f"{file}: no costs of {', '.join(unknown)}, which a ratio names")
        return Limits(architecture, costs, ratios)

    def write(self, file: pathlib.Path) -> None:
        width = max(map(len, self.costs), default=0)
        lines = [f"{case:<{width}}  {cost.instructions:>8.0f}  {cost.allocations:>6.2f}"
                 for case, cost in self.costs.items()]
        ratios = [f"{ratio.name:<{width}}  {ratio.most:>8.2f}" for ratio in self.ratios]
        head = HEADER.format(tolerance=100 * TOLERANCE) + f"architecture {self.architecture}"
        parts = [head, "\n".join(lines), *(["\n".join(ratios)] if ratios else [])]
        file.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def this_architecture() -> str:
    return platform.machine()


def verdict(limit: Cost, found: Cost) -> tuple[bool, str]:
    """Whether `found` may pass, and what there is to say about it."""
    if round(found.allocations, 2) > round(limit.allocations, 2):
        return False, "more allocations"
    if found.instructions > limit.instructions * (1 + TOLERANCE):
        return False, "more instructions"
    if round(found.allocations, 2) < round(limit.allocations, 2) \
            or found.instructions < limit.instructions * (1 - TOLERANCE):
        return True, "better: check-costs --update keeps it so"
    return True, ""
