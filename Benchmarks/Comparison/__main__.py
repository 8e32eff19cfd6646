"""The command line."""

from __future__ import annotations

import argparse
import dataclasses
import json
import pathlib
import sys

from . import attack, machine, others, relay, udp
from .options import FULL, QUICK, Effort
from .programs import ROOT, Programs, build, located
from .rounds import Rounds
from .tables import check_markers, markdown, write_between_markers

PARTS = {
    "udp": udp.run,
    "relay": relay.run,
    "memory": others.memory,
    "wss": others.wss,
    "stall": others.stall,
    "micro": others.micro,
    "attack": attack.run,
}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="Benchmarks/compare",
        description="Builds the C references and the product, runs them in turn, several rounds of each, and prints "
        "tables: the median, the spread of the rounds, the ratio within each round, and the targets. Quiet machines "
        "give figures worth keeping. Exit status: 0 when everything was measured, whatever it is; 1 when not.",
        epilog="example: Benchmarks/compare --quick --only udp")
    parser.add_argument("--rounds", type=int, metavar="N", help=f"default {FULL.rounds}")
    parser.add_argument("--seconds", type=float, metavar="S", help=f"of each single run, default {FULL.seconds}")
    parser.add_argument("--quick", action="store_true", help="one short round: shows that it works, measures little")
    parser.add_argument("--only", action="append", choices=PARTS, metavar="PART",
                        help=f"one of {', '.join(PARTS)}; can be repeated")
    parser.add_argument("--output", type=pathlib.Path, metavar="FILE",
                        help="writes the tables between the markers in this file, too: Benchmarks/RESULTS.md")
    parser.add_argument("--raw", type=pathlib.Path, metavar="FILE", help="writes every measured line as JSON")
    parser.add_argument("--no-build", action="store_true", help="takes the programs as they are")
    parser.add_argument("--pilot", type=pathlib.Path, metavar="FILE", help="measures this program")
    arguments = parser.parse_args()
    if arguments.rounds is not None and arguments.rounds < 1:
        parser.error("--rounds is at least 1")
    if arguments.seconds is not None and not 0.1 <= arguments.seconds <= 600:
        parser.error("--seconds is from 0.1 to 600")
    return arguments


def main() -> int:
    arguments = parse_arguments()
    effort = QUICK if arguments.quick else FULL
    effort = dataclasses.replace(
        effort, rounds=arguments.rounds or effort.rounds, seconds=arguments.seconds or effort.seconds)
    parts = arguments.only or list(PARTS)
    if arguments.output:
        problem = check_markers(arguments.output, parts)
        if problem:
            sys.exit(problem)
    pilot = arguments.pilot.resolve() if arguments.pilot else None
    programs = located(pilot) if arguments.no_build else build(pilot)
    warning = machine.load_warning()
    if warning:
        print(warning, file=sys.stderr)
    problems = [problem for part in parts for problem in measure(part, programs, effort, arguments)]
    if arguments.raw:
        arguments.raw.write_text("".join(json.dumps(line) + "\n" for line in programs.record), encoding="utf-8")
    for problem in problems:
        print(f"not measured: {problem}", file=sys.stderr)
    return 1 if problems else 0


def measure(part: str, programs: Programs, effort: Effort, arguments: argparse.Namespace) -> list[str]:
    """Measures one part and prints its tables. Returns what went wrong."""
    measured_on = machine.description(ROOT)
    rounds = Rounds(effort.rounds)
    tables = PARTS[part](programs, effort, rounds)
    texts = [f"*{measured_on}. {effort.rounds} rounds, {effort.seconds:g} s each: median (least–greatest).*"]
    text = "\n\n".join(texts + [markdown(table) for table in tables])
    print(f"## {part}\n\n{text}\n", flush=True)
    if arguments.output:
        write_between_markers(arguments.output, part, text)
    return rounds.problems


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
