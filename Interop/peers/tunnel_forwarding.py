"""UDP forwarded between sockets and the ports of nodes: what `pilot forward` does, by a foreign node."""

import asyncio

from tunnel_links import wide

# The longest payload, and the first source port of a flow.
LONGEST, FIRST_PORT = 1_153, 49_152


class Door(asyncio.DatagramProtocol):
    """The local end of a forwarding: clients, each with a source port."""

    def __init__(self, node, peer, port):
        self.node, self.peer, self.port, self.transport = node, peer, port, None
        self.clients = {}

    def connection_made(self, transport):
        self.transport = transport
        wide(transport.get_extra_info("socket"))

    def datagram_received(self, data, addr):
        source = self.clients.get(addr)
        if source is None:
            source = self.clients[addr] = FIRST_PORT + len(self.clients)
            self.node.ports[source] = lambda _, packet: self.transport.sendto(packet.payload, addr)
        if len(data) <= LONGEST:
            self.node.datagram(self.peer, self.port, source, data)
        else:
            self.node.sessions.counts["dropped: too long"] += 1


class Service:
    """The far end of a forwarding."""

    def __init__(self, node, port, target):
        self.node, self.port, self.target = node, port, target
        self.flows = {}

    def take(self, peer, packet):
        flow = self.flows.get((peer, packet.source_port))
        if flow is None:
            flow = self.flows[peer, packet.source_port] = Flow(self, peer, packet.source_port)
        flow.send(packet.payload)


class Flow(asyncio.DatagramProtocol):
    """One peer's source port at a service."""

    def __init__(self, service, peer, source_port):
        self.service, self.peer, self.source_port, self.transport = service, peer, source_port, None
        self.waiting = []
        loop = asyncio.get_running_loop()
        self.task = loop.create_task(loop.create_datagram_endpoint(lambda: self, remote_addr=service.target))

    def connection_made(self, transport):
        self.transport = transport
        for data in self.waiting:
            transport.sendto(data)

    def send(self, data):
        if self.transport:
            self.transport.sendto(data)
        else:
            self.waiting.append(data)

    def datagram_received(self, data, addr):
        self.service.node.datagram(self.peer, self.source_port, self.service.port, data)
