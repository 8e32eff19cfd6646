"""What the figures were measured on, and with."""

from __future__ import annotations

import datetime
import os
import pathlib
import platform
import subprocess


def description(root: pathlib.Path) -> str:
    """One paragraph: figures without it are worth nothing."""
    swift = _first_line(["swift", "--version"])
    compiler = _first_line([os.environ.get("CC", "cc"), "--version"])
    return (
        f"{datetime.datetime.now(datetime.timezone.utc):%Y-%m-%d %H:%M} UTC, commit {_commit(root)}, "
        f"{_processor()}, {os.cpu_count()} cores, Linux {platform.release()}, {swift}, {compiler}, "
        f"load before: {os.getloadavg()[0]:.2f}"
    )


def load_warning() -> str:
    """A text if others use the machine, else nothing."""
    load = os.getloadavg()[0]
    if load < 0.3 * (os.cpu_count() or 1):
        return ""
    return f"the machine is busy (load {load:.2f}): figures will be worse than they are, ratios less so"


def _processor() -> str:
    for line in pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _commit(root: pathlib.Path) -> str:
    commit = _first_line(["git", "-C", str(root), "rev-parse", "--short", "HEAD"])
    changed = _first_line(["git", "-C", str(root), "status", "--porcelain", "--untracked-files=no"])
    return commit + (" with changes" if changed else "")


def _first_line(command: list[str]) -> str:
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    except OSError:
        return ""
    lines = result.stdout.splitlines()
    return lines[0].strip() if lines else ""
