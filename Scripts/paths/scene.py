"""The network, the beacons and the nodes of one row."""

import json
import pathlib
import signal
import socket
import sys
import time

from paths.attach import Attach
from paths.stream import Stream
from support.certificates import Authority
from support.namespaces import MIDDLE, PREFIX, Network, do
from support.programs import run, until
from support.report import NotRun

HERE = pathlib.Path(__file__).resolve().parent
UDP, WSS = 9001, 443
# What addresses end with: the second beacon's, the router's, the steady node's.
SECOND, ROUTER, STEADY_HOST = 2, 20, 21
# The node in question, and the one that it talks to.
NODE, STEADY = 7, 8


class Scene:
    """A node behind a router, with a second link to it that waits, and two beacons in front of it; on steady UDP another node,
    at both beacons, since these know nothing of each other."""

    def __init__(self, bench, pilot, rate, length):
        self.bench, self.pilot, self.rate, self.length = bench, pilot, rate, length
        self.network = Network()
        self.network.middle(SECOND)
        self.host = self.network.behind(ROUTER, "masquerade")
        self.router = self.host.router
        self._second_link()
        self.steady_host = self.network.host(STEADY_HOST)
        self.authority = Authority(bench.folder)
        self.tls = self.authority.issue("beacon", 1, f"IP:{MIDDLE},IP:{PREFIX}{SECOND}")
        self.nodes = bench.nodes(NODE, STEADY)
        self.beacons, self.steady, self.streams = [], [], []
        self.node = self.watcher = self.out = self.back = None
        # When the node's host sent its first packet of a protocol.
        self.packets = {}
        self.started_at = self.obstacle_at = 0.0

    def _second_link(self):
        """eth1 of the node, to eth2 of the router: up, and used when eth0 is gone."""
        inner = f"10.1.{ROUTER}."
        self.router.ip("link", "add", "eth2", "type", "veth", "peer", "name", "eth1", "netns", self.host.name)
        for host, device, number in ((self.router, "eth2", 1), (self.host, "eth1", 2)):
            host.ip("address", "add", f"{inner}{number}/24", "dev", device)
            host.ip("link", "set", device, "up")
        self.host.ip("route", "add", "default", "via", f"{inner}1", "metric", "200")

    def needs(self, options):
        """Some programs are too old for a row."""
        known = run([self.pilot, "attach", "--help"]).stdout
        for option in options:
            if option.startswith("--") and option not in known:
                raise NotRun(f"this pilot has no {option}")

    # MARK: Who takes part

    def start_beacons(self, count=1):
        for address in [MIDDLE, f"{PREFIX}{SECOND}"][:count]:
            arguments = [
                self.pilot, "beacon", "--udp", f"{address}:{UDP}", "--wss", f"{address}:{WSS}", "--tls-cert", self.tls[0],
                "--tls-key", self.tls[1], "--nodes", self.nodes, "--relay-rate", 0, "--log-level", "debug",
            ]
            beacon = self.bench.start(arguments, f"beacon{len(self.beacons)}")
            beacon.address = address
            beacon.event("ready")
            self.beacons.append(beacon)
            steady = self.attach(self.steady_host, STEADY, "--transport", "udp", "--beacon", f"udp://{address}:{UDP}")
            steady.wait("ready")
            self.steady.append(steady)

    def attach(self, host, node, *options):
        """Starts `pilot attach` at a host."""
        arguments = [
            self.pilot, "attach", "--node", node, "--identity", self.bench.identity(node), "--ca", self.authority.certificate,
            *options,
        ]
        log = self.bench.folder / f"attach{node}-{len(self.steady)}.log"
        program = Attach(host.command(arguments) if host else arguments, log)
        self.bench.callback(program.stop)
        return program

    def start_node(self, *options, waits=True):
        """The node in question: both ways to the first beacon, unless the options say more."""
        self.watcher = self.bench.start(
            self.host.command([sys.executable, HERE / "watcher.py", self.host.address]), "watcher")
        self.watcher.event("ready")
        self.started_at = time.monotonic()
        self.node = self.attach(
            self.host, NODE, "--transport", "auto", "--beacon", f"udp://{MIDDLE}:{UDP}", "--beacon",
            f"wss://{MIDDLE}/v1/compat", *options)
        if waits:
            self.node.wait("ready")

    def first_packet(self, protocol, seconds=1.0):
        """When the node's host sent its first packet of this protocol; None if it has not."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            for line in self.watcher.pending(left):
                event = json.loads(line)
                self.packets[event["protocol"]] = event["time"]
            if protocol in self.packets:
                break
        return self.packets.get(protocol)

    def stream(self):
        """Begins to send both ways."""
        self.out = Stream([self.node], self.steady, STEADY, self.rate, self.length)
        self.back = Stream(self.steady, [self.node], NODE, self.rate, self.length)
        self.streams = [self.out, self.back]
        until(lambda: all(len(stream.sent_at) > self.rate / 2 for stream in self.streams), "frames", 5)

    # MARK: What gets in the way

    def obstruct(self, rules):
        """Puts rules of nftables into the router, for what it forwards."""
        self.router.rules(
            f"table inet obstacle {{\n chain forward {{\n type filter hook forward priority 0; {rules}\n }}\n}}\n")
        self.mark()

    def mark(self):
        """From here on the times count."""
        self.obstacle_at = time.monotonic()

    def clear(self):
        """Takes them out again."""
        self.router.rules("delete table inet obstacle")
        self.mark()

    def throttle(self, rate, frames):
        """UDP gets so much and no more, each way, with a short queue of so many frames."""
        for device in ("eth0", "eth1"):
            for text in (
                "qdisc add dev {} root handle 1: htb default 1",
                "class add dev {} parent 1: classid 1:1 htb rate 10gbit quantum 60000",
                f"class add dev {{}} parent 1: classid 1:10 htb rate {rate} burst 2k",
                f"qdisc add dev {{}} parent 1:10 pfifo limit {frames}",
                "filter add dev {} parent 1: protocol ip u32 match ip protocol 17 0xff flowid 1:10",
            ):
                self.on_router("tc", *text.format(device).split())
        self.mark()

    def on_router(self, *command):
        do(*self.router.command(list(command)))

    def rebind(self):
        """The router forgets its connections, and gives UDP other ports from now on."""
        self.router.rules(
            "flush chain ip translation out\n"
            'add rule ip translation out oifname "eth0" meta l4proto udp masquerade to :42000-42999 random\n'
            'add rule ip translation out oifname "eth0" masquerade\n')
        self.on_router(sys.executable, HERE / "conntrack.py")
        self.mark()

    def change_link(self):
        self.host.ip("link", "set", "eth0", "down")
        self.mark()

    def signal_beacon(self, number):
        self.beacons[0].signal(number)
        self.mark()

    def signal_all(self, number):
        for beacon in self.beacons:
            beacon.signal(number)

    def pause(self):
        """Sends nothing, until it resumes, which counts as the obstacle."""
        for stream in self.streams:
            stream.is_paused.set()

    def resume(self):
        for stream in self.streams:
            stream.is_paused.clear()
        self.mark()

    def connections(self):
        """The TCP connections that are established from the router's address, as the kernel writes them."""
        lines = pathlib.Path("/proc/self/net/tcp").read_text(encoding="ascii").splitlines()[1:]
        router = socket.inet_aton(self.router.address)[::-1].hex().upper()
        return [line for line in lines if line.split()[2].startswith(router) and line.split()[3] == "01"]

    # MARK: The end

    def watch(self, seconds):
        """Lets the frames flow for so long, and then those that are under way arrive."""
        time.sleep(seconds)
        for stream in self.streams:
            stream.end()
        time.sleep(1)

    def end(self):
        """Ends what could not end by itself."""
        for stream in self.streams:
            stream.end()
        self.signal_all(signal.SIGCONT)
