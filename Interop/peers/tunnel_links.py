"""How a node with sealed sessions reaches its beacon and its peers: a UDP socket, or a connection over WSS."""

import asyncio
import socket
import time

# How many datagrams are read before others get a turn.
BATCH = 64


def wide(sock):
    """A socket whose buffers hold a burst."""
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        sock.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
    return sock


class UDPLink:
    """The socket that a node shares between its beacon and its peers. asyncio's endpoints don't say which address an ICMP
    report is about, so that it is read here, from the socket's error queue (ip(7))."""

    RECVERR = 11

    def __init__(self, node, beacon, bind):
        self.node, self.beacon = node, beacon
        self.socket = wide(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
        self.socket.setsockopt(socket.IPPROTO_IP, self.RECVERR, 1)
        self.socket.setblocking(False)
        self.socket.bind(bind)
        asyncio.get_running_loop().add_reader(self.socket, self.read)

    def read(self):
        for _ in range(BATCH):
            try:
                data, source = self.socket.recvfrom(65_535)
            except BlockingIOError:
                return
            except OSError:
                self.read_errors()
                continue
            if data[:1] == b"P":
                self.node.sessions.receive(data, time.monotonic(), address=source)
            elif data and source == self.beacon:
                self.node.from_beacon(data)

    def read_errors(self):
        while True:
            try:
                _, _, _, target = self.socket.recvmsg(65_535, 512, socket.MSG_ERRQUEUE)
            except OSError:
                return
            self.node.sessions.refused(target, time.monotonic())

    def send(self, frame, to=None):
        try:
            self.socket.sendto(frame, to or self.beacon)
        except BlockingIOError:
            self.node.sessions.counts["dropped: the socket is full"] += 1
        except OSError:
            # Of what was sent before.
            self.read_errors()
            self.node.sessions.counts["dropped: an error"] += 1


class WSSLink:
    """A connection to the beacon: everything goes inside Relay."""

    def __init__(self, node, connection):
        self.connection = connection
        connection.received = node.from_beacon

    def send(self, frame, to=None):
        # Whoever has no UDP sends nothing directly.
        if to is None:
            task = asyncio.ensure_future(self.connection.send(frame))
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
