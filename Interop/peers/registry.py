"""A stand-in for the deployed registry, as far as its daemons and our beacon ask it.

    python registry.py CONFIG     {"plain": "HOST:PORT", "tls": "HOST:PORT", "cert": …, "key": …, "nodes": {"<id>": "<key>"}};
                                  "tls" and "nodes", which are known from the start, may be left out

Written from the wire reference and from what daemons say to it. It keeps everything in memory, verifies every signature, and
refuses what is not signed by the key that a node has registered with. Lines of JSON on standard input: {"do": "requests"} is
answered with how many of each type were served and refused, {"do": "nodes"} with the nodes.
"""

import asyncio
import base64
import json
import pathlib
import ssl
import struct
import sys
import time

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LONGEST = 1 << 20
FIRST_NODE = 0x10001
BEACON_SECONDS = 60


def emit(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


class Refused(Exception):
    """What a request is answered with instead."""


class Node:
    def __init__(self, number, key):
        self.number = number
        self.key = key
        self.created = time.time()
        self.endpoint = None
        self.relay_only = False
        self.version = ""
        self.more = {}
        self.requests = []
        self.responses = []
        self.heard = []

    @property
    def address(self):
        return f"0:0000.{self.number >> 16:04X}.{self.number & 0xFFFF:04X}"

    def verify(self, text, signature):
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(self.key, validate=True)).verify(
                base64.b64decode(signature, validate=True), text.encode()
            )
        except (ValueError, InvalidSignature):
            raise Refused("invalid signature") from None


class Registry:
    """What is known, and one method for each type of request: it gets the request and the source's address."""

    def __init__(self):
        self.nodes = {}
        self.trust = set()
        self.beacons = {}

    def node(self, number):
        if number not in self.nodes:
            raise Refused(f"node {number}: node not found")
        return self.nodes[number]

    def signed(self, request, text, field="node_id"):
        """The node that a request is from, once its signature has been verified."""
        node = self.node(request[field])
        node.verify(text, request["signature"])
        return node

    def register(self, request, source):
        key = request["public_key"]
        node = next((node for node in self.nodes.values() if node.key == key), None)
        node = node or Node(FIRST_NODE + len(self.nodes), key)
        node.verify(f"register:{request['listen_addr']}:{key}", request["signature"])
        # The beacon's answer to Discover supplies the port; the connection's source is what is believed of the rest.
        port = int(request["listen_addr"].rsplit(":", 1)[1])
        node.endpoint = f"{source}:{port}"
        node.relay_only = bool(request.get("relay_only"))
        node.version = request.get("version", "")
        self.nodes[node.number] = node
        emit("registered", node=node.number, listen=request["listen_addr"], endpoint=node.endpoint, relay=node.relay_only)
        return {
            "node_id": node.number, "address": node.address, "network_id": 0, "public_key": key,
            "observed_addr": node.endpoint, "protocol_version": 1,
        }

    def lookup(self, request, _):
        node = self.node(request["node_id"])
        return {
            "node_id": node.number, "address": node.address, "public_key": node.key, "networks": [], "polo_score": 0,
            "public": False, "version": node.version, **node.more,
        }

    def resolve(self, request, _):
        requester, target = request["requester_id"], request["node_id"]
        self.signed(request, f"resolve:{requester}:{target}", "requester_id")
        node = self.node(target)
        if frozenset((requester, target)) not in self.trust:
            raise Refused("request failed")
        answer = {
            "node_id": target, "public_key": node.key, "real_addr": node.endpoint,
            "key_age_days": int((time.time() - node.created) / 86_400),
        }
        return {**answer, "relay_only": True} if node.relay_only else answer

    def request_handshake(self, request, _):
        source, target = request["from_node_id"], request["to_node_id"]
        node = self.signed(request, f"handshake:{source}:{target}", "from_node_id")
        self.node(target).requests.append({
            "from_node_id": source, "public_key": node.key, "justification": request.get("justification", ""),
            "timestamp": int(time.time()),
        })
        return {"status": "delivered"}

    def poll_handshakes(self, request, _):
        node = self.signed(request, f"poll_handshakes:{request['node_id']}")
        answer = {"requests": node.requests, "responses": node.responses}
        node.requests, node.responses = [], []
        return answer

    def respond_handshake(self, request, _):
        number, peer = request["node_id"], request["peer_id"]
        self.signed(request, f"respond:{number}:{peer}")
        accept = bool(request["accept"])
        if accept:
            self.trust.add(frozenset((number, peer)))
        self.node(peer).responses.append({"from_node_id": number, "accept": accept, "timestamp": int(time.time())})
        return {"peer_id": peer, "accept": accept}

    def heartbeat(self, request, _):
        self.signed(request, f"heartbeat:{request['node_id']}")
        return {"time": int(time.time())}

    def _set(self, kind, field, request):
        node = self.signed(request, f"{kind}:{request['node_id']}")
        node.more[field] = request.get(field)
        return {"node_id": node.number, field: request.get(field)}

    def set_hostname(self, request, _):
        return self._set("set_hostname", "hostname", request)

    def set_visibility(self, request, _):
        return self._set("set_visibility", "public", request)

    def set_tags(self, request, _):
        return self._set("set_tags", "tags", request)

    def list_networks(self, *_):
        return {"networks": []}

    def beacon_register(self, request, _):
        if not request["beacon_id"]:
            raise Refused("beacon_id is 0")
        self.beacons[request["beacon_id"]] = (request["addr"], time.monotonic() + BEACON_SECONDS)
        return {"beacon_id": request["beacon_id"]}

    def beacon_list(self, *_):
        now = time.monotonic()
        alive = {number: address for number, (address, end) in self.beacons.items() if end > now}
        return {"beacons": [{"id": number, "addr": address} for number, address in alive.items()]}


REQUESTS = (
    "register", "lookup", "resolve", "request_handshake", "poll_handshakes", "respond_handshake", "heartbeat",
    "set_hostname", "set_visibility", "set_tags", "list_networks", "beacon_register", "beacon_list",
)


class Server:
    def __init__(self):
        self.registry = Registry()
        self.served, self.refused = {}, {}

    def answer(self, request, source):
        kind = request.get("type")
        try:
            if kind not in REQUESTS:
                raise Refused(f"unknown message type: {kind}")
            result = {"type": f"{kind}_ok", **getattr(self.registry, kind)(request, source)}
        except (Refused, KeyError, ValueError, TypeError) as error:
            text = str(error) if isinstance(error, Refused) else "request failed"
            self.refused[f"{kind}: {text}"] = self.refused.get(f"{kind}: {text}", 0) + 1
            return {"type": "error", "error": text}
        self.served[kind] = self.served.get(kind, 0) + 1
        return result

    async def serve(self, reader, writer):
        source = writer.get_extra_info("peername")[0]
        try:
            while True:
                length = struct.unpack(">I", await reader.readexactly(4))[0]
                if length > LONGEST:
                    break
                request = json.loads(await reader.readexactly(length))
                answer = json.dumps(self.answer(request, source)).encode()
                writer.write(struct.pack(">I", len(answer)) + answer)
                await writer.drain()
        except (OSError, EOFError, ValueError, ssl.SSLError):
            pass
        finally:
            writer.close()


async def listen(server, address, context=None):
    host, port = address.rsplit(":", 1)
    listener = await asyncio.start_server(server.serve, host, int(port), ssl=context)
    return "%s:%d" % listener.sockets[0].getsockname()[:2]


async def main(config):
    server = Server()
    for number, key in config.get("nodes", {}).items():
        server.registry.nodes[int(number)] = Node(int(number), key)
    ready = {"plain": await listen(server, config["plain"])}
    if "tls" in config:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(config["cert"], config["key"])
        ready["tls"] = await listen(server, config["tls"], context)
    emit("ready", **ready)
    loop = asyncio.get_running_loop()
    while line := await loop.run_in_executor(None, sys.stdin.readline):
        if json.loads(line)["do"] == "requests":
            emit("requests", served=server.served, refused=server.refused)
        else:
            emit("nodes", nodes={node.number: node.endpoint for node in server.registry.nodes.values()})


asyncio.run(main(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8"))))
