"""Programs that are run with a limit, and what is told on the way."""

import os
import pathlib
import signal
import subprocess
import sys
import time

# How often it is looked whether a program has done enough, in seconds.
LOOK = 0.25


def say(text):
    print(text, file=sys.stderr, flush=True)


def execute(command, directory, limit, is_enough=lambda: False, **variables):
    """A program's status and output; no status if it is ended: after the limit, in seconds, or when it is enough. Nothing that it
    started outlives it."""
    process = subprocess.Popen(
        command, cwd=directory, env={**os.environ, **variables}, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, errors="replace", start_new_session=True)
    end = time.monotonic() + limit
    try:
        while time.monotonic() < end and not is_enough():
            try:
                output, _ = process.communicate(timeout=LOOK)
                return process.returncode, output
            except subprocess.TimeoutExpired:
                pass
        return None, ""
    finally:
        end_session(process.pid)
        process.wait()


def end_session(session):
    """Ends all processes of a session. Those that tests start have process groups of their own."""
    for entry in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            # The name, in parentheses, may have spaces in it. After it: the state, the parent, the group, the session.
            fields = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()
            if int(fields[3]) == session:
                os.kill(int(entry.name), signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            pass
