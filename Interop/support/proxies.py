"""Our nodes and our beacon with somebody else's reverse proxy between them: the same for every proxy."""

import json
import socket
import ssl
import time
import urllib.error
import urllib.request

from support import environment
from support.certificates import Authority
from support.payloads import Tally, payload
from support.pilot import HERE, Beacon, Bench, Node, transfer
from support.programs import PATIENCE, Program, until
from support.report import NotRun, require

# What the proxies' listeners allow a connection to be silent, in seconds: less and more than the 30 s between two of a
# node's pings (wire reference, section 3).
SHORT, LONG = 3, 35
# Clients' addresses: of one that is let in, of one that isn't, and what they say themselves. The whole 127.0.0.0/8 is this
# machine's, and only 127.0.0.1 is special to our beacon.
CLIENT, DENIED, CLAIMED = "127.0.0.77", "127.0.0.78", "192.0.2.66"
# What our beacon is told about them, and about the proxy.
KNOWS = ["--trusted-proxy", "127.0.0.1", "--deny", DENIED, "--log-level", "debug"]
# How long a silent connection is watched at the longer one.
WATCHED = LONG + 6


def free_ports(count):
    """Ports that nobody listens on."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def listening(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def shipped(name, changes):
    """The text of a file of Packaging/proxies, with what is this check's own in the place of what is the operator's.

    `changes` has what is replaced by what; all of it has to be there.
    """
    text = (HERE.parent / "Packaging" / "proxies" / name).read_text(encoding="utf-8")
    # Comments speak of the operator's.
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")) + "\n"
    for old, new in changes.items():
        require(old in text, f"Packaging/proxies/{name} has no {old}")
        text = text.replace(old, str(new))
    return text


def check(report, start, hand_on=None, ends_connections=True):
    """Writes all rows of one proxy.

    `start(bench, name, port, idle, backend, certificate, key)` starts it on a port, where a connection may be silent
    for `idle` seconds, with files of that name, and returns a function that makes it read its configuration anew. It tells
    who the client is by X-Forwarded-For.

    `hand_on(bench, port, backend)` starts it on a port from which it hands TCP connections on, and tells who the client is
    by the PROXY protocol, whose version it returns; None for one that can't.

    `ends_connections` says whether it can be told to cut silence, and to read its configuration anew.
    """
    with Bench() as bench:
        _Check(report, bench, start).run(hand_on, ends_connections)


class _Check:
    def __init__(self, report, bench, start):
        self.report, self.bench = report, bench
        self.authority = Authority(bench.folder)
        self.ca = self.authority.certificate
        self.nodes = bench.nodes(*range(1, 14))
        self.beacon = Beacon(bench, self.nodes, options=KNOWS)
        self.short, self.long = free_ports(2)
        pair = self.authority.issue("proxy", 1)
        # Two processes: reloading one must not disturb what is being watched on the other.
        self.reload = start(bench, "short", self.short, SHORT, self.beacon.port, *pair)
        start(bench, "long", self.long, LONG, self.beacon.port, *pair)
        until(lambda: listening(self.short) and listening(self.long), "the proxy")

    def url(self, port):
        return f"wss://localhost:{port}/v1/compat"

    def node(self, number, port):
        return Node(self.bench, number, self.url(port), self.ca)

    def run(self, hand_on, ends_connections):
        if ends_connections:
            # Silent from here on; looked at last.
            idle = self.node(1, self.long)
            begun = time.monotonic()
            silent = self.silent_client(2)
        with self.report.row("TLS ended in front of our beacon, which speaks ws: wss ⇄ wss and wss → udp") as details:
            self.through(details)
        what = "X-Forwarded-For from a trusted proxy: our beacon knows a client by its own address, whatever it claims"
        with self.report.row(what) as details:
            self.known(self.beacon, self.short, 11, details)
        if hand_on:
            what = "TCP handed on to our beacon's TLS, with the PROXY protocol: it knows a client by its own address"
            with self.report.row(what) as details:
                beacon = Beacon(self.bench, self.nodes, self.authority.issue("beacon", 2), KNOWS)
                (port,) = free_ports(1)
                version = hand_on(self.bench, port, beacon.port)
                until(lambda: listening(port), "the proxy")
                self.known(beacon, port, 12, details)
                details.append(f"PROXY {version}")
        if not ends_connections:
            return
        with self.report.row(f"silence is cut after {SHORT} s: our node comes back") as details:
            self.cut(details)
        with self.report.row("reload under traffic: our nodes come back, frames flow again") as details:
            self.reloaded(details)
        what = f"silence is cut after {LONG} s: our node's pings, one in 30 s, keep the connection up"
        with self.report.row(what) as details:
            self.kept(idle, begun, silent, details)

    def through(self, details):
        require(self.status("/health") == 200, "GET /health is not 200")
        require(self.status("/v1/compat") == 426, "a plain GET is not answered 426")
        one, two = self.node(3, self.short), self.node(4, self.short)
        three = Node(self.bench, 5, f"udp://{self.beacon.udp}")
        frames = 0
        for source, target in ((one, two), (two, one), (one, three)):
            frames += transfer(source, target, 1_000).received
        for node in (one, two, three):
            node.program.stop()
        details.append(f"{frames:,} frames, every byte compared; /health 200, plain GET 426")

    def known(self, beacon, port, number, details):
        """A client that has an address of its own, and names another one itself; and one that is denied."""
        program = self.bench.start([environment.venv("python"), HERE / "peers" / "websockets_peer.py", "node"], "client")

        def attach(source, expected):
            program.tell({
                "do": "attach", "name": "c", "url": self.url(port), "node": number, "source": source,
                "identity": str(self.bench.identity(number)), "ca": str(self.ca),
                "headers": {"X-Forwarded-For": CLAIMED},
            })
            return program.event(expected)

        attach(CLIENT, "attached")
        program.tell({"do": "discover", "name": "c"})
        address = program.event("reply")["address"].rsplit(":", 1)[0]
        require(address == CLIENT, f"it was told that it is {address}")
        log = beacon.log()
        require(f"remote={CLIENT}:" in log and CLAIMED not in log, "the log doesn't speak of the client's address")
        message = attach(DENIED, "error")["message"]
        require(f"remote={DENIED}:" in beacon.log(), f"another one wasn't denied: {message}")
        details.append(f"DiscoverReply and log name {CLIENT}; {DENIED} is denied")

    def status(self, path):
        context = ssl.create_default_context(cafile=str(self.ca))
        try:
            with urllib.request.urlopen(
                f"https://localhost:{self.short}{path}", context=context, timeout=PATIENCE
            ) as answer:
                return answer.status
        except urllib.error.HTTPError as answer:
            return answer.code

    def cut(self, details):
        two = self.node(7, self.long)
        one = self.node(6, self.short)
        start = time.monotonic()
        reason = one.program.event("reconnecting")["reason"]
        seconds = time.monotonic() - start
        require(seconds > SHORT - 1, f"cut after {seconds:.1f} s already")
        one.program.event("reconnected")
        transfer(one, two, 500)
        transfer(two, one, 500)
        for node in (one, two):
            node.program.stop()
        details.append(f"cut after {seconds:.1f} s; {reason.split(':')[0]}; then 1,000 frames")

    def reloaded(self, details):
        one, two = self.node(8, self.short), self.node(9, self.short)
        stream = _Stream(one, two)
        stream.run(lambda: stream.tally.received >= 1_000)
        self.reload()
        stream.run(lambda: one.reconnects > 0 and two.reconnects > 0)
        again = stream.tally.received + 1_000
        stream.run(lambda: stream.tally.received >= again)
        for node in (one, two):
            node.program.stop()
        details.append(
            f"{stream.tally.received:,} frames, every byte compared, none twice; {stream.lost} lost meanwhile"
        )

    def kept(self, idle, begun, silent, details):
        time_left = begun + WATCHED - time.monotonic()
        if silent:
            seconds = silent.event("cut", seconds=WATCHED + PATIENCE)["seconds"]
            require(LONG - 2 < seconds < LONG + 4, f"a client that never pings was cut after {seconds:.1f} s")
            details.append(f"a client without pings was cut after {seconds:.0f} s")
            time_left = begun + WATCHED - time.monotonic()
        else:
            details.append("not compared with a client without pings, for want of Python's websockets")
        end = time.monotonic() + time_left
        while time.monotonic() < end:
            # A node that loses its connection says so at once.
            try:
                line = idle.program.line(end - time.monotonic())
            except Exception as error:  # pylint: disable=broad-except
                require("said nothing" in str(error), str(error))
            else:
                require(_is_answer(line), f"the silent node said {line.decode().strip()}")
        require(all(_is_answer(line) for line in idle.program.pending()), "the silent node lost its connection")
        other = self.node(10, self.short)
        transfer(other, idle, 500)
        require(idle.reconnects == 0, "the silent node had to come back")
        details.append(f"ours stayed for {time.monotonic() - begun:.0f} s, then 500 frames")

    def silent_client(self, number):
        """A node on Python's websockets that never pings; None where that can't be had."""
        try:
            python = environment.venv("python")
        except NotRun:
            return None
        program = self.bench.start([python, HERE / "peers" / "websockets_peer.py", "node"], "silent")
        program.tell({
            "do": "attach", "name": "s", "url": self.url(self.long), "node": number, "silent": True,
            "identity": str(self.bench.identity(number)), "ca": str(self.ca),
        })
        program.event("attached")
        program.tell({"do": "idle", "name": "s", "seconds": WATCHED + PATIENCE})
        return program


def _is_answer(line):
    """Whether a line tells of the beacon's answer to the Discover that a node sends each minute."""
    event = json.loads(line)
    return event["event"] == "frame" and event["hex"].startswith("02")


class _Stream:
    """Frames from one node to another, of which some may be lost; none may be different, or come twice."""

    WINDOW = 32
    # Nothing has come for so long: what is under way is lost.
    GONE = 0.5

    def __init__(self, source, target):
        self.source, self.target = source, target
        self.tally = Tally(1_000_000)
        self.sent = self.settled = self.lost = 0

    def run(self, ending, seconds=40):
        deadline, heard = time.monotonic() + seconds, time.monotonic()
        while not ending():
            require(time.monotonic() < deadline, f"not within {seconds} s: {self.tally.received} frames so far")
            if self.sent - self.settled < self.WINDOW // 2:
                batch = range(self.sent, self.settled + self.WINDOW)
                self.source.relay(self.target.node, *(payload(index) for index in batch))
                self.sent = batch.stop
            for event in self.events(self.target.program, 0.01):
                if event["event"] == "deliver":
                    self.delivered(bytes.fromhex(event["payload"]))
                    heard = time.monotonic()
                self.note(self.target, event)
            for event in self.events(self.source.program, 0):
                self.note(self.source, event)
            if time.monotonic() - heard > self.GONE:
                self.lost += self.sent - self.settled
                self.settled, heard = self.sent, time.monotonic()

    def delivered(self, data):
        require(self.tally.take(data), f"a frame came twice or is not what was sent: {data[:12].hex()}…")
        index = int.from_bytes(data[4:8], "big")
        self.lost += max(0, index - self.settled)
        self.settled = max(self.settled, index + 1)

    @staticmethod
    def events(program: Program, seconds):
        lines = program.pending(seconds)
        return [json.loads(line) for line in lines]

    @staticmethod
    def note(node, event):
        if event["event"] == "reconnected":
            node.reconnects += 1
        elif event["event"] == "error":
            require(event["code"] in ("reconnecting", "backpressure"), f"{event['code']}: {event['message']}")
        elif event["event"] == "closed":
            require(False, "a node has ended")
