"""The programs: how they are built, run and ended."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
from typing import Iterator, Optional

BENCHMARKS = pathlib.Path(__file__).resolve().parent.parent
ROOT = BENCHMARKS.parent
# One for everything that is built for release: a cold build of what the package depends on takes minutes.
SCRATCH = ROOT / ".build-release"
REFERENCES = BENCHMARKS / ".build" / "references"
# What a program may take beyond the time that it was told to measure for.
GRACE_SECONDS = 90


class Unmeasured(Exception):
    """A program could not be had, failed, or did not say what was expected."""


class Programs:
    """Where the programs are, and a record of all that they have said."""

    def __init__(self, pilot: pathlib.Path, hot_path_costs: pathlib.Path) -> None:
        self.pilot = pilot
        self.hot_path_costs = hot_path_costs
        self.record: list[dict] = []

    def bench(self, *arguments: object, seconds: float = 0) -> list[dict]:
        """Runs `pilot bench …` and returns its lines."""
        return self._lines([str(self.pilot), "bench", *map(str, arguments), "--json"], seconds)

    def udp_reference(self, *arguments: object, seconds: float = 0) -> list[dict]:
        return self._lines([str(REFERENCES / "udp-reference"), *map(str, arguments)], seconds)

    def costs(self, *arguments: object) -> list[dict]:
        """Runs `hot-path-costs …` and returns its lines."""
        return self._lines([str(self.hot_path_costs), *map(str, arguments)], 0)

    @contextlib.contextmanager
    def relay_reference(self, seconds: float) -> Iterator[tuple[str, int]]:
        """A relay in C that runs meanwhile: its UDP address and its process ID."""
        command = [str(REFERENCES / "relay-reference"), "--seconds", str(seconds + GRACE_SECONDS)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            try:
                ready = json.loads(process.stdout.readline())
                yield ready["udp"], process.pid
            finally:
                process.terminate()

    def _lines(self, command: list[str], seconds: float) -> list[dict]:
        shown = shlex.join([pathlib.Path(command[0]).name, *command[1:]])
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, timeout=seconds + GRACE_SECONDS, check=False)
        except FileNotFoundError as error:
            raise Unmeasured(f"{command[0]} is missing: build it first") from error
        except subprocess.TimeoutExpired as error:
            raise Unmeasured(f"`{shown}` did not end") from error
        if result.returncode != 0:
            reason = (result.stderr.strip().splitlines() or ["no reason given"])[0]
            raise Unmeasured(f"`{shown}` failed with {result.returncode}: {reason}")
        try:
            lines = [json.loads(line) for line in result.stdout.splitlines() if line.strip()]
        except json.JSONDecodeError as error:
            raise Unmeasured(f"`{shown}` printed something else than lines of JSON") from error
        self.record += [{"command": shown, **line} for line in lines]
        return lines


def number(line: dict, key: str) -> float:
    """The number under `key`, or Unmeasured."""
    value = line.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise Unmeasured(f"no number '{key}' in {json.dumps(line)}")
    return float(value)


def only(lines: list[dict], **wanted: object) -> dict:
    """The one line in which these keys have these values."""
    found = [line for line in lines if all(line.get(key) == value for key, value in wanted.items())]
    if len(found) != 1:
        raise Unmeasured(f"{len(found)} lines with {json.dumps(wanted)}, expected one")
    return found[0]


def build(pilot: Optional[pathlib.Path]) -> Programs:
    """Builds the references, and the product unless `pilot` names one that is built."""
    compiler = os.environ.get("CC", "cc")
    if shutil.which(compiler) is None:
        sys.exit(f"compare needs a C compiler, and there is no '{compiler}' (Debian: apt-get install gcc libc6-dev)")
    if shutil.which("swift") is None:
        sys.exit("compare needs the Swift toolchain, and there is no 'swift' on the PATH")
    _run([str(BENCHMARKS / "References" / "build"), str(REFERENCES)])
    products = [] if pilot else [(ROOT, "pilot-bench")]
    for package, product in [*products, (BENCHMARKS / "HotPathCosts", "hot-path-costs")]:
        _run(["swift", "build", "--package-path", str(package), "--scratch-path", str(SCRATCH),
              "--disable-build-manifest-caching", "-c", "release", "--product", product])
    return located(pilot)


def located(pilot: Optional[pathlib.Path]) -> Programs:
    """The programs where a build has left them."""
    release = SCRATCH / "release"
    return Programs(pilot or release / "pilot", release / "hot-path-costs")


def _run(command: list[str]) -> None:
    # Standard output is for the tables.
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode != 0:
        sys.exit(f"could not build: {shlex.join(command)}")
