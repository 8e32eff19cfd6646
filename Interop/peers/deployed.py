"""A node and a beacon with the habits of deployed ones that a daemon doesn't show from outside.

    python deployed.py udp CONFIG       a node on UDP: {"node": …, "beacon": "IP:PORT", "port": …}
    python deployed.py wss CONFIG       a node on WebSocket: {"node": …, "url": …, "identity": …, "limit": …}
    python deployed.py beacon CONFIG    a beacon: {"cert": …, "key": …, "nodes": {…}, "silence": SECONDS}
    python deployed.py neighbour CONFIG a beacon as another one sees it: {"beacon": ID}

Driven by lines of JSON on standard input, until it ends. What they do: the UDP node proves nothing, takes messages of its
beacon from that exact address and port only, and answers a PunchCommand with three punches to the address it names. The WSS
node ends its connection at a message that is too long for it. The beacon cuts who has sent no data for a while; pings and
pongs don't count. The neighbour tells the beacon that it is pointed to of nodes, passes frames on to it as they are, and says what it
gets.
"""

import asyncio
import json
import pathlib
import ssl
import struct
import sys
import time

from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed
from websockets_peer import PATH, SUBPROTOCOL, Beacon, WSSNode, emit, endpoint

DISCOVER, DISCOVER_REPLY, PUNCH_REQUEST, PUNCH_COMMAND, RELAY, RELAY_DELIVER, SYNC = 1, 2, 3, 4, 5, 6, 7
PUNCH = b"PILP"


class UDPNode(asyncio.DatagramProtocol):
    def __init__(self, config):
        host, port = config["beacon"].rsplit(":", 1)
        self.node = config["node"]
        self.beacon = (host, int(port))
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        if data[:4] == PUNCH:
            emit("punch", source="%s:%d" % addr)
        elif addr[:2] != self.beacon:
            emit("stray", source="%s:%d" % addr, type=data[0])
        elif data[0] == DISCOVER_REPLY:
            emit("reply", address="%s:%d" % endpoint(data))
        elif data[0] == PUNCH_COMMAND:
            target = endpoint(data)
            for _ in range(3):
                self.transport.sendto(PUNCH, target)
            emit("command", address="%s:%d" % target)
        elif data[0] == RELAY_DELIVER:
            emit("deliver", sender=struct.unpack_from(">I", data, 1)[0], payload=data[5:].hex())

    def error_received(self, exc):
        # An ICMP report: deployed nodes go on.
        pass

    def do(self, command):
        if command["do"] == "discover":
            frame = struct.pack(">BI", DISCOVER, self.node)
        elif command["do"] == "punch":
            frame = struct.pack(">BII", PUNCH_REQUEST, self.node, command["peer"])
        elif command["do"] == "sync":
            nodes = command["nodes"]
            frame = struct.pack(">BIH", SYNC, self.node, len(nodes)) + struct.pack(f">{len(nodes)}I", *nodes)
        else:
            frame = struct.pack(">BII", RELAY, self.node, command["peer"]) + bytes.fromhex(command["payload"])
        self.transport.sendto(frame, self.beacon)


class Neighbour(asyncio.DatagramProtocol):
    """What another beacon sees of one."""

    def __init__(self, config):
        self.number = config["beacon"]
        self.transport = None
        self.other = None

    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, addr):
        if data[0] == SYNC:
            count = struct.unpack_from(">H", data, 5)[0]
            emit("sync", nodes=list(struct.unpack_from(f">{count}I", data, 7)))
        elif data[0] == RELAY:
            sender, destination = struct.unpack_from(">II", data, 1)
            emit("relay", sender=sender, destination=destination, payload=data[9:].hex())

    def do(self, command):
        if command["do"] == "point":
            host, port = command["to"].rsplit(":", 1)
            self.other = (host, int(port))
            return
        if command["do"] == "sync":
            nodes = command["nodes"]
            frame = struct.pack(">BIH", SYNC, self.number, len(nodes)) + struct.pack(f">{len(nodes)}I", *nodes)
        else:
            frame = struct.pack(">BII", RELAY, command["sender"], command["destination"])
            frame += bytes.fromhex(command["payload"])
        self.transport.sendto(frame, self.other)


async def run_neighbour(config):
    loop = asyncio.get_running_loop()
    transport, neighbour = await loop.create_datagram_endpoint(lambda: Neighbour(config), local_addr=("127.0.0.1", 0))
    emit("ready", udp="%s:%d" % transport.get_extra_info("sockname"))
    await lines(neighbour.do)


async def lines(do):
    """Does what each line says, until the input ends."""
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        do(json.loads(line))


async def run_udp(config):
    loop = asyncio.get_running_loop()
    _, node = await loop.create_datagram_endpoint(lambda: UDPNode(config), local_addr=("0.0.0.0", config["port"]))
    emit("ready")
    await lines(node.do)


async def run_wss(config):
    node = await WSSNode.dial({"silent": False, **config})
    node.deliver = lambda sender, data: emit("deliver", sender=sender, bytes=len(data))
    emit("attached")
    start = time.monotonic()

    async def watch():
        await node.connection.wait_closed()
        emit("cut", code=node.connection.close_code, seconds=time.monotonic() - start)

    watcher = asyncio.create_task(watch())
    await lines(lambda _: None)
    watcher.cancel()


class DataBeacon(Beacon):
    """Counts data messages only."""

    def __init__(self, config):
        super().__init__(config["nodes"])
        self.silence = config["silence"]

    async def serve(self, connection):
        node = await self.authenticate(connection)
        outbox = self.outboxes[node] = asyncio.Queue()
        writer = asyncio.create_task(self.write(connection, outbox))
        try:
            while True:
                message = await asyncio.wait_for(connection.recv(), self.silence)
                if not message:
                    emit("empty", node=node)
                elif isinstance(message, bytes):
                    self.relay(message)
        except asyncio.TimeoutError:
            await connection.close(1001, "no data")
            emit("silent", node=node)
        except ConnectionClosed:
            pass
        finally:
            writer.cancel()


async def run_beacon(config):
    loop = asyncio.get_running_loop()
    beacon = DataBeacon(config)
    await loop.create_datagram_endpoint(lambda: beacon, local_addr=("127.0.0.1", 0))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(config["cert"], config["key"])
    async with serve(
        beacon.serve, "127.0.0.1", 0, ssl=context, subprotocols=[SUBPROTOCOL], max_size=65_535
    ) as server:
        emit("ready", wss=f"wss://localhost:{server.sockets[0].getsockname()[1]}{PATH}")
        await lines(lambda _: None)


RUNS = {"udp": run_udp, "wss": run_wss, "beacon": run_beacon, "neighbour": run_neighbour}
asyncio.run(RUNS[sys.argv[1]](json.loads(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8"))))
