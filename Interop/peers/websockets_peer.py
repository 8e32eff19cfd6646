"""Nodes and a beacon on the Python packages `websockets` and `cryptography`, and on plain UDP sockets.

    python websockets_peer.py node              nodes, as told by lines of JSON on standard input
    python websockets_peer.py beacon CONFIG     a beacon: {"cert": …, "key": …, "nodes": {"<id>": "<base64 key>"}}

Nothing of the product is used: what stands here was written from the wire reference.
"""

import asyncio
import base64
import ipaddress
import json
import pathlib
import secrets
import ssl
import struct
import sys
import time
import urllib.parse

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from websockets.asyncio.client import connect
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.payloads import Tally, payload  # noqa: E402  pylint: disable=wrong-import-position

SUBPROTOCOL = "pilot.v1"
# Whoever speaks it signs what it has dialled, and takes messages of every length.
OWN_SUBPROTOCOL = "pilot.v2"
PATH = "/v1/compat"
DISCOVER, DISCOVER_REPLY, RELAY, RELAY_DELIVER, CHALLENGE, PROOF = 0x01, 0x02, 0x05, 0x06, 0x0B, 0x0C
PATIENCE = 20
# How long a UDP node waits for an answer that must not come.
IN_VAIN = 1


def emit(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


class Identity:
    def __init__(self, path):
        document = json.loads(pathlib.Path(path).read_text())
        seed = base64.b64decode(document["private_key"], validate=True)[:32]
        self.key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self.key.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw
        )

    def sign(self, text):
        return self.key.sign(text.encode())


def dialled(url):
    """The host and port of a URL, as a node signs them."""
    parts = urllib.parse.urlsplit(url)
    return parts.hostname, parts.port or 443


def endpoint(body):
    """The address in a DiscoverReply or PunchCommand."""
    end = 2 + body[1]
    return str(ipaddress.ip_address(body[2:end])), struct.unpack_from(">H", body, end)[0]


class Node:
    """What both kinds of nodes have in common."""

    def __init__(self, node):
        self.node = node
        self.deliver = lambda sender, data: None
        self.reply = None

    async def discover(self):
        """Where the beacon sees this node."""
        self.reply = asyncio.get_running_loop().create_future()
        await self.send(struct.pack(">BI", DISCOVER, self.node))
        return await self.reply

    def received(self, frame):
        if frame[:1] == bytes([DISCOVER_REPLY]) and self.reply and not self.reply.done():
            self.reply.set_result("%s:%d" % endpoint(frame))
        if len(frame) >= 5 and frame[0] == RELAY_DELIVER:
            self.deliver(struct.unpack_from(">I", frame, 1)[0], frame[5:])

    async def relay(self, peer, data):
        await self.send(struct.pack(">BII", RELAY, self.node, peer) + data)

    async def send(self, frame):
        raise NotImplementedError


class WSSNode(Node):
    def __init__(self, node, connection):
        super().__init__(node)
        self.connection = connection
        self.reader = asyncio.create_task(self.read())

    @classmethod
    async def dial(cls, command):
        context = None
        if command["url"].startswith("wss:"):
            context = ssl.create_default_context(cafile=command["ca"])
        options = {"ping_interval": None} if command.get("silent") else {}
        if "source" in command:
            options["local_addr"] = (command["source"], 0)
        # Who has a limit is as deployed nodes are.
        spoken = [SUBPROTOCOL] if "limit" in command else [OWN_SUBPROTOCOL, SUBPROTOCOL]
        connection = await connect(
            command["url"], ssl=context, subprotocols=spoken, max_size=command.get("limit", 65_535),
            additional_headers=command.get("headers"), **options,
        )
        if connection.subprotocol not in (OWN_SUBPROTOCOL, SUBPROTOCOL):
            raise ValueError(f"the beacon chose the subprotocol {connection.subprotocol}")
        challenge = json.loads(await connection.recv())
        if challenge["type"] != "auth_challenge" or len(challenge["nonce"]) != 64:
            raise ValueError(f"no challenge: {challenge}")
        node, identity = command["node"], Identity(command["identity"])
        text, names = f"compat_auth:{node}:{challenge['ts']}:{challenge['nonce']}", {}
        if connection.subprotocol == OWN_SUBPROTOCOL:
            names["beacon"] = command.get("names") or "{}:{}".format(*dialled(command["url"]))
            text = f"compat_auth_v2:{node}:{challenge['ts']}:{challenge['nonce']}:{names['beacon']}"
        reply = {
            "type": "auth_reply",
            "node_id": node,
            "public_key": base64.b64encode(identity.public).decode(),
            "sig": base64.b64encode(identity.sign(text)).decode(),
            **names,
        }
        await connection.send(json.dumps(reply))
        answer = json.loads(await connection.recv())
        if answer["type"] != "auth_ok":
            raise ValueError(f"no auth_ok: {answer}")
        return cls(node, connection)

    async def read(self):
        try:
            async for message in self.connection:
                if isinstance(message, bytes):
                    self.received(message)
        except ConnectionClosed:
            pass

    async def send(self, frame):
        await self.connection.send(frame)

    async def close(self):
        await self.connection.close()
        await self.reader
        return self.connection.close_code


class UDPNode(Node, asyncio.DatagramProtocol):
    def __init__(self, command):
        super().__init__(command["node"])
        self.identity = Identity(command["identity"])
        self.host, self.port = dialled("udp://" + command["names"] if "names" in command else command["url"])
        self.registered = asyncio.get_running_loop().create_future()
        self.proven = False
        self.transport = None

    @classmethod
    async def dial(cls, command):
        url = urllib.parse.urlsplit(command["url"])
        loop = asyncio.get_running_loop()
        _, node = await loop.create_datagram_endpoint(
            lambda: cls(command), remote_addr=(url.hostname, url.port)
        )
        node.transport.get_extra_info("socket").setsockopt(1, 8, 1 << 20)  # SOL_SOCKET, SO_RCVBUF
        node.transport.sendto(struct.pack(">BI", DISCOVER, node.node) + node.identity.public)
        await node.registered
        return node

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        if data[0] == DISCOVER_REPLY:
            # The beacon answers a Discover at once, and may go on sending to where the node was before until it has a
            # proof, which it answers as well.
            if self.proven and not self.registered.done():
                self.registered.set_result(None)
            self.received(data)
        elif data[0] == CHALLENGE and len(data) == 29:
            node, stamp = struct.unpack_from(">IQ", data, 1)
            text = f"discover-proof:{node}:{stamp}:{data[13:29].hex()}:{self.host}:{self.port}"
            name = struct.pack(">HB", self.port, len(self.host)) + self.host.encode()
            self.transport.sendto(bytes([PROOF]) + data[1:29] + self.identity.sign(text) + name)
            self.proven = True
        else:
            self.received(data)

    async def send(self, frame):
        self.transport.sendto(frame)

    async def close(self):
        self.transport.close()


async def exchange(source, peer, target, expected_sender, command):
    """Sends payloads from `source` to the node `peer`, and expects each at `target`. At most a window is under way."""
    count, window = command["frames"], command["window"]
    tally, progress = Tally(count), asyncio.Event()
    strangers = 0

    def take(sender, data):
        nonlocal strangers
        strangers += sender != expected_sender
        tally.take(data)
        progress.set()

    target.deliver = take
    sent = 0
    while tally.received < count:
        while sent < count and sent - tally.received < window:
            await source.relay(peer, payload(sent))
            sent += 1
        progress.clear()
        if tally.received < count and (sent == count or sent - tally.received >= window):
            await asyncio.wait_for(progress.wait(), PATIENCE)
        if tally.different or tally.repeated or strangers:
            raise ValueError(f"{tally.different} different, {tally.repeated} repeated, {strangers} from others")
    emit("done", frames=tally.received, bytes=tally.bytes)


async def refused(kind, command):
    """Authenticates with what is wrong, and tells how the beacon takes it: over UDP it answers no such proof."""
    try:
        await asyncio.wait_for(kind.dial(command), IN_VAIN if kind is UDPNode else PATIENCE)
    except ConnectionClosed as closed:
        emit("refused", code=closed.rcvd.code, reason=closed.rcvd.reason)
    except asyncio.TimeoutError:
        emit("refused", code=0, reason="no answer")
    else:
        raise ValueError("the beacon took it")


async def run_nodes():
    nodes = {}
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        command = json.loads(line)
        name = command.get("name")
        kind = UDPNode if command.get("url", "").startswith("udp:") else WSSNode
        try:
            if command["do"] == "attach":
                nodes[name] = await asyncio.wait_for(kind.dial(command), PATIENCE)
                emit("attached", proven=getattr(nodes[name], "proven", True))
            elif command["do"] == "transfer":
                source, target = nodes[command["from"]], nodes[command["to"]]
                await exchange(source, target.node, target, source.node, command)
            elif command["do"] == "echo":
                source = nodes[command["from"]]
                await exchange(source, command["peer"], source, command["peer"], command)
            elif command["do"] == "refused":
                await refused(kind, command)
            elif command["do"] == "discover":
                emit("reply", address=await asyncio.wait_for(nodes[name].discover(), PATIENCE))
            elif command["do"] == "idle":
                start = time.monotonic()
                await asyncio.wait_for(nodes[name].connection.wait_closed(), command["seconds"])
                emit("cut", seconds=time.monotonic() - start)
            elif command["do"] == "close":
                emit("closed", code=await nodes.pop(name).close())
            else:
                raise ValueError(f"unknown command {command['do']}")
        except Exception as error:  # pylint: disable=broad-except
            emit("error", message=f"{type(error).__name__}: {error}")


class Beacon(asyncio.DatagramProtocol):
    """Relays between nodes that have registered over UDP and nodes that have authenticated over WSS."""

    def __init__(self, keys):
        self.keys = {int(node): base64.b64decode(key, validate=True) for node, key in keys.items()}
        self.udp = None
        self.addresses = {}
        self.outboxes = {}
        self.connections = set()
        self.relayed = 0
        self.authenticated = 0

    def connection_made(self, transport):
        self.udp = transport
        transport.get_extra_info("socket").setsockopt(1, 8, 1 << 20)  # SOL_SOCKET, SO_RCVBUF

    def datagram_received(self, data, addr):
        if len(data) >= 5 and data[0] == DISCOVER:
            self.addresses[struct.unpack_from(">I", data, 1)[0]] = addr
            octets = bytes(int(part) for part in addr[0].split("."))
            self.udp.sendto(bytes([DISCOVER_REPLY, 4]) + octets + struct.pack(">H", addr[1]), addr)
        else:
            self.relay(data)

    def relay(self, frame):
        if len(frame) < 9 or frame[0] != RELAY:
            return
        target = struct.unpack_from(">I", frame, 5)[0]
        delivery = bytes([RELAY_DELIVER]) + frame[1:5] + frame[9:]
        if target in self.outboxes:
            self.outboxes[target].put_nowait(delivery)
        elif target in self.addresses:
            self.udp.sendto(delivery, self.addresses[target])
        else:
            return
        self.relayed += 1

    async def authenticate(self, connection):
        nonce, now = secrets.token_hex(32), int(time.time())
        await connection.send(json.dumps({"type": "auth_challenge", "nonce": nonce, "ts": now}))
        reply = json.loads(await asyncio.wait_for(connection.recv(), 10))
        node = reply["node_id"]
        if reply["type"] != "auth_reply" or base64.b64decode(reply["public_key"], validate=True) != self.keys[node]:
            raise ValueError("not the known key")
        signature = base64.b64decode(reply["sig"], validate=True)
        Ed25519PublicKey.from_public_bytes(self.keys[node]).verify(
            signature, f"compat_auth:{node}:{now}:{nonce}".encode()
        )
        await connection.send(json.dumps({"type": "auth_ok"}))
        self.authenticated += 1
        return node

    async def serve(self, connection):
        if connection.request.path != PATH or connection.subprotocol != SUBPROTOCOL:
            await connection.close(1008, "not a node")
            return
        try:
            node = await self.authenticate(connection)
        except (ValueError, KeyError, InvalidSignature):
            await connection.close(1008, "auth failed")
            return
        outbox = self.outboxes[node] = asyncio.Queue()
        self.connections.add(connection)
        writer = asyncio.create_task(self.write(connection, outbox))
        try:
            async for message in connection:
                if isinstance(message, bytes):
                    self.relay(message)
        except ConnectionClosed:
            pass
        finally:
            writer.cancel()
            self.connections.discard(connection)
            if self.outboxes.get(node) is outbox:
                del self.outboxes[node]

    @staticmethod
    async def write(connection, outbox):
        try:
            while True:
                await connection.send(await outbox.get())
        except ConnectionClosed:
            pass


async def run_beacon(config):
    loop = asyncio.get_running_loop()
    _, beacon = await loop.create_datagram_endpoint(
        lambda: Beacon(config["nodes"]), local_addr=("127.0.0.1", 0)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(config["cert"], config["key"])
    async with serve(
        beacon.serve, "127.0.0.1", 0, ssl=context, subprotocols=[SUBPROTOCOL], max_size=65_535
    ) as server:
        port = server.sockets[0].getsockname()[1]
        emit(
            "ready",
            udp="127.0.0.1:%d" % beacon.udp.get_extra_info("sockname")[1],
            wss=f"wss://localhost:{port}{PATH}",
        )
        while line := await loop.run_in_executor(None, sys.stdin.readline):
            if json.loads(line)["do"] == "drop":
                dropped = list(beacon.connections)
                for connection in dropped:
                    await connection.close(1012, "the beacon restarts")
                emit("dropped", connections=len(dropped))
            else:
                emit("counts", relayed=beacon.relayed, authenticated=beacon.authenticated)


if __name__ == "__main__":
    if sys.argv[1] == "beacon":
        asyncio.run(run_beacon(json.loads(pathlib.Path(sys.argv[2]).read_text())))
    else:
        asyncio.run(run_nodes())
