"""Tunnel frames and packets, on the Python package `cryptography`, written from sections 4 and 5 of the wire reference.

    python tunnel_wire.py VECTORS     makes and reads the test vectors of that file, and prints how many agreed
"""

import base64
import json
import pathlib
import struct
import sys
import zlib

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

PLAIN, SEALED, EXCHANGE, SIGNED_EXCHANGE, PUNCH = b"PILT", b"PILS", b"PILK", b"PILA", b"PILP"
SIGNED_LENGTH, SEALED_SHORTEST, HEADER = 136, 36, 34
SYN, ACK, FIN, RST = 1, 2, 4, 8
STREAM, DATAGRAM, CONTROL = 1, 2, 3
WINDOW = 256


class Malformed(ValueError):
    """A frame or packet that has to be dropped."""


def raw(public):
    """The 32 bytes of a public key."""
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


class Packet:
    """Section 5: a header of 34 bytes, then the payload."""

    FIELDS = struct.Struct(">BBHHIHIHHIIHI")

    def __init__(self, protocol, source, target, payload=b"", flags=0, networks=(0, 0), sequence=0, acknowledged=0, window=0):
        self.protocol, self.payload, self.flags = protocol, payload, flags
        # Nodes and ports.
        (self.source, self.source_port), (self.target, self.target_port) = source, target
        self.networks, self.sequence, self.acknowledged, self.window = networks, sequence, acknowledged, window

    def encoded(self):
        header = self.FIELDS.pack(
            0x10 | self.flags, self.protocol, len(self.payload), self.networks[0], self.source, self.networks[1],
            self.target, self.source_port, self.target_port, self.sequence, self.acknowledged, self.window, 0,
        )
        return header[:30] + struct.pack(">I", zlib.crc32(header + self.payload)) + self.payload

    @classmethod
    def parse(cls, data):
        if len(data) < HEADER:
            raise Malformed("packet: too short")
        (first, protocol, length, network, source, target_network, target, source_port, target_port, sequence,
         acknowledged, window, checksum) = cls.FIELDS.unpack_from(data)
        payload = data[HEADER : HEADER + length]
        if len(payload) < length:
            raise Malformed("packet: cut off")
        if first >> 4 != 1:
            raise Malformed("packet: version")
        if zlib.crc32(data[:30] + bytes(4) + payload) != checksum:
            raise Malformed("packet: checksum")
        return cls(
            protocol, (source, source_port), (target, target_port), payload, first & 15, (network, target_network),
            sequence, acknowledged, window,
        )


def signed_exchange(node, identity, agreement):
    """A PILA of a node, whose signing key and X25519 key are given."""
    key = raw(agreement.public_key())
    body = struct.pack(">I", node) + key
    return SIGNED_EXCHANGE + body + raw(identity.public_key()) + identity.sign(b"auth" + body)


def opened_exchange(frame, known):
    """The X25519 key in a PILA, if the key that is known for its sender has signed it."""
    if len(frame) < SIGNED_LENGTH:
        raise Malformed("exchange: too short")
    if frame[40:72] != known:
        raise Malformed("exchange: another key")
    try:
        Ed25519PublicKey.from_public_bytes(known).verify(frame[72:136], b"auth" + frame[4:40])
    except InvalidSignature:
        raise Malformed("exchange: signature") from None
    return frame[8:40]


class Window:
    """Which counters of one nonce prefix have been seen: the newest, and 255 before it."""

    def __init__(self):
        self.newest, self.seen = 0, 0

    def admits(self, counter):
        behind = self.newest - counter
        return behind < 0 or (behind < WINDOW and not self.seen >> behind & 1)

    def take(self, counter):
        ahead = counter - self.newest
        if ahead > 0:
            self.seen = (self.seen << min(ahead, WINDOW) | 1) & (1 << WINDOW) - 1
            self.newest = counter
        else:
            self.seen |= 1 << -ahead


class Session:
    """What one X25519 key agreed on with another: a key, own counters, and windows for what the peer has shown."""

    PREFIXES = 5

    def __init__(self, agreement, peer_key, prefix):
        self.peer_key = peer_key
        try:
            shared = agreement.exchange(X25519PublicKey.from_public_bytes(peer_key))
        except ValueError:
            raise Malformed("exchange: no key can be agreed on") from None
        self.key = HKDF(hashes.SHA256(), 32, None, b"pilot-tunnel-v1").derive(shared)
        self.cipher = AESGCM(self.key)
        self.prefix, self.counter = prefix, 0
        self.windows = {}

    def seal(self, sender, plaintext):
        self.counter += 1
        nonce, authenticated = self.prefix + struct.pack(">Q", self.counter), struct.pack(">I", sender)
        return SEALED + authenticated + nonce + self.cipher.encrypt(nonce, plaintext, authenticated)

    def open(self, frame):
        """What is in a PILS that was not opened before. Nothing is learnt from it unless its tag is right."""
        if len(frame) < SEALED_SHORTEST:
            raise Malformed("sealed: too short")
        prefix, counter = frame[8:12], int.from_bytes(frame[12:20], "big")
        window = self.windows.get(prefix) or Window()
        if not window.admits(counter):
            raise Malformed("sealed: replayed")
        try:
            plaintext = self.cipher.decrypt(frame[8:20], frame[20:], frame[4:8])
        except InvalidTag:
            raise Malformed("sealed: tag") from None
        window.take(counter)
        if prefix not in self.windows and len(self.windows) == self.PREFIXES:
            del self.windows[next(iter(self.windows))]
        self.windows[prefix] = window
        return plaintext


def check(vectors):
    """Makes and reads every vector about tunnels and packets; raises at the first that differs. Returns how many there are."""
    count = 0

    def agree(condition, what):
        nonlocal count
        count += 1
        if not condition:
            raise SystemExit(f"vectors: {what} differs")

    def refuse(parse, what):
        try:
            parse()
        except Malformed:
            return agree(True, what)
        return agree(False, f"what must be refused ({what})")

    for entry in vectors["packets"]:
        data = bytes.fromhex(entry["packet_hex"])
        packet = Packet.parse(data)
        fields = (packet.source_port, packet.target_port, packet.sequence, packet.window, packet.payload.hex())
        wanted = tuple(entry[name] for name in ("src_port", "dst_port", "seq", "window", "payload_hex"))
        agree(packet.encoded() == data and fields == wanted, entry["name"])
    trailing = bytes.fromhex(vectors["packets_with_trailing_bytes"]["hex"])
    agree(trailing.startswith(Packet.parse(trailing).encoded()), "trailing bytes")
    for entry in vectors["packets_rejected"]:
        refuse(lambda data=bytes.fromhex(entry["hex"]): Packet.parse(data), entry["why"])

    tunnel = vectors["tunnel"]
    keys = {entry["node_id"]: base64.b64decode(entry["public_key"]) for entry in vectors["identities"]}
    seeds = {entry["node_id"]: bytes.fromhex(entry["seed_hex"]) for entry in vectors["identities"]}
    agreements = {
        entry["node_id"]: X25519PrivateKey.from_private_bytes(bytes.fromhex(entry["private_hex"]))
        for entry in tunnel["x25519"]
    }
    one, other = agreements
    peers = {one: raw(agreements[other].public_key()), other: raw(agreements[one].public_key())}
    agree(raw(agreements[one].public_key()).hex() == tunnel["x25519"][0]["public_hex"], "public key")
    for entry in tunnel["auth_key_exchange_PILA"]:
        node, frame = entry["node_id"], bytes.fromhex(entry["frame_hex"])
        made = signed_exchange(node, Ed25519PrivateKey.from_private_bytes(seeds[node]), agreements[node])
        agree(made == frame and opened_exchange(frame, keys[node]) == frame[8:40], f"PILA of {node}")
    for entry in tunnel["sealed_PILS"]:
        node, frame = entry["sender"], bytes.fromhex(entry["frame_hex"])
        plaintext = bytes.fromhex(entry["plaintext_hex"])
        sealing = Session(agreements[node], peers[node], bytes.fromhex(entry["nonce_prefix_hex"]))
        sealing.counter = entry["counter"] - 1
        agree(sealing.seal(node, plaintext) == frame, f"PILS of {node}")
        opening = Session(agreements[other if node == one else one], raw(agreements[node].public_key()), bytes(4))
        agree(opening.open(frame) == plaintext and opening.key.hex() == tunnel["aes256gcm_key_hex"], f"PILS of {node}, opened")
        refuse(lambda session=opening, data=frame: session.open(data), "the same again")
    for entry in tunnel["rejected"]:
        frame = bytes.fromhex(entry["hex"])
        if frame[:4] == SEALED:
            refuse(lambda data=frame: Session(agreements[other], peers[other], bytes(4)).open(data), entry["why"])
        elif frame[:4] == SIGNED_EXCHANGE:
            refuse(lambda data=frame: opened_exchange(data, keys[int.from_bytes(data[4:8], "big")]), entry["why"])
    return count


if __name__ == "__main__":
    agreed = check(json.loads(pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))
    print(json.dumps({"event": "agreed", "vectors": agreed}))
