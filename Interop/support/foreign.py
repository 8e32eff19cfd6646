"""Nodes and a beacon on somebody else's WebSocket, against ours: the same for every program in Interop/peers."""

import json
import threading

from support.certificates import Authority
from support.pilot import Beacon, Bench, Node, echo, transfer
from support.report import require

CELLS = [("udp", "udp"), ("udp", "wss"), ("wss", "udp"), ("wss", "wss")]
WINDOW = 32
# Frames per cell: between two of their nodes; from one of theirs to one of ours and back; between two of ours.
BOTH_THEIRS, THERE_AND_BACK, BOTH_OURS = 25_000, 2_500, 5_000


class Peer:
    """A program of Interop/peers that runs nodes as it is told."""

    def __init__(self, bench, command, env):
        self.program = bench.start([*command, "node"], "peer", env)

    def do(self, what, expected, **values):
        self.program.tell({"do": what, **values})
        return self.program.event(expected, seconds=120)


def check(report, command, env=None):
    """Writes all rows of one software. `command` runs the program of Interop/peers, short of its mode."""
    with Bench() as bench:
        _their_nodes(report, bench, command, env)
    with Bench() as bench:
        _their_beacon(report, bench, command, env)


def _their_nodes(report, bench, command, env):
    theirs = {"udp": (11, 12), "wss": (13, 14)}
    # A new one for each row: a UDP node that comes back on another port gets what is sent to it only after its proof.
    ours = (21, 22, 23, 24)
    stranger = 31
    authority = Authority(bench.folder)
    nodes = bench.nodes(11, 12, 13, 14, *ours)
    beacon = Beacon(bench, nodes, authority.issue("beacon", 1))
    urls = {"udp": f"udp://{beacon.udp}", "wss": beacon.url}
    peer = Peer(bench, command, env)

    def attach(name, transport, node):
        return peer.do(
            "attach", "attached", name=name, url=urls[transport], node=node, identity=str(bench.identity(node)),
            ca=str(authority.certificate),
        )

    with report.row("its node authenticates with our beacon; one with a wrong key is refused; it closes") as details:
        refusal = peer.do(
            "refused", "refused", name="x", url=beacon.url, node=13, identity=str(bench.identity(stranger)),
            ca=str(authority.certificate),
        )
        require(refusal["code"] == 1008 and refusal["reason"] == "auth failed", f"refused with {refusal}")
        attach("x", "wss", 13)
        code = peer.do("close", "closed", name="x")["code"]
        require(code == 1000, f"closed with {code}")
        require(attach("y", "udp", 11)["proven"], "the UDP node was not asked for a proof")
        peer.do("close", "closed", name="y")
        details.append("1008 `auth failed`; 1000")

    with report.row("its node signs that it has dialled another beacon: refused, by UDP and by WSS (pilot.v2)") as details:
        for transport, node in (("udp", 12), ("wss", 14)):
            refusal = peer.do(
                "refused", "refused", name="x", url=urls[transport], node=node, identity=str(bench.identity(node)),
                ca=str(authority.certificate), names="beacon.example:9001",
            )
            require(refusal["code"] == (1008 if transport == "wss" else 0), f"refused with {refusal}")
        for name in (
            'pilot_beacon_proofs_total{result="wrong_beacon"}',
            'pilot_beacon_refusals_total{reason="wrong_beacon"}',
        ):
            require(beacon.metric(name) == 1, f"{name} is {beacon.metric(name)}")
        require("beacon.example" in beacon.log(), "the beacon's log doesn't say what was asked for")
        details.append("1008 over WSS, no answer over UDP; the log names the beacon, the metrics count both")

    for source, target in CELLS:
        with report.row(f"two of its nodes, our beacon: {source} → {target}, {BOTH_THEIRS:,} frames") as details:
            attach("a", source, theirs[source][0])
            attach("b", target, theirs[target][1])
            done = peer.do("transfer", "done", **{"from": "a", "to": "b"}, frames=BOTH_THEIRS, window=WINDOW)
            for name in "ab":
                peer.do("close", "closed", name=name)
            details.append(_sum(done["bytes"]))

    for number, (source, target) in zip(ours, CELLS):
        what = f"its node, our beacon, our node: {source} ⇄ {target}, {THERE_AND_BACK:,} frames there and back"
        with report.row(what) as details:
            node = Node(bench, number, urls[target], authority.certificate)
            attach("a", source, theirs[source][0])
            answering = _Echo(node, theirs[source][0], THERE_AND_BACK)
            done = peer.do("echo", "done", **{"from": "a"}, peer=number, frames=THERE_AND_BACK, window=WINDOW)
            answering.join()
            peer.do("close", "closed", name="a")
            node.program.stop()
            details.append(_sum(done["bytes"]))


class _Echo(threading.Thread):
    """Our node's side of a there-and-back."""

    def __init__(self, node, peer, count):
        super().__init__(daemon=True)
        self.arguments = (node, peer, count)
        self.error = None
        self.start()

    def run(self):
        try:
            echo(*self.arguments)
        except Exception as error:  # pylint: disable=broad-except
            self.error = error

    def join(self, timeout=30):
        super().join(timeout)
        if self.error:
            raise self.error
        require(not self.is_alive(), "our node did not answer every frame")


def _their_beacon(report, bench, command, env):
    sources, targets = {"udp": 41, "wss": 42}, {"udp": 51, "wss": 52}
    authority = Authority(bench.folder)
    certificate, key = authority.issue("beacon", 1)
    bench.nodes(*sources.values(), *targets.values())
    config = bench.folder / "beacon.json"
    config.write_text(json.dumps({"cert": str(certificate), "key": str(key), "nodes": bench.keys}))
    beacon = bench.start([*command, "beacon", config], "their-beacon", env)
    ready = beacon.event("ready")
    urls = {"udp": f"udp://{ready['udp']}", "wss": ready["wss"]}

    for source, target in CELLS:
        with report.row(f"two of our nodes, its beacon: {source} → {target}, {BOTH_OURS:,} frames") as details:
            sender = Node(bench, sources[source], urls[source], authority.certificate)
            receiver = Node(bench, targets[target], urls[target], authority.certificate)
            tally = transfer(sender, receiver, BOTH_OURS, WINDOW)
            sender.program.stop()
            receiver.program.stop()
            details.append(_sum(tally.bytes))

    with report.row("its beacon closes with 1012: our nodes come back, 500 frames") as details:
        sender = Node(bench, sources["wss"], urls["wss"], authority.certificate)
        receiver = Node(bench, targets["wss"], urls["wss"], authority.certificate)
        transfer(sender, receiver, 500, WINDOW)
        beacon.tell({"do": "drop"})
        require(beacon.event("dropped")["connections"] == 2, "the beacon had other connections")
        for node in (sender, receiver):
            reason = node.program.event("reconnecting")["reason"]
            require('(1012: "the beacon restarts")' in reason, f"the node says: {reason}")
            node.program.event("reconnected")
        transfer(sender, receiver, 500, WINDOW)
        beacon.tell({"do": "counts"})
        # Two single ones, and two for each of wss → wss and this row, twice.
        count = beacon.event("counts")["authenticated"]
        require(count == 8, f"{count} authentications")
        details.append("the reason they give names the code and the beacon's text")


def _sum(octets):
    return f"{octets / 1e6:.1f} MB, every byte compared"
