"""Nodes with sealed sessions in the hosts of a check's network, ours and theirs, our beacon in the middle, and UDP programs
that know nothing of it."""

import itertools
import json

from support import environment
from support.certificates import Authority
from support.namespaces import MIDDLE, do
from support.pilot import HERE, binary, metric
from support.programs import PATIENCE, run
from support.report import Failure, NotRun, require

BEACON, METRICS = 9001, 9100
# The port of a foreign node, and the longest payload of a datagram that is relayed in one piece (cli.md).
TUNNEL, LONGEST = 4000, 1_153
# Foreign nodes' service that sends back what it gets.
ECHO = 7
URLS = {"udp": f"udp://{MIDDLE}:{BEACON}", "wss": f"wss://{MIDDLE}/v1/compat"}


def require_forward():
    """Raises NotRun unless this pilot can forward."""
    if "pilot forward" not in run([binary("pilot"), "forward", "--help"]).stdout:
        raise NotRun("this pilot has no `forward`")


class Middle:
    """Our beacon, which knows these nodes, and what is started around it."""

    def __init__(self, bench, network, *nodes):
        self.bench, self.network = bench, network
        self.python = environment.venv("python")
        self.authority = Authority(bench.folder)
        self.nodes = nodes
        self.count = itertools.count(1)
        pair = self.authority.issue("middle", 1, f"IP:{MIDDLE}")
        self.arguments = [
            binary("pilot"), "beacon", "--drain-window", "0",
            "--udp", f"[::]:{BEACON}", "--wss", f"{MIDDLE}:443", "--tls-cert", pair[0],
            "--tls-key", pair[1], "--nodes", bench.nodes(*nodes), "--http", f"127.0.0.1:{METRICS}", "--relay-rate", 0,
        ]
        self.start()

    def start(self):
        self.beacon = self.bench.start(self.arguments, f"beacon{next(self.count)}")
        self.beacon.event("ready")

    def metric(self, name):
        return metric(f"127.0.0.1:{METRICS}", name)

    def learns(self, node, identity):
        """Gives a node another identity's key, in the file that the beacon reads again."""
        keys = {str(known): self.key(known) for known in self.nodes}
        (self.bench.folder / "nodes.json").write_text(json.dumps({**keys, str(node): self.key(identity)}))

    def program(self, host, arguments, name):
        """Starts a program in a host."""
        command = [str(argument) for argument in arguments]
        return self.bench.start(host.command(command), f"{name}-{next(self.count)}")

    def peer(self, host, script, *arguments):
        """A program of Interop/peers."""
        return self.program(host, [self.python, HERE / "peers" / script, *arguments], script.partition(".")[0])

    def peers_file(self, owner, keys):
        """The file of the peers that a node of ours knows: the form of a nodes file."""
        path = self.bench.folder / f"peers{owner}.json"
        temporary = path.with_suffix(".new")
        temporary.write_text(json.dumps({str(node): key for node, key in keys.items()}))
        temporary.rename(path)
        return path

    def key(self, node):
        """The public key of a node, or of an identity that isn't any node's, in Base64."""
        self.bench.identity(node)
        return self.bench.keys[str(node)]


class Theirs:
    """A foreign node (peers/tunnel_peer.py). Its state is kept, so that it comes back as the same one."""

    def __init__(self, middle, number, host, transport, identity=None):
        self.middle, self.number, self.host, self.transport = middle, number, host, transport
        self.identity = identity or number
        self.peers = {}
        self.program = None
        self.exchange = None

    def knows(self, *others, direct=False, relay_only=False):
        """Makes these known to it, with their addresses if it shall try them directly."""
        for other in others:
            self.peers[other.number] = {"key": self.middle.key(other.identity), "relay_only": relay_only}
            if direct:
                self.peers[other.number]["address"] = other.endpoint
        return self

    @property
    def endpoint(self):
        """Where it is reached directly."""
        return f"{self.host.address}:{TUNNEL}"

    def start(self):
        config = self.middle.bench.folder / f"theirs{self.number}.json"
        config.write_text(json.dumps({
            "node": self.number, "identity": str(self.middle.bench.identity(self.identity)), "bind": f"0.0.0.0:{TUNNEL}",
            "beacon": URLS[self.transport], "ca": str(self.middle.authority.certificate), "peers": self.peers,
        }))
        self.program = self.middle.peer(self.host, "tunnel_peer.py", config)
        self.exchange = self.program.event("ready")["exchange"]
        self.program.event("address")
        return self

    def restart(self):
        self.program.stop()
        return self.start()

    def do(self, what, expected=None, seconds=PATIENCE, **values):
        """Tells it something. Returns the event that answers, if one does."""
        self.program.tell({"do": what, "seconds": seconds, **values})
        return self.program.event(expected, seconds=seconds) if expected else None

    def counts(self):
        return self.do("counts", "counts")

    def hears(self, other, seconds=0.2, payload=b"pathprobe.v1"):
        """Whether one path probe to another node is answered in time: the event, or None."""
        self.do("ping", peer=other.number, payload=payload.hex())
        try:
            return self.program.event("echo", seconds=seconds)
        except Failure as failure:
            if "said nothing" not in str(failure):
                raise
            return None


class Ours:
    """A node of ours: `pilot forward` or `pilot ping`."""

    def __init__(self, middle, number, host, transport, direct=False, identity=None):
        self.middle, self.number, self.host, self.transport = middle, number, host, transport
        self.identity = identity or number
        self.direct = direct
        self.keys = {}
        self.program = None
        self.arguments = ()
        self.local = None
        # The last path to each peer that it has told.
        self.paths = {}

    def knows(self, *others):
        for other in others:
            self.keys[other.number] = self.middle.key(other.identity)
        self.middle.peers_file(self.number, self.keys)
        return self

    @property
    def options(self):
        urls = list(URLS.values()) if self.transport == "auto" else [URLS[self.transport]]
        return [
            "--node", self.number, "--identity", self.middle.bench.identity(self.identity), "--transport", self.transport,
            "--peers", self.middle.peers_file(self.number, self.keys), "--direct", "auto" if self.direct else "never", "--json",
            *(part for url in urls for part in ("--beacon", url)),
            *(() if self.transport == "udp" else ("--ca", self.middle.authority.certificate)),
        ]

    def forward(self, *arguments):
        """Starts `pilot forward`, and returns when it is ready."""
        self.arguments, self.paths = arguments, {}
        command = [binary("pilot"), "forward", *arguments, *self.options]
        self.program = self.middle.program(self.host, command, f"forward{self.number}")
        self.local = self.program.event("ready").get("local")
        return self

    def restart(self):
        self.program.stop()
        return self.forward(*self.arguments)

    @property
    def endpoint(self):
        """Where it is reached directly: at the UDP socket that it has for its beacon."""
        tool = environment.program("ss", "iproute2")
        lines = do(*self.host.command([tool, "-H", "-u", "-a", "-n", "-p"])).splitlines()
        ours = [line.split()[3] for line in lines if f"pid={self.program.process.pid}," in line]
        ports = [int(local.rsplit(":", 1)[1]) for local in ours if not local.startswith("127.")]
        require(len(ports) == 1, f"it has the sockets {ours}")
        return f"{self.host.address}:{ports[0]}"

    def ping(self, other, count=5, interval=0.2, seconds=PATIENCE):
        """Runs `pilot ping`. Returns its summary, or None if it says none, and its exit status."""
        command = [binary("pilot"), "ping", other.number, "--count", count, "--interval", interval, *self.options]
        result = run(["timeout", seconds, *self.host.command([str(part) for part in command])], seconds=seconds + 10)
        lines = [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]
        summaries = [line for line in lines if line["event"] == "summary"]
        require(result.returncode in (0, 1), f"pilot ping: {result.returncode}, {result.stdout.strip()[-200:]}")
        return summaries[-1] if summaries else None, result.returncode

    def path_now(self, peer):
        """The path to a peer that it has told last; None before the first."""
        for line in self.program.pending():
            event = json.loads(line)
            if event["event"] == "path":
                self.paths[event["peer"]] = event["path"]
        return self.paths.get(peer)


class Client:
    """A UDP program in a host (peers/datagrams.py)."""

    def __init__(self, middle, host, to):
        self.to = to
        self.program = middle.peer(host, "datagrams.py", "client")
        self.program.event("ready")

    def do(self, what, expected, **values):
        self.program.tell({"do": what, "to": self.to, **values})
        return self.program.event(expected, seconds=values.get("seconds", 10) + 60)

    def until(self, seconds):
        """Asks until an answer comes, which it has to in time. Returns after how many seconds one did."""
        self.program.tell({"do": "until", "to": self.to, "seconds": seconds})
        answer = self.program.event("heard", "silence", seconds=seconds + PATIENCE)
        require(answer["event"] == "heard", f"no answer within {seconds} s")
        return answer["seconds"]

    def is_silent(self, seconds):
        """Whether no answer comes within this time."""
        self.program.tell({"do": "until", "to": self.to, "seconds": seconds})
        return self.program.event("heard", "silence", seconds=seconds + PATIENCE)["event"] == "silence"

    def exchange(self, frames, window=32, longest=LONGEST):
        """Sends datagrams there and back, every byte compared. Returns how many bytes."""
        return self.do("exchange", "done", frames=frames, window=window, longest=longest)["bytes"]

    def pace(self, rate, seconds, size=200, **values):
        return self.do("pace", "paced", rate=rate, seconds=seconds, size=size, **values)


class Service:
    """A UDP program that sends back what it gets."""

    def __init__(self, middle, host, port, address="127.0.0.1"):
        self.program = middle.peer(host, "datagrams.py", "echo", f"{address}:{port}")
        self.program.event("ready")

    def datagrams(self):
        """How many it has got."""
        self.program.tell({})
        return self.program.event("counts")["datagrams"]
