"""Rows of a table about sealed tunnels: nodes of theirs and of ours in hosts around our beacon."""

import contextlib

from support import environment, namespaces, report
from support.namespaces import Network
from support.pilot import Bench
from support.tunnels import Client, Middle, Ours, Service, Theirs


class Rows:
    """Rows of a table about nodes in hosts around our beacon. What is started in a row ends with it."""

    # Nodes: theirs, ours, one that nobody knows, and one that comes later.
    ONE, OTHER, OURS, STRANGER, NEWCOMER = 71, 72, 81, 91, 73
    # The port of a service behind `pilot forward serve`, on both sides of it.
    SERVICE, BEHIND = 1_001, 7_000

    def __init__(self, table, bench):
        self.table = table
        network = Network()
        self.middle = Middle(bench, network, self.ONE, self.OTHER, self.OURS, self.STRANGER, self.NEWCOMER)
        # A foreign node stays at its address: who proves nothing is believed to have moved only after a while.
        self.a, self.b, self.c, self.d, self.e = (network.host(last) for last in (11, 12, 13, 14, 15))
        self.started = []

    @contextlib.contextmanager
    def row(self, what):
        """A row, at whose end its nodes end."""
        with self.table.row(what) as details:
            try:
                yield details
            finally:
                for each in self.started:
                    if each.program:
                        each.program.stop()
                self.started = []

    def _started(self, each):
        self.started.append(each)
        return each

    def theirs(self, number, host, transport="udp", **options):
        return self._started(Theirs(self.middle, number, host, transport, **options))

    def ours(self, host, transport="udp", **options):
        return self._started(Ours(self.middle, self.OURS, host, transport, **options))

    def client(self, node):
        """A client of what a node of ours forwards."""
        return self._started(Client(self.middle, node.host, node.local))

    def service(self, host):
        return self._started(Service(self.middle, host, self.BEHIND))

    @property
    def rule(self):
        """What `pilot forward serve` is told of the service."""
        return f"{self.SERVICE}=127.0.0.1:{self.BEHIND}"


def main(title, rows):
    """Runs a check of such rows."""
    def body():
        python = environment.venv("python")
        # Before there is no network any more.
        namespaces.enter()
        version = environment.packages(python, "cryptography")[0]
        with Bench() as bench:
            rows(report.Report(title, f"Python cryptography {version}"), bench).run()

    report.main(title, body)
