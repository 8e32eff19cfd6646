"""A running `pilot attach` whose lines are taken as they come, with the time."""

import json
import threading
import time

from support.programs import PATIENCE, Program, until
from support.report import Failure, require

# PILT, then the number: 4 bytes, then the source: 1 byte.
MAGIC = b"PILT".hex()


class Attach(Program):
    """Keeps when each numbered payload came, and what else was said."""

    def __init__(self, arguments, log, env=None):
        self.lock = threading.Lock()
        # Numbers and when they came first; numbers with who sent them, and how many came again from the same.
        self.arrivals, self.seen, self.repeats = {}, set(), 0
        # (time, event) of all lines but frames.
        self.events = []
        super().__init__(arguments, log, env)

    def _read(self):
        for line in self.process.stdout:
            now, event = time.monotonic(), json.loads(line)
            with self.lock:
                if event["event"] == "deliver":
                    self._take(event["payload"], now)
                elif event["event"] != "frame":
                    self.events.append((now, event))

    def _take(self, text, now):
        if not text.startswith(MAGIC):
            return
        label = text[len(MAGIC):len(MAGIC) + 10]
        self.repeats += label in self.seen
        self.seen.add(label)
        self.arrivals.setdefault(int(label[:8], 16), now)

    def said(self, name, after=0.0):
        """The events of this name, with their times, after a time."""
        with self.lock:
            return [(when, event) for when, event in self.events if event["event"] == name and when >= after]

    def wait(self, name, seconds=PATIENCE):
        """When it said this, and what."""
        return until(lambda: self.said(name), f"{self.name} says {name}", seconds, 0.005)[0]

    def close(self):
        """Ends it by the end of its input. Returns its books."""
        try:
            self.process.stdin.close()
        except BrokenPipeError:
            status, said = self.process.wait(PATIENCE), [event for _, event in self.said("closed")]
            raise Failure(f"{self.name} has ended by itself with {status}: {said}{self.last_words()}") from None
        _, books = self.wait("closed")
        require(self.process.wait(PATIENCE) == 0, f"{self.name} ended with {self.process.returncode}")
        return books


def payload(number, source, length):
    """A numbered payload of so many bytes from the source of this number, in hexadecimal digits."""
    return f"{MAGIC}{number:08x}{source:02x}".ljust(2 * length, "5")
