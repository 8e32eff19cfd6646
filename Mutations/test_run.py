"""Runs of the tests, and what their stream of events says of them."""

import json
import pathlib
import re
import tempfile
import time

from package_copy import COPY
from process import execute

BUNDLE = COPY / ".build" / "debug" / "pilot-transportPackageTests.xctest"
# How many tests are named.
NAMED_TESTS = 3
# How long a run goes on after the first failure, in seconds: for others to be named.
FURTHER = 2
# The longest that a run may take, in seconds.
TESTS_LIMIT = 3600


def run_tests(filters, fault="", patience=None):
    """What becomes of the tests of these filters, with one of the woven faults, or with none.

    With patience, in seconds, the run is ended soon after the first failure, or when nothing has come from it for so long."""
    with tempfile.TemporaryDirectory() as folder:
        events = pathlib.Path(folder) / "events.jsonl"
        command = [str(BUNDLE), "--testing-library", "swift-testing", "--no-parallel"]
        command += [word for name in filters for word in ("--filter", name)]
        command += ["--event-stream-version", "0", "--event-stream-output-path", str(events)]
        is_enough = Watch(events, patience).has_seen_enough if patience else lambda: False
        status, _ = execute(command, COPY, TESTS_LIMIT, is_enough, ACTIVE_FAULT=fault)
        return Outcome(events, status)


class Watch:
    """Follows a stream of events while it is written, to tell when more of them wouldn't change the verdict."""

    def __init__(self, events, patience):
        self.events = events
        self.patience = patience
        self.position = 0
        self.end = time.monotonic() + patience

    def has_seen_enough(self):
        if self.events.exists():
            with self.events.open("rb") as stream:
                stream.seek(self.position)
                # A line that isn't complete yet is for the next time.
                complete = stream.read().rpartition(b"\n")[0]
            self.position += len(complete)
            if complete and self.patience:
                self.end = time.monotonic() + self.patience
                if any(is_failure(json.loads(line)["payload"]) for line in complete.splitlines() if line):
                    self.end = time.monotonic() + FURTHER
                    self.patience = None
        return time.monotonic() >= self.end


def is_failure(payload):
    return payload.get("kind") == "issueRecorded" and not payload["issue"].get("isKnown")


def only(tests):
    """The filters of these tests alone."""
    return [f"^{re.escape(test_id)}$" for test_id in tests]


class Outcome:
    """What became of a test run, from swift-testing's stream of events. There is no status if it was ended."""

    def __init__(self, events, status):
        self.failed, self.started, self.ended = [], {}, {}
        names = {}
        is_complete = False
        for record in read_events(events):
            payload = record["payload"]
            if record["kind"] == "test":
                if payload["kind"] == "function":
                    names[payload["id"]] = payload.get("displayName", payload["name"])
                continue
            test_id = payload.get("testID")
            kind = payload["kind"]
            is_complete = is_complete or kind == "runEnded"
            if test_id not in names:
                continue
            if kind == "testStarted":
                self.started[test_id] = payload["instant"]["absolute"]
            elif kind == "testEnded":
                self.ended[test_id] = payload["instant"]["absolute"]
            elif is_failure(payload) and test_id not in self.failed:
                self.failed.append(test_id)
        self.names = names
        self.unfinished = [test_id for test_id in self.started if test_id not in self.ended]
        self.status = status
        self.is_complete = is_complete
        self.hung = status is None and not is_complete and not self.failed
        self.passed = status == 0 and not self.failed and bool(self.started)
        self.is_empty = is_complete and not self.started

    @property
    def suspects(self):
        """The tests that failed, or else those in which the run crashed or hung."""
        return self.failed or self.unfinished

    @property
    def longest(self):
        """How long the longest test took, in seconds."""
        return max((self.ended[test_id] - self.started[test_id] for test_id in self.ended), default=0)

    @property
    def text(self):
        if self.passed:
            return f"{len(self.started)} tests passed"
        if self.failed:
            return self.listed(self.failed)
        where = self.listed(self.unfinished) if self.unfinished else "the run"
        if self.hung:
            return f"ended by the time limit in {where}"
        return f"ended with {self.status}" if self.is_complete else f"crashed in {where}"

    def listed(self, tests):
        names = [self.names[test_id] for test_id in tests]
        shown = ", ".join(f"“{name}”" for name in names[:NAMED_TESTS])
        return shown if len(names) <= NAMED_TESTS else f"{shown} and {len(names) - NAMED_TESTS} more"


def read_events(path):
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield json.loads(line)
            except json.JSONDecodeError:
                # The line that a crash has cut off.
                return
