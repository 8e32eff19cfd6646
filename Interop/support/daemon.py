"""The deployed daemon in a host of the check's network, with a stand-in registry and our beacon in the middle."""

import hashlib
import json
import pathlib
import re
import signal

from support import environment
from support.certificates import Authority
from support.namespaces import MIDDLE
from support.pilot import binary, metric
from support.programs import run, until
from support.report import Failure, NotRun, require

HERE = pathlib.Path(__file__).resolve().parent.parent
REGISTRY, REGISTRY_TLS, BEACON, METRICS = 9000, 9443, 9001, 9100
# The port that a daemon listens at. If it picks one itself, it asks for its address from another port than it uses then.
TUNNEL = 4000
# How fast an attempt may be given up.
ATTEMPT = "2s"


def executables():
    """The folder of the upstream executables."""
    python = environment.venv("daemon")
    found = sorted(python.parent.parent.glob("lib/python*/site-packages/pilotprotocol/bin"))
    if not found or not (found[-1] / "pilot-daemon").exists():
        raise NotRun("the wheel of this platform carries no pilot-daemon")
    for program in ("pilot-daemon", "pilotctl"):
        (found[-1] / program).chmod(0o755)
    return found[-1]


class Middle:
    """The stand-in registry and our beacon, which asks it for keys. It knows these nodes of ours from the start."""

    def __init__(self, bench, network, *nodes):
        self.bench = bench
        self.network = network
        self.folder = executables()
        self.authority = Authority(bench.folder)
        certificate, key = self.authority.issue("middle", 1, f"IP:{MIDDLE}")
        for node in nodes:
            bench.identity(node)
        config = bench.folder / "registry.json"
        config.write_text(json.dumps({
            "plain": f"0.0.0.0:{REGISTRY}", "tls": f"0.0.0.0:{REGISTRY_TLS}", "cert": str(certificate), "key": str(key),
            "nodes": bench.keys,
        }))
        script = HERE / "peers" / "registry.py"
        self.registry = bench.start([environment.venv("python"), script, config], "registry")
        self.registry.event("ready")
        self.arguments = [
            binary("pilot"), "beacon", "--drain-window", "0",
            "--udp", f"[::]:{BEACON}", "--wss", f"{MIDDLE}:443", "--tls-cert", certificate,
            "--tls-key", key, "--registry", f"127.0.0.1:{REGISTRY}", "--http", f"127.0.0.1:{METRICS}",
        ]
        self.beacon = None
        self.restart()

    def restart(self):
        """Ends the beacon, if there is one, and starts a new one in its place."""
        if self.beacon:
            self.beacon.stop()
        self.beacon = self.bench.start(self.arguments, "beacon")
        self.beacon.event("ready")

    def metric(self, name):
        """A figure of the beacon's."""
        return metric(f"127.0.0.1:{METRICS}", name)

    @staticmethod
    def connections():
        """The sources of the WSS connections that are established, as the kernel writes them."""
        lines = pathlib.Path("/proc/self/net/tcp").read_text().splitlines()[1:]
        fields = (line.split() for line in lines)
        return {remote for _, local, remote, state, *_ in fields if local.endswith(":01BB") and state == "01"}

    def refusals(self):
        """What the registry has refused, and how often."""
        self.registry.tell({"do": "requests"})
        return self.registry.event("requests")["refused"]

    def registrations(self):
        """What the daemons have registered since this was asked last, oldest first."""
        events = [json.loads(line) for line in self.registry.pending()]
        return [event for event in events if event["event"] == "registered"]


class Daemon:
    """A daemon. Its state is kept when it is stopped, so that it comes back as the same node."""

    def __init__(self, middle, host, transport, *options):
        self.middle = middle
        self.host = host
        self.folder = middle.bench.folder / f"daemon-{host.name}"
        self.folder.mkdir()
        self.transport = transport
        self.options = options
        self.program = None
        self.node = None
        self.starts = 0
        self.last_answer = ""

    def start(self):
        """Starts it, and returns when it is registered."""
        home = self.folder
        registry = f"{MIDDLE}:{REGISTRY if self.transport == 'udp' else REGISTRY_TLS}"
        arguments = [
            self.middle.folder / "pilot-daemon", "-registry", registry, "-beacon", f"{MIDDLE}:{BEACON}",
            "-compat-beacon", f"wss://{MIDDLE}/v1/compat", "-transport", self.transport, "-listen", f":{TUNNEL}",
            "-identity", home / "identity.json", "-socket", self.socket, "-email", f"{self.host.name}@example.org",
            # Nothing is told to anybody, and nothing is fetched.
            "-telemetry-url", "", "-motd-feed-url", "", "-no-skillinject", "-log-level", "debug", "-trust-auto-approve",
            *self.options,
        ]
        if self.transport != "udp":
            arguments += ["-registry-tls", "-registry-trust", "system"]
        self.starts += 1
        name = f"{self.folder.name}-{self.starts}"
        self.program = self.middle.bench.start(self.host.command(arguments), name, self.environment)
        self.middle.bench.callback(self.kill)
        until(lambda: "daemon running" in self.log(), "the daemon is registered", pause=0.02)
        self.node = int(re.search(r"daemon running.*node_id=(\d+)", self.log())[1])
        return self

    @property
    def socket(self):
        return self.folder / "socket"

    @property
    def key(self):
        """Its public key, in Base64."""
        return json.loads((self.folder / "identity.json").read_text())["public_key"]

    @property
    def environment(self):
        return {
            "HOME": str(self.folder), "PILOT_HOME": str(self.folder), "PILOT_SOCKET": str(self.socket),
            "PILOT_REGISTRY": f"{MIDDLE}:{REGISTRY}", "SSL_CERT_FILE": str(self.middle.authority.certificate),
            "PILOT_APPSTORE_CATALOG_URL": "http://127.0.0.1:1/",
        }

    @property
    def address(self):
        return f"0:0000.{self.node >> 16:04X}.{self.node & 0xFFFF:04X}"

    def log(self):
        """What it has written since it was started."""
        return self.program.log.read_text(errors="replace")

    def kill(self):
        """Ends it at once: it would take its time, and tell the others."""
        if self.program:
            self.program.signal(signal.SIGKILL)
            self.program.process.wait(10)

    def control(self, *arguments, seconds=30):
        """What pilotctl answers; None if it fails."""
        command = [str(argument) for argument in (self.middle.folder / "pilotctl", "--json", *arguments)]
        result = run(
            ["timeout", seconds, "env", *(f"{name}={value}" for name, value in self.environment.items()),
             *self.host.command(command)],
            seconds=seconds + 10,
        )
        try:
            answer = json.loads(result.stdout.strip().splitlines()[-1])
        except (ValueError, IndexError):
            answer = {}
        self.last_answer = result.stdout.strip()[-200:]
        return answer.get("data") if answer.get("status") == "ok" else None

    def trusts(self, *others):
        """Whether these are trusted peers."""
        answer = self.control("trust") or {}
        return {other.node for other in others} <= {peer["node_id"] for peer in answer.get("trusted") or []}

    def hears(self, other, timeout=ATTEMPT):
        """Whether one echo from another node comes back in time."""
        answer = self.control("ping", other.address, "--count", 1, "--timeout", timeout)
        return bool(answer) and any("rtt_ms" in result for result in answer.get("results") or [])

    def ping(self, other):
        """An echo from another node, which has to come."""
        if not self.hears(other, "10s"):
            raise Failure(f"no echo: {self.last_answer}")

    def is_relayed(self, other):
        """Whether what it sends to another node goes by the beacon; None without a session."""
        answer = self.control("peers") or {}
        return {peer["node_id"]: peer["relay"] for peer in answer.get("peers") or []}.get(other.node)

    def send_file(self, other, data):
        """Sends bytes as a file; the receiver's copy has to have the same SHA-256."""
        digest = hashlib.sha256(data).hexdigest()
        path = self.folder / f"{digest[:16]}.file"
        path.write_bytes(data)
        if not self.control("send-file", other.address, path):
            raise Failure(f"send-file: {self.last_answer}")
        received = other.folder / ".pilot" / "received"
        copies = until(lambda: list(received.glob(f"{path.name[:16]}*")), "the file is there")
        same = hashlib.sha256(copies[0].read_bytes()).hexdigest() == digest
        require(same, "the file that arrived has another SHA-256")


def befriend(*pairs):
    """Both sides of each pair ask for a handshake, so that both poll at once; returns when all trust each other."""
    for one, other in pairs:
        one.control("handshake", other.node, "interop")
        other.control("handshake", one.node, "interop")
    for one, other in pairs:
        until(lambda a=one, b=other: a.trusts(b) and b.trusts(a), "trust between the two daemons", 30, 0.3)
