"""Sealed sessions with the habits of deployed nodes: section 4 of the wire reference, without socket or clock.

What a node decides, and when, stands here: how keys are exchanged, when it goes by the relay, what it takes for life.
"""

import collections
import struct

from tunnel_wire import (
    ACK, CONTROL, DATAGRAM, EXCHANGE, PLAIN, PUNCH, SEALED, SIGNED_EXCHANGE, Malformed, Packet, Session, opened_exchange,
    signed_exchange,
)

# Seconds, and how often: an exchange without an answer is repeated; one with a known key is answered, and after what silence.
REPEAT, REPEATS, ANSWER, QUIET = 4, 5, 1, 6
# Exchanges a second from one source; frames that wait for a session.
EXCHANGES, WAITING = 5, 64
# Without an answer for so long to so many frames, or after so many ICMP errors, the path is the relay's; and direct again
# after so many frames that came directly.
SILENCE, UNANSWERED, ERRORS, DIRECT = 8, 3, 3, 3
KEEPALIVE = 25
# A silent path is probed, and given up.
DEAD, PROBES, PROBE_EVERY, COOL = 55, 3, 10, 120
PROBE = b"pathprobe.v1"


class Peer:
    """What is known about another node."""

    def __init__(self, key, address, relay_only):
        self.key = key
        self.address = address
        # Relay-only ones are never tried directly, and neither are those whose keys came by the relay with no address known.
        self.is_pinned = relay_only
        self.by_relay = False
        self.session = None
        self.waiting = collections.deque()
        self.repeats, self.next_repeat = 0, None
        self.opened = self.answered = self.sent = float("-inf")
        self.unanswered, self.unanswered_since = 0, None
        self.errors = self.direct = self.relayed = 0
        self.probes, self.next_probe = 0, None

    @property
    def is_relayed(self):
        return self.by_relay or self.is_pinned or self.address is None


class Sessions:
    """All sessions of one node. `relay(peer, frame)` and `direct(address, frame)` send; `tell(event, …)` says what happens;
    `deliver(peer, packet)` gets what is for a port."""

    def __init__(self, node, identity, agreement, random, send):
        self.node, self.identity, self.agreement, self.random = node, identity, agreement, random
        self.relay, self.direct, self.tell, self.deliver = send
        self.peers = {}
        self.counts = collections.Counter()
        self.budgets = {}
        self.keepalive_source = 0
        self.exchange = signed_exchange(node, identity, agreement)

    # What is sent.

    def connect(self, number, now):
        """Asks for a session, directly and by the relay, unless that is under way."""
        peer = self.peers[number]
        if peer.next_repeat is None:
            peer.repeats, peer.next_repeat = 0, now + REPEAT
            self._ask(number, peer)

    def _ask(self, number, peer, source=None):
        self.counts["exchanges sent"] += 1
        self.relay(number, self.exchange)
        address = source or peer.address
        if address and not peer.is_pinned:
            self.direct(address, self.exchange)

    def send(self, number, packet, now):
        """Seals a packet, or keeps it until there is a session."""
        peer = self.peers[number]
        if peer.session is None:
            if len(peer.waiting) < WAITING:
                peer.waiting.append(packet)
            else:
                self.counts["dropped: waiting"] += 1
            self.connect(number, now)
            return
        frame = peer.session.seal(self.node, packet.encoded())
        peer.sent = now
        self.counts["sent"] += 1
        if peer.is_relayed:
            self.relay(number, frame)
            return
        peer.unanswered += 1
        if peer.unanswered_since is None:
            peer.unanswered_since = now
        self.direct(peer.address, frame)
        self._consider(number, peer, now)

    def datagram(self, number, port, source_port, payload, now):
        self.send(number, Packet(DATAGRAM, (self.node, source_port), (number, port), payload), now)

    def probe(self, number, payload, now):
        self.send(number, Packet(CONTROL, (self.node, 0), (number, 0), payload), now)

    def keepalive(self, number, now):
        self.send(number, Packet(CONTROL, (self.keepalive_source, 0), (number, 0)), now)

    def _consider(self, number, peer, now):
        """Leaves a direct path that nothing comes back on."""
        silent = peer.unanswered >= UNANSWERED and now - peer.unanswered_since >= SILENCE
        if not peer.is_relayed and (silent or peer.errors >= ERRORS):
            peer.by_relay, peer.direct = True, 0
            self.tell("path", peer=number, path="relay", reason="silence" if silent else "icmp")

    def refused(self, address, now):
        """ICMP says that nobody is at an address."""
        for number, peer in self.peers.items():
            if peer.address == address:
                peer.errors += 1
                self._consider(number, peer, now)

    # What comes.

    def receive(self, frame, now, address=None, relayed_for=None):
        """A frame: from an address, or by the relay for the node that the beacon names. Whatever is wrong is counted."""
        magic = frame[:4]
        try:
            if magic == PUNCH:
                self.counts["punches"] += 1
            elif magic == PLAIN:
                raise Malformed("plain")
            elif magic not in (SEALED, EXCHANGE, SIGNED_EXCHANGE) or len(frame) < 8:
                raise Malformed("no tunnel frame")
            else:
                number = struct.unpack_from(">I", frame, 4)[0]
                if number not in self.peers:
                    raise Malformed("unknown")
                if relayed_for not in (None, number):
                    raise Malformed("another sender")
                origin = number if address is None else address[0]
                if magic == SEALED:
                    self._sealed(number, frame, now, address)
                elif magic == SIGNED_EXCHANGE:
                    self._exchange(number, frame, now, address, origin)
                else:
                    self._answer(number, now, address)
                    raise Malformed("unsigned exchange")
        except Malformed as reason:
            self.counts[f"dropped: {reason}"] += 1

    def _exchange(self, number, frame, now, address, origin):
        second, count = self.budgets.get(origin, (0, 0))
        if int(now) == second and count >= EXCHANGES:
            raise Malformed("exchange: too many")
        self.budgets[origin] = (int(now), count + 1 if int(now) == second else 1)
        peer = self.peers[number]
        key = opened_exchange(frame, peer.key)
        self.counts["exchanges received"] += 1
        peer.next_repeat = None
        if peer.session and peer.session.peer_key == key:
            if now - peer.opened >= QUIET:
                self._answer(number, now, address)
            return
        peer.session = Session(self.agreement, key, self.random(4))
        if address is None and peer.address is None:
            peer.is_pinned = True
        self.tell("session", peer=number, by="relay" if address is None else "direct")
        peer.answered = now
        self._ask(number, peer, address)
        waiting, peer.waiting = peer.waiting, collections.deque()
        for packet in waiting:
            self.send(number, packet, now)

    def _answer(self, number, now, address):
        peer = self.peers[number]
        if now - peer.answered >= ANSWER:
            peer.answered = now
            self._ask(number, peer, address)

    def _sealed(self, number, frame, now, address):
        peer = self.peers[number]
        if peer.session is None:
            self._answer(number, now, address)
            raise Malformed("sealed: no session")
        packet = Packet.parse(peer.session.open(frame))
        is_keepalive = packet.protocol == CONTROL and packet.target_port == 0 and not packet.payload
        if packet.source != number and not (is_keepalive and packet.source == 0):
            raise Malformed("sealed: another sender inside")
        peer.opened, peer.probes, peer.next_probe = now, 0, None
        self._came(number, peer, address)
        self.counts["received"] += 1
        if is_keepalive:
            self.counts["keepalives"] += 1
        elif packet.protocol == CONTROL and packet.target_port == 0 and not packet.flags & ACK:
            self.counts["probes answered"] += 1
            networks = packet.networks[::-1]
            back = Packet(CONTROL, (self.node, 0), (number, packet.source_port), packet.payload, ACK, networks)
            self.send(number, back, now)
        elif packet.protocol == CONTROL and packet.flags & ACK:
            self.tell("echo", peer=number, payload=packet.payload.hex(), by="relay" if address is None else "direct")
        else:
            self.deliver(number, packet)

    def _came(self, number, peer, address):
        """Something authentic came, on one of the two ways."""
        if address is None:
            peer.relayed += 1
            return
        peer.address, peer.unanswered, peer.unanswered_since, peer.errors = address, 0, None, 0
        peer.direct += 1
        if peer.by_relay and peer.direct >= DIRECT:
            peer.by_relay = False
            self.tell("path", peer=number, path="relay" if peer.is_pinned else "direct", reason="3 direct packets")

    # What time brings.

    def tick(self, now):
        for number, peer in self.peers.items():
            if peer.next_repeat is not None and now >= peer.next_repeat:
                peer.repeats += 1
                peer.next_repeat = now + REPEAT if peer.repeats < REPEATS else None
                self._ask(number, peer)
            if peer.session is None:
                continue
            self._consider(number, peer, now)
            if now - peer.sent >= KEEPALIVE:
                self.keepalive(number, now)
            self._watch(number, peer, now)

    def _watch(self, number, peer, now):
        """Probes a silent path, and begins anew when nothing answers."""
        if now - max(peer.opened, peer.answered) < DEAD or (peer.next_probe is not None and now < peer.next_probe):
            return
        if peer.probes < PROBES:
            peer.probes, peer.next_probe = peer.probes + 1, now + PROBE_EVERY
            self.probe(number, PROBE, now)
        else:
            peer.probes, peer.next_probe = 0, now + COOL
            peer.by_relay = True
            self.counts["paths reset"] += 1
            self.connect(number, now)
