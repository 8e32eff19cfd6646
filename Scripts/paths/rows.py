"""The rows: what gets in the way, and the figure that the node is held to."""

import collections
import dataclasses
import signal
import time
from typing import Callable, Optional

from paths.scene import Scene
from support.namespaces import PREFIX
from support.report import require

OUTWARD, INWARD = 'oifname "eth0"', 'iifname "eth0"'
DROP = "meta l4proto udp drop;"
# Seconds between two changes, and how often UDP goes away.
FLAP, FLAPS = 5, 60
# Reasons for which a frame that was taken isn't sent.
UNSENT = ("refused_by_kernel", "expired", "connection_lost", "closed_before_sending")
STANDBY = ("--standby", f"wss://{PREFIX}2/v1/compat")


@dataclasses.dataclass
class Row:
    """One obstacle, put in the way of a steady stream. All times are in seconds."""

    name: str
    what: str
    figure: str
    act: Callable = Scene.mark
    # At most: until the first frame after the obstacle has come, until no frame is lost any more, until `switched`.
    first: Optional[float] = None
    whole: Optional[float] = None
    switched: Optional[float] = None
    # What it has switched to then.
    transport: str = "wss"
    # How long to look afterwards.
    watch: float = 12
    beacons: int = 1
    options: tuple = ()
    # What lies in the way from the start.
    before: Optional[Callable] = None
    # Frames a second, and bytes, each way.
    rate: int = 200
    length: int = 200
    # For how many seconds frames may go both ways: in doubt, which ends after 8, and 2 more.
    twice: float = 10
    # Whether the obstacle takes some frames before there is any doubt.
    is_lossy: bool = False

    @property
    def is_short(self):
        return self.watch <= 15 and self.act not in (_idle, _flapping)

    def run(self, scene):
        """The cells of the table, and what is wrong."""
        scene.start_beacons(self.beacons)
        if self.before:
            self.before(scene)
        scene.start_node(*self.options)
        scene.stream()
        time.sleep(1)
        self.act(scene)
        scene.watch(self.watch)
        scene.signal_all(signal.SIGCONT)
        return self.judge(scene, scene.node.close())

    def judge(self, scene, books):
        start, streams = scene.obstacle_at, (scene.out, scene.back)
        firsts, wholes = [stream.first(start) for stream in streams], [stream.whole(start) for stream in streams]
        switches = scene.node.said("switched", start)
        misses = []
        for direction, first, whole in zip(("out", "in"), firsts, wholes):
            if self.first is not None and (first is None or first > self.first):
                misses.append(f"frames {direction} again after {_seconds(first)}")
            if self.whole is not None and whole > self.whole:
                misses.append(f"frames {direction} lost for {_seconds(whole)}")
        if self.switched is not None:
            right = [when for when, event in switches if event["transport"] == self.transport]
            if not right or right[0] - start > self.switched:
                misses.append(f"switched to {self.transport} after {_seconds(right[0] - start if right else None)}")
        # What the node has been given and not refused, it has sent, with what it says of itself and what goes twice, or dropped. What
        # it says before it is ready is about the way.
        refusals = collections.Counter(event["code"] for _, event in scene.node.said("error", scene.node.wait("ready")[0]))
        # What ICMP says is about frames that were sent.
        reports = refusals.pop("unreachable", 0)
        taken = len(scene.out.sent_at) - sum(refusals.values())
        unsent = sum(books["dropped"].get(reason, 0) for reason in UNSENT)
        uncounted = taken + books["duplicates"] + books["control"] - books["sent"] - unsent
        if uncounted:
            misses.append(f"{uncounted} frames are missing in the books")
        # Where UDP failed, no more may be lost on the way out than the books say; where it works, nothing goes twice.
        lost = len(scene.out.lost(start))
        if self.switched is not None and self.transport == "wss" and lost > books["unconfirmed"] + unsent and not self.is_lossy:
            misses.append(f"{lost} frames were lost, and the books have {books['unconfirmed']} at most")
        twice = max(stream.repeats() for stream in streams)
        if twice > self.twice * self.rate:
            misses.append(f"{twice} frames came twice")
        if books["received"] < len(scene.node.arrivals):
            misses.append(f"{len(scene.node.arrivals)} frames came, of which the books have {books['received']}")
        cells = [
            " · ".join(map(_seconds, firsts)),
            " · ".join(map(_seconds, wholes)),
            ", ".join(f"{event['transport']} {_seconds(when - start)}" for when, event in switches) or "–",
            " · ".join(f"{len(stream.lost(start))} of {len(stream.numbers(start)):,}" for stream in streams),
            " · ".join(str(stream.repeats()) for stream in streams),
            f"sent {books['sent']:,}, dropped {_listed(books['dropped'])}, refused {_listed(refusals)}, {reports} ICMP",
        ]
        return cells, misses


@dataclasses.dataclass
class Start(Row):
    """What happens at the start. `check` tells what came of it and what is wrong, from a scene whose node is ready."""

    check: Callable = lambda scene: ([], [])
    watch: float = 2

    def run(self, scene):
        scene.start_beacons()
        if self.before:
            self.before(scene)
        scene.start_node(*self.options, waits=False)
        words, misses = self.check(scene)
        time.sleep(self.watch)
        return ["", "", words, "", "", ""], misses


def _seconds(value):
    return "–" if value is None else f"{value:.2f} s"


def _listed(counts):
    return ", ".join(f"{count} {name}" for name, count in counts.items() if count) or "none"


# MARK: What is looked at at the start


def _ready(scene):
    """When it said that it was ready, from its first packet on, and on which transport."""
    when, event = scene.node.wait("ready")
    packet = scene.first_packet("udp") or scene.first_packet("tcp")
    require(packet, "no packet was seen")
    return when - packet, event["transport"]


def _over_udp(scene):
    seconds, transport = _ready(scene)
    round_trip = 0.001
    misses = [] if transport == "udp" else [f"it is on {transport}"]
    if seconds > 1.2 * round_trip + 0.05:
        misses.append(f"ready after {seconds * 1000:.0f} ms")
    time.sleep(3)
    if scene.connections():
        misses.append("a WSS connection is left")
    return f"{transport}, ready {seconds * 1000:.0f} ms", misses


def _over_wss(scene):
    seconds, transport = _ready(scene)
    misses = [] if transport == "wss" else [f"it is on {transport}"]
    dial = scene.first_packet("tcp")
    require(dial, "it has not dialled")
    head_start = dial - scene.first_packet("udp")
    if head_start > 0.3:
        misses.append(f"dialled after {head_start * 1000:.0f} ms")
    return f"{transport}, dialled {head_start * 1000:.0f} ms, ready {seconds * 1000:.0f} ms", misses


def _without(protocol):
    def check(scene):
        _, transport = _ready(scene)
        time.sleep(5)
        seen = scene.first_packet(protocol, 0.1)
        return f"{transport}, no {protocol} in 5 s", [f"a packet of {protocol} was sent"] if seen else []
    return check


# MARK: The table


def _back(scene):
    """UDP is blocked until the node has moved, and works again from then on."""
    scene.obstruct(DROP)
    time.sleep(10)
    scene.clear()


def _idle(scene):
    """Nothing is sent for longer than the router remembers."""
    scene.on_router("sysctl", "-q", "net.netfilter.nf_conntrack_udp_timeout=20", "net.netfilter.nf_conntrack_udp_timeout_stream=20")
    scene.pause()
    time.sleep(65)
    scene.resume()


def _flapping(scene):
    """UDP comes and goes."""
    for _ in range(FLAPS):
        scene.obstruct(DROP)
        time.sleep(FLAP)
        scene.clear()
        time.sleep(FLAP)


def _killed(scene):
    scene.signal_beacon(signal.SIGKILL)


def _frozen(scene):
    scene.signal_beacon(signal.SIGSTOP)


ROWS = [
    Start("start", "nothing", "ready over UDP in 1.2 round trips + 50 ms; no WSS left", check=_over_udp),
    Start(
        "start-blocked", "UDP dropped from the start", "over WSS in 300 ms + the dial", check=_over_wss,
        before=lambda scene: scene.obstruct(DROP)),
    Start("udp-never", "nothing; `--udp never`", "no UDP datagram", options=("--udp", "never"), check=_without("udp")),
    Start("wss-never", "nothing; `--wss never`", "no TCP connection", options=("--wss", "never"), check=_without("tcp")),
    Row("steady", "nothing, over UDP", "nothing lost", whole=0, first=0.5, watch=5, twice=0),
    Row(
        "steady-wss", "UDP dropped from the start", "nothing lost over WSS", whole=0, first=0.5, watch=5,
        before=lambda scene: scene.obstruct(DROP), act=Scene.mark, twice=0),
    Row("drop", "UDP dropped", "again in 3 s, switched in 8 s", lambda scene: scene.obstruct(DROP), first=3, whole=3, switched=8),
    Row(
        "reject", "UDP refused by ICMP", "again in 3 s, switched in 8 s",
        lambda scene: scene.obstruct(f"{OUTWARD} meta l4proto udp reject; {INWARD} {DROP}"), first=3, whole=3, switched=8),
    Row(
        "drop-out", "UDP dropped on its way out", "again in 10 s", lambda scene: scene.obstruct(f"{OUTWARD} {DROP}"),
        first=10, whole=10, switched=10, watch=15),
    Row(
        "drop-in", "UDP dropped on its way in", "again in 10 s", lambda scene: scene.obstruct(f"{INWARD} {DROP}"),
        first=10, whole=10, switched=10, watch=15),
    Row(
        "third", "one UDP packet in three lost", "over WSS in 30 s",
        lambda scene: scene.obstruct("meta l4proto udp numgen random mod 3 0 drop;"), whole=30, switched=30, watch=36, is_lossy=True, twice=40),
    Row(
        "rate", "UDP at 1 Mbit/s", "over WSS in 30 s", lambda scene: scene.throttle("1mbit", 10), whole=30, switched=30,
        watch=36, length=1000, is_lossy=True, twice=40),
    Row(
        "mtu", "UDP of more than 1,280 bytes lost, nobody told", "over WSS in 30 s",
        lambda scene: scene.obstruct("meta l4proto udp meta length > 1280 drop;"), whole=30, switched=30, watch=36, length=1350,
        twice=40),
    Row(
        "megabyte", "UDP dropped after 1 MB", "over WSS in 30 s",
        lambda scene: scene.obstruct("meta l4proto udp quota over 1 mbytes drop;"), whole=30, switched=30, watch=36, length=1000),
    Row("idle", "silence for 65 s, of which the router remembers 20", "again in 10 s", _idle, first=10, whole=10, watch=20),
    Row("rebind", "the router gives UDP another port", "again in 2 s", Scene.rebind, first=2, whole=2),
    Row("address", "another interface, the old one down", "again in 2 s", Scene.change_link, first=2, whole=2),
    Row(
        "back", "UDP dropped for 10 s", "over UDP again 45 s later, nothing lost", _back, first=0.5, whole=0, switched=45,
        transport="udp", watch=50),
    Row(
        "flap", f"UDP comes and goes every {FLAP} s, {2 * FLAP * FLAPS // 60} minutes long", "exact books", _flapping, first=0.5,
        whole=0, watch=20, twice=2 * FLAP * FLAPS),
    Row("killed", "the beacon is killed; a standby", "again in 1 s", _killed, first=1, whole=1, beacons=2, options=STANDBY),
    Row("silent", "the beacon falls silent; a standby", "again in 8 s", _frozen, first=8, whole=8, beacons=2, options=STANDBY),
    Row(
        "silent-wss", "UDP dropped from the start, then the beacon falls silent; a standby", "again in 8 s", _frozen, first=8, whole=8,
        beacons=2, options=STANDBY, before=lambda scene: scene.obstruct(DROP), watch=15),
]
