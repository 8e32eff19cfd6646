"""Rows of the table, and how a check hands them on: one JSON line each on standard output."""

import contextlib
import json
import signal
import sys
import time


class Failure(Exception):
    """Something that did not agree, in words for the table."""


class NotRun(Exception):
    """Something that could not be tried, with the reason."""


def make_row(software, version, what, result, detail):
    """A row of the table."""
    return {"software": software, "version": version, "what": what, "result": result, "detail": detail}


class Report:
    """The rows of one software in one version."""

    def __init__(self, software, version):
        self.software = software
        self.version = version

    def add(self, what, result, detail=""):
        print(json.dumps(make_row(self.software, self.version, what, result, detail), ensure_ascii=False), flush=True)

    @contextlib.contextmanager
    def row(self, what):
        """One row: passed unless the block raises. What is put into `details` is said beside the result."""
        say(f"{self.software}: {what}")
        details = []
        start = time.monotonic()
        try:
            yield details
        except NotRun as reason:
            self.add(what, "not run", str(reason))
        except Exception as error:  # pylint: disable=broad-except
            name = "" if isinstance(error, Failure) else f"{type(error).__name__}: "
            self.add(what, "failed", f"{name}{error}")
        else:
            self.add(what, "passed", "; ".join(details))
        say(f"{self.software}: … {time.monotonic() - start:.1f} s")


def require(condition, text):
    """Raises a Failure with this text unless the condition holds."""
    if not condition:
        raise Failure(text)


def say(text):
    """Progress, for whoever watches."""
    print(text, file=sys.stderr, flush=True)


def markdown(rows):
    """The table."""
    lines = ["| software | version | what was run | result |", "| --- | --- | --- | --- |"]
    for row in rows:
        result = row["result"]
        if row["detail"]:
            result += ": " + row["detail"]
        cells = [row["software"], row["version"], row["what"], result]
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def main(software, body):
    """Runs a check that needs something installed first. Without it there is one row that says so.

    SIGTERM ends it like an error, so that it still ends what it has started.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        body()
    except NotRun as reason:
        Report(software, "–").add("everything", "not run", str(reason))
