"""Counts what a program does, with valgrind."""

from __future__ import annotations

import dataclasses
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

# How often the operation is performed. What happens once is the same in both runs, and falls out of the difference, but
# for some thousand instructions: threads don't start alike. The difference has to be large beside them, but counting
# makes a program fifty times slower.
FEW, MANY = 1024, 3072
LARGE_ENOUGH = 32_000_000
MOST = 1 << 17
TIMEOUT_SECONDS = 120

ALLOCATORS = {"malloc", "calloc", "realloc", "posix_memalign", "aligned_alloc", "memalign", "valloc"}


class CannotCount(Exception):
    """A program that doesn't run, or a tool that is missing."""


@dataclasses.dataclass(frozen=True)
class Cost:
    """What one operation takes."""

    instructions: float
    allocations: float


def require_valgrind() -> None:
    """Installs valgrind where that is possible without asking."""
    if shutil.which("valgrind"):
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        for command in (["apt-get", "update", "-q"],
                        ["apt-get", "install", "-q", "-y", "--no-install-recommends", "valgrind"]):
            if subprocess.run(command, check=False).returncode != 0:
                break
    if not shutil.which("valgrind"):
        raise CannotCount("valgrind is missing: install it (Debian: apt-get install valgrind)")


def without_debug_information(program: pathlib.Path, copy: pathlib.Path) -> pathlib.Path:
    """A copy that valgrind can read: that of Debian 12 gives up on the debug information of this compiler."""
    copy.parent.mkdir(parents=True, exist_ok=True)
    for tool in ("objcopy", "llvm-objcopy"):
        path = shutil.which(tool) or shutil.which(tool, path=str(_toolchain()))
        if path and subprocess.run([path, "--strip-debug", str(program), str(copy)], check=False).returncode == 0:
            return copy
    raise CannotCount("neither objcopy nor llvm-objcopy is there: install binutils (Debian: apt-get install binutils)")


def _toolchain() -> pathlib.Path:
    swift = shutil.which("swift")
    return pathlib.Path(swift).resolve().parent if swift else pathlib.Path("/nonexistent")


def count(program: pathlib.Path, case: str) -> Cost:
    """What one operation of `case` takes: the difference of two runs, divided by that of their counts."""
    few, many, operations = _run(program, case, FEW), _run(program, case, MANY), MANY - FEW
    difference = many[0] - few[0]
    if difference < LARGE_ENOUGH:
        # A multiple of FEW, as the first is, for cases that work in turns.
        factor = LARGE_ENOUGH // max(difference, 1) + 1
        operations = min(operations * factor, MOST)
        many = _run(program, case, FEW + operations)
    return Cost(*(max(0, more - less) / operations for less, more in zip(few, many)))


def _run(program: pathlib.Path, case: str, operations: int) -> tuple[int, int]:
    with tempfile.TemporaryDirectory() as folder:
        output = pathlib.Path(folder) / "callgrind.out"
        command = [
            "valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={output}", "--compress-strings=no",
            str(program), "run", case, str(operations),
        ]
        # Tables that are laid out differently in each process would make each run a little different.
        environment = {**os.environ, "SWIFT_DETERMINISTIC_HASHING": "1"}
        try:
            result = subprocess.run(
                command, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, env=environment, check=False)
        except subprocess.TimeoutExpired as error:
            raise CannotCount(f"{case} did not end within {TIMEOUT_SECONDS} s") from error
        if result.returncode != 0 or not output.exists():
            reason = (result.stderr.strip().splitlines() or ["no reason given"])[0]
            raise CannotCount(f"{case} failed with {result.returncode}: {reason}")
        return _read(output)


def _read(output: pathlib.Path) -> tuple[int, int]:
    """Instructions and allocations in a file of callgrind's (valgrind manual, "Callgrind Format Specification").

    A line `cfn=NAME` names the function that is called, the line `calls=COUNT …` behind it says how often.
    """
    instructions = allocations = 0
    called = ""
    with output.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if line.startswith("cfn="):
                # In a recursion the name carries the depth: malloc'2.
                called = line[4:].strip().partition("'")[0]
            elif line.startswith("calls=") and called in ALLOCATORS:
                allocations += int(line[6:].split()[0])
            elif match := re.match(r"(?:summary|totals):\s*(\d+)", line):
                instructions = int(match.group(1))
    if instructions == 0:
        raise CannotCount(f"no sum in {output}")
    return instructions, allocations
