"""A node that holds sealed sessions, over UDP or WSS, on the Python packages `cryptography` and `websockets`.

    python tunnel_peer.py CONFIG    {"node": …, "identity": …, "beacon": URL, "ca": …, "bind": "IP:PORT",
                                     "peers": {"<id>": {"key": "<base64>", "address": "IP:PORT", "relay_only": false}}}

Driven by lines of JSON on standard input, until it ends. As a deployed node it proves nothing to the beacon over UDP, takes
messages of it from that exact address and port only, and answers a PunchCommand with three punches. Its service at port 7 sends
back what it gets; other ports are those that it is told to serve. Written from the wire reference; nothing of the product
is used.
"""

import asyncio
import base64
import json
import pathlib
import secrets
import struct
import sys
import time
import urllib.parse

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from tunnel_forwarding import FIRST_PORT, LONGEST, Door, Service
from tunnel_links import UDPLink, WSSLink
from tunnel_sessions import Peer, Sessions
from tunnel_wire import DATAGRAM, EXCHANGE, PLAIN, PUNCH, SEALED, SIGNED_EXCHANGE
from websockets_peer import (
    DISCOVER, DISCOVER_REPLY, RELAY, RELAY_DELIVER, Identity, Tally, WSSNode, emit, endpoint, payload,
)

PUNCH_REQUEST, PUNCH_COMMAND = 0x03, 0x04
ECHO = 7
# What a flood is made of: the last is no frame at all.
FORGED = (SEALED, SIGNED_EXCHANGE, SEALED, EXCHANGE, PLAIN, SEALED, b"PILX")
# Seconds: between two Discovers, between two ticks, and for what has to come.
ANNOUNCE, TICK, PATIENCE = 60, 0.1, 30


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


class Node:
    def __init__(self, config):
        self.config, self.link, self.observed = config, None, None
        self.number = config["node"]
        self.ports = {ECHO: self.echo}
        self.flows = []
        random = secrets.token_bytes
        self.sessions = Sessions(
            self.number, Identity(config["identity"]).key, X25519PrivateKey.generate(), random,
            (self.relay, self.direct, emit, self.deliver),
        )
        for number, peer in config["peers"].items():
            self.know({"peer": int(number), **peer})
        self.tally, self.progress = None, asyncio.Event()

    def know(self, command):
        where = address(command["address"]) if command.get("address") else None
        key = base64.b64decode(command["key"], validate=True)
        self.sessions.peers[command["peer"]] = Peer(key, where, command.get("relay_only", False))

    async def run(self):
        beacon = urllib.parse.urlsplit(self.config["beacon"])
        loop = asyncio.get_running_loop()
        if beacon.scheme == "udp":
            self.link = UDPLink(self, (beacon.hostname, beacon.port), address(self.config["bind"]))
        else:
            command = {**self.config, "url": self.config["beacon"]}
            self.link = WSSLink(self, await asyncio.wait_for(WSSNode.dial(command), PATIENCE))
        tasks = [asyncio.create_task(self.announce()), asyncio.create_task(self.ticking())]
        emit("ready", exchange=self.sessions.exchange.hex())
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            command = json.loads(line)
            try:
                await getattr(self, f"do_{command['do']}")(command)
            except Exception as error:  # pylint: disable=broad-except
                emit("error", message=f"{type(error).__name__}: {error}")
        for task in tasks:
            task.cancel()

    async def announce(self):
        while True:
            self.link.send(struct.pack(">BI", DISCOVER, self.number))
            await asyncio.sleep(ANNOUNCE)

    async def ticking(self):
        while True:
            self.sessions.tick(time.monotonic())
            await asyncio.sleep(TICK)

    def from_beacon(self, data):
        if data[0] == RELAY_DELIVER and len(data) > 5:
            sender = struct.unpack_from(">I", data, 1)[0]
            self.sessions.receive(data[5:], time.monotonic(), relayed_for=sender)
        elif data[0] == DISCOVER_REPLY:
            self.observed = "%s:%d" % endpoint(data)
            emit("address", address=self.observed)
        elif data[0] == PUNCH_COMMAND:
            for _ in range(3):
                self.link.send(PUNCH, endpoint(data))

    def relay(self, peer, frame):
        self.link.send(struct.pack(">BII", RELAY, self.number, peer) + frame)

    def direct(self, where, frame):
        self.link.send(frame, where)

    def datagram(self, peer, port, source, data):
        self.sessions.datagram(peer, port, source, data, time.monotonic())

    def deliver(self, peer, packet):
        service = self.ports.get(packet.target_port)
        if packet.protocol == DATAGRAM and service:
            service(peer, packet)
        else:
            self.sessions.counts["dropped: no service"] += 1

    def echo(self, peer, packet):
        self.datagram(peer, packet.source_port, packet.target_port, packet.payload)

    # Commands.

    async def do_know(self, command):
        self.know(command)

    async def do_punch(self, command):
        """Asks the beacon to make both sides punch."""
        self.link.send(struct.pack(">BII", PUNCH_REQUEST, self.number, command["peer"]))

    async def do_connect(self, command):
        self.sessions.connect(command["peer"], time.monotonic())

    async def do_ping(self, command):
        """A path probe; its echo is an event."""
        self.sessions.probe(command["peer"], bytes.fromhex(command["payload"]), time.monotonic())

    async def do_raw(self, command):
        """A frame of any kind: to an address, or by the relay."""
        for _ in range(command.get("times", 1)):
            if "to" in command:
                self.link.send(bytes.fromhex(command["frame"]), address(command["to"]))
            else:
                self.relay(command["relay"], bytes.fromhex(command["frame"]))

    async def do_flood(self, command):
        """Frames in another node's name that nobody has made, so many a second: to an address, or by the relay."""
        name = struct.pack(">I", command["name"])
        for number in range(command["times"]):
            kind = FORGED[number % len(FORGED)]
            # An exchange has the right key in it, and the wrong signature.
            length = 128 if kind == SIGNED_EXCHANGE else 36 if kind == EXCHANGE else 60
            body = bytearray(secrets.token_bytes(length))
            if kind == SIGNED_EXCHANGE:
                body[32:64] = base64.b64decode(command["key"])
            frame = kind + name + body
            if "to" in command:
                self.link.send(frame, address(command["to"]))
            else:
                self.relay(command["relay"], frame)
            if number % 20 == 19:
                await asyncio.sleep(20 / command["rate"])
        emit("flooded", frames=command["times"])

    async def do_keepalive(self, command):
        """Sends a keepalive at once. From then on they name this node inside, as newer versions do, or node 0."""
        self.sessions.keepalive_source = self.number if command["names"] else 0
        self.sessions.keepalive(command["peer"], time.monotonic())

    async def do_exchange(self, command):
        """Sends datagrams that have to come back, at most a window under way."""
        peer, port, count, source = command["peer"], command["port"], command["frames"], command.get("from", FIRST_PORT)
        self.tally, sent = Tally(count, LONGEST), 0
        self.ports[source] = self.tallied
        while self.tally.received < count:
            while sent < count and sent - self.tally.received < command["window"]:
                self.datagram(peer, port, source, payload(sent, LONGEST))
                sent += 1
            self.progress.clear()
            await asyncio.wait_for(self.progress.wait(), command.get("seconds", PATIENCE))
            if self.tally.different or self.tally.repeated:
                raise ValueError(f"{self.tally.different} different, {self.tally.repeated} repeated")
        del self.ports[source]
        emit("done", frames=self.tally.received, bytes=self.tally.bytes)

    def tallied(self, _, packet):
        self.tally.take(packet.payload)
        self.progress.set()

    async def do_serve(self, command):
        """Hands what comes to a port on to a socket, each flow by one of its own, and answers back."""
        self.ports[command["port"]] = Service(self, command["port"], address(command["to"])).take

    async def do_forward(self, command):
        """Takes datagrams at a local socket, and sends them to a port of a peer, from a source port for each client."""
        loop = asyncio.get_running_loop()
        _, door = await loop.create_datagram_endpoint(
            lambda: Door(self, command["peer"], command["port"]), local_addr=address(command["local"])
        )
        self.flows.append(door)
        emit("forward", local="%s:%d" % door.transport.get_extra_info("sockname")[:2])

    async def do_counts(self, _):
        peers = self.sessions.peers.items()
        paths = {number: "relay" if peer.is_relayed else "direct" for number, peer in peers}
        ways = {number: {"direct": peer.direct, "relay": peer.relayed} for number, peer in peers}
        emit("counts", counts=dict(self.sessions.counts), paths=paths, came=ways)


asyncio.run(Node(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))).run())
