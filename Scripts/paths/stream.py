"""Numbered frames from one node to another at a steady rate, and what became of them."""

import threading
import time

from paths.attach import payload
from support.report import Failure


class Stream:
    """From one source, or from several nodes of one ID at different beacons, to one target; or to several likewise."""

    def __init__(self, sources, targets, peer, rate, length):
        self.sources, self.targets = sources, targets
        self.peer, self.rate, self.length = peer, rate, length
        self.sent_at = []
        self.is_running, self.is_paused = threading.Event(), threading.Event()
        self.is_running.set()
        self.thread = threading.Thread(target=self._send, daemon=True)
        self.thread.start()

    def _send(self):
        start, skipped = time.monotonic(), 0
        while self.is_running.is_set():
            first = len(self.sent_at)
            due = int((time.monotonic() - start) * self.rate) - skipped - first
            if self.is_paused.is_set():
                due, skipped = 0, skipped + due
            self.sent_at.extend([time.monotonic()] * due)
            for index, source in enumerate(self.sources if due else []):
                numbers = range(first, first + due)
                try:
                    source.write("".join(self._line(number, index) for number in numbers).encode())
                except Failure:
                    # It has ended, which its books tell.
                    pass
            time.sleep(0.002)

    def _line(self, number, source):
        return f'{{"relay":{self.peer},"payload":"{payload(number, source, self.length)}"}}\n'

    def end(self):
        """Sends no more."""
        self.is_running.clear()
        self.thread.join()

    def arrival(self, number):
        """When it came; None if it did not."""
        times = [target.arrivals[number] for target in self.targets if number in target.arrivals]
        return min(times, default=None)

    def numbers(self, after):
        """Those that were sent after a time."""
        return [number for number, when in enumerate(self.sent_at) if when >= after]

    def lost(self, after):
        """Those that were sent after a time and did not come."""
        return [number for number in self.numbers(after) if self.arrival(number) is None]

    def first(self, after):
        """How long after a time the first frame came that was sent after it; None if none did."""
        times = [when for number in self.numbers(after) if (when := self.arrival(number)) is not None]
        return min(times) - after if times else None

    def whole(self, after):
        """How long after a time the last frame was sent that was lost; 0 if none was."""
        lost = self.lost(after)
        return self.sent_at[lost[-1]] - after if lost else 0.0

    def repeats(self):
        """How many came again from the same source to the same node."""
        return sum(target.repeats for target in self.targets)
