"""The command line."""

from __future__ import annotations

import argparse
import concurrent.futures
import os
import pathlib
import subprocess
import sys

from .counting import CannotCount, Cost, count, require_valgrind, without_debug_information
from .limits import BadLimits, Limits, this_architecture, verdict

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
SCRATCH = ROOT / ".build-costs"
PROGRAM = SCRATCH / "release" / "hot-path-costs"


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Benchmarks/check-costs",
        description="Counts instructions and allocations of the operations that every frame pays for, and compares "
        "them with a file. No clock is involved: a busy machine gives the same counts. Exit status: 0 when nothing "
        "has become more expensive, 1 when something has, 2 when it can't be counted.")
    parser.add_argument("--update", action="store_true", help="writes what was counted into the file")
    parser.add_argument("--only", action="append", metavar="CASE", help="counts this case; can be repeated")
    parser.add_argument("--limits", type=pathlib.Path, default=BENCHMARKS / "costs.txt", metavar="FILE",
                        help="default: Benchmarks/costs.txt")
    parser.add_argument("--no-build", action="store_true", help="takes the program as it is")
    return parser.parse_args()


def build() -> None:
    # Without debug information, which a fifth of the compiler's work would go into: what is counted is a copy without it anyway.
    command = ["swift", "build", "--package-path", str(BENCHMARKS / "HotPathCosts"), "--scratch-path", str(SCRATCH),
               "--disable-build-manifest-caching", "-c", "release", "-debug-info-format", "none"]
    if subprocess.run(command, check=False).returncode != 0:
        raise CannotCount("hot-path-costs does not build")


def count_all(cases: list[str]) -> dict[str, Cost]:
    """Runs several at a time: counts don't depend on who else runs."""
    program = without_debug_information(PROGRAM, BENCHMARKS / ".build" / "hot-path-costs")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip(cases, pool.map(lambda case: count(program, case), cases)))


def least(cases: dict[str, Cost], limits: Limits) -> dict[str, Cost]:
    """Counts again what is too much, twice: what else the program does in the meantime, such as a timer's work, only adds."""
    for _ in range(2):
        failing = [case for case, cost in cases.items() if not verdict(limits.costs[case], cost)[0]]
        failing += [ratio.case for ratio in limits.ratios if (ratio.of(cases) or 0) > ratio.most and ratio.case not in failing]
        for case, again in (count_all(failing) if failing else {}).items():
            before = cases[case]
            cases[case] = Cost(min(before.instructions, again.instructions), min(before.allocations, again.allocations))
    return cases


def report(limits: Limits, found: dict[str, Cost], updating: bool) -> bool:
    """Prints one line per case. Returns whether all passed."""
    ratios = [ratio for ratio in limits.ratios if ratio.of(found) is not None]
    width = max(map(len, [*found, *(ratio.name for ratio in ratios)]))
    print(f"{'':<{width}}  instructions (limit)  allocations (limit)")
    passed = True
    for case, cost in found.items():
        limit = limits.costs[case]
        passes, remark = verdict(limit, cost)
        passed = passed and passes
        mark, remark = ("was other", "") if updating and remark else ("ok  " if passes else "FAIL", remark)
        print(f"{case:<{width}}  {cost.instructions:>12.0f} {f'({limit.instructions:.0f})':>7}"
              f"  {cost.allocations:>11.2f} {f'({limit.allocations:.2f})':>7}  {mark} {remark}".rstrip())
    for ratio in ratios:
        taken = ratio.of(found)
        passed = passed and taken <= ratio.most
        mark = "ok" if taken <= ratio.most else "FAIL more beside it than it may be"
        print(f"{ratio.name:<{width}}  {taken:>12.2f} {f'({ratio.most:.2f})':>7}  {mark}")
    return passed


def main() -> int:
    arguments = parse_arguments()
    limits = Limits.read(arguments.limits)
    if not arguments.update and limits.architecture != this_architecture():
        raise CannotCount(
            f"{arguments.limits} is for {limits.architecture or 'no architecture'}, and this is {this_architecture()}: "
            "write another one with --update --limits FILE")
    cases = arguments.only or list(limits.costs)
    unknown = [case for case in cases if case not in limits.costs]
    if unknown:
        raise CannotCount(f"{arguments.limits} has no case {', '.join(unknown)}")
    require_valgrind()
    if not arguments.no_build:
        build()
    found = count_all(cases)
    if not arguments.update:
        found = least(found, limits)
    passed = report(limits, found, arguments.update)
    if arguments.update:
        Limits(this_architecture(), {**limits.costs, **found}, limits.ratios).write(arguments.limits)
        return 0
    return 0 if passed else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (CannotCount, BadLimits, OSError) as problem:
        print(f"check-costs: {problem}", file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)
