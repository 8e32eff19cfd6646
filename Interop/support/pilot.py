"""The program under test: where it is, and its commands `identity`, `beacon` and `attach`."""

import contextlib
import json
import os
import pathlib
import tempfile
import urllib.request

from support.payloads import Tally, payload
from support.programs import PATIENCE, Program, run
from support.report import Failure, NotRun, require

# Seconds that a frame may wait. By default 1, which is right for datagrams, and which a pause of the machine makes a loss.
MAX_FRAME_AGE = "60"

HERE = pathlib.Path(__file__).resolve().parent.parent
ROOT = HERE.parent


def binary(name):
    """A program that was built here. Interop/run builds it, and says in which configuration."""
    folder = ROOT / ".build" / os.environ.get("INTEROP_CONFIGURATION", "debug")
    path = folder / name
    if not path.exists():
        raise NotRun(f"{path.relative_to(ROOT)} is missing; run swift build, or Interop/run")
    return path


class Bench(contextlib.ExitStack):
    """A folder for one check, and what is started in it. Leaving ends and removes everything."""

    def __init__(self):
        super().__init__()
        self.folder = pathlib.Path(self.enter_context(tempfile.TemporaryDirectory(prefix="interop-")))
        self.keys = {}

    def start(self, arguments, name, env=None):
        """Starts a program, whose standard error goes to a file of that name."""
        program = Program(arguments, self.folder / f"{name}.log", env)
        self.callback(program.stop)
        return program

    def identity(self, node):
        """The identity file of a node, made when asked for the first time."""
        path = self.folder / f"node{node}.json"
        if not path.exists():
            result = run([binary("pilot"), "identity", "new", "--out", path])
            require(result.returncode == 0, f"pilot identity new: {result.stdout.strip()}")
            shown = run([binary("pilot"), "identity", "show", path, "--node", node])
            self.keys.update(json.loads(shown.stdout))
        return path

    def nodes(self, *nodes):
        """A nodes file with the keys of these nodes."""
        for node in nodes:
            self.identity(node)
        path = self.folder / "nodes.json"
        path.write_text(json.dumps({str(node): self.keys[str(node)] for node in nodes}))
        return path


class Beacon:
    """A running `pilot beacon` on loopback: TLS if a certificate is given, else plain ws. Its keys come from a nodes file,
    unless the options say from where; it is dialled as localhost."""

    def __init__(self, bench, nodes=None, certificate=None, options=(), env=None):
        arguments = [
            binary("pilot"), "beacon", "--drain-window", "0",
            "--udp", "127.0.0.1:0", "--wss", "127.0.0.1:0", "--http", "127.0.0.1:0",
            "--max-frame-age", MAX_FRAME_AGE, "--name", "localhost", *options,
        ]
        if nodes:
            arguments += ["--nodes", nodes]
        if certificate:
            arguments += ["--tls-cert", certificate[0], "--tls-key", certificate[1]]
        self.program = bench.start(arguments, "beacon", env)
        ready = self.program.event("ready")
        self.udp = ready["udp"]
        self.status = ready["http"]
        self.port = int(ready["wss"].rsplit(":", 1)[1])
        scheme = "wss" if certificate else "ws"
        self.url = f"{scheme}://localhost:{self.port}/v1/compat"

    def metric(self, name):
        """A figure of its own."""
        return metric(self.status, name)

    def log(self):
        """What it has logged."""
        return self.program.log.read_text(encoding="utf-8")


def metric(status, name):
    """A figure of the beacon's whose status port this is; 0 if it has none of that name."""
    with urllib.request.urlopen(f"http://{status}/metrics", timeout=PATIENCE) as answer:
        for line in answer.read().decode().splitlines():
            if line.startswith(f"{name} "):
                return int(float(line.rsplit(" ", 1)[1]))
    return 0


class Node:
    """A running `pilot attach`."""

    def __init__(self, bench, node, url, ca=None):
        self.node = node
        transport = "udp" if url.startswith("udp:") else "wss"
        arguments = [
            binary("pilot"), "attach", "--node", node, "--identity", bench.identity(node), "--transport", transport,
            "--beacon", url, "--max-frame-age", MAX_FRAME_AGE,
        ]
        if ca:
            arguments += ["--ca", ca]
        self.program = bench.start(arguments, f"attach{node}")
        self.reconnects = 0
        self.program.event("ready")

    @classmethod
    def of(cls, program, node):
        """A `pilot attach` that was started otherwise, and isn't ready yet."""
        self = cls.__new__(cls)
        self.node, self.program, self.reconnects = node, program, 0
        return self

    def relay(self, peer, *payloads):
        """Sends payloads to another node."""
        lines = (b'{"relay":%d,"payload":"%s"}\n' % (peer, data.hex().encode()) for data in payloads)
        self.program.write(b"".join(lines))

    def delivery(self, sender, seconds=PATIENCE):
        """The next payload that arrives; it has to be from this node."""
        while True:
            line = self.program.line(seconds)
            event = json.loads(line)
            if event["event"] == "deliver":
                require(event["sender"] == sender, f"a frame from node {event['sender']}, expected {sender}")
                return bytes.fromhex(event["payload"])
            if event["event"] == "reconnected":
                self.reconnects += 1
            if event["event"] == "error":
                raise Failure(f"pilot attach: {event['code']}: {event['message']}")


def transfer(source, target, count, window=32):
    """Sends frames from one `pilot attach` to another, at most a window under way, and compares every byte. Whatever is
    lost, repeated or different is a failure."""
    tally = Tally(count)
    sent = 0
    while tally.received < count:
        batch = range(sent, min(count, tally.received + window))
        if len(batch) >= window // 2 or batch and sent == tally.received:
            source.relay(target.node, *(payload(index) for index in batch))
            sent = batch.stop
        data = target.delivery(source.node)
        require(tally.take(data), f"frame {data[:12].hex()}… of {len(data)} bytes is not what was sent")
    return tally


def echo(node, peer, count):
    """Sends so many payloads that come from a node back to it."""
    for _ in range(count):
        node.relay(peer, node.delivery(peer))
