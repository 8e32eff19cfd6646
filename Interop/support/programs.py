"""Programs that a check starts, talks to and ends. Only what was started here is ever signalled."""

import json
import os
import queue
import signal
import subprocess
import threading
import time

from support.report import Failure

# A test on a busy machine waits longer than a program takes, and no longer than this, in seconds.
PATIENCE = 20


def until(condition, what, seconds=PATIENCE, pause=0.05):
    """Asks again and again until the condition gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise Failure(f"{what}: not within {seconds} s")
        time.sleep(pause)


def run(arguments, seconds=60, text_in="", **options):
    """Runs a program to its end. Returns what subprocess.run returns, with text, and both outputs in one."""
    try:
        return subprocess.run(
            [str(argument) for argument in arguments],
            input=text_in,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=seconds,
            text=True,
            errors="replace",
            check=False,
            **options,
        )
    except subprocess.TimeoutExpired as error:
        raise Failure(f"{arguments[0]} did not end within {seconds} s") from error


def forking(arguments):
    """The command of a program whose children outlive it, and would keep its output open."""
    return ["sh", "-c", 'exec "$0" "$@" > /dev/null', *arguments]


class Program:
    """A program that runs beside the check, and speaks lines on its standard input and output."""

    def __init__(self, arguments, log, env=None):
        self.name = os.path.basename(str(arguments[0]))
        self.log = log
        self.lines = queue.SimpleQueue()
        with open(log, "wb") as errors:
            self.process = subprocess.Popen(
                [str(argument) for argument in arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=None if env is None else {**os.environ, **env},
            )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def write(self, data):
        """Writes bytes to its input."""
        try:
            self.process.stdin.write(data)
            self.process.stdin.flush()
        except (BrokenPipeError, ValueError) as error:
            raise Failure(f"{self.name} has ended{self.last_words()}") from error

    def tell(self, value):
        """Writes a line of JSON."""
        self.write(json.dumps(value).encode() + b"\n")

    def line(self, seconds=PATIENCE):
        """The next line of its output, as bytes."""
        try:
            line = self.lines.get(timeout=max(seconds, 0.001))
        except queue.Empty:
            raise Failure(f"{self.name} said nothing within {seconds:.0f} s{self.last_words()}") from None
        if line is None:
            self.lines.put(None)
            raise Failure(f"{self.name} has ended{self.last_words()}")
        return line

    def event(self, *names, seconds=PATIENCE):
        """The next line that is an event of one of these names. Others are passed over; an error is a failure, unless
        it is asked for."""
        deadline = time.monotonic() + seconds
        while True:
            value = json.loads(self.line(deadline - time.monotonic()))
            if value["event"] in names:
                return value
            if value["event"] == "error":
                raise Failure(f"{self.name}: {value.get('message', value)}")

    def pending(self, seconds=0):
        """The lines that are there already, or the first ones that come within this time."""
        lines = []
        while True:
            try:
                line = self.lines.get(timeout=seconds) if seconds else self.lines.get_nowait()
            except queue.Empty:
                return lines
            if line is None:
                self.lines.put(None)
                return lines
            lines.append(line)
            seconds = 0

    def last_words(self):
        """What it wrote to standard error last."""
        try:
            with open(self.log, "rb") as errors:
                text = errors.read().decode(errors="replace").strip()
        except OSError:
            return ""
        return f": {text.splitlines()[-1]}" if text else ""

    def signal(self, number):
        if self.process.poll() is None:
            self.process.send_signal(number)

    def stop(self):
        """Ends it: end of input first, then SIGTERM, then SIGKILL."""
        try:
            self.process.stdin.close()
        except OSError:
            pass
        for number, seconds in ((None, 0.5), (signal.SIGTERM, 5), (signal.SIGKILL, 5)):
            if number is not None:
                self.signal(number)
            try:
                self.process.wait(seconds)
                break
            except subprocess.TimeoutExpired:
                continue
        self.reader.join(5)
        # A child of its own may hold the other end still.
        if not self.reader.is_alive():
            self.process.stdout.close()
