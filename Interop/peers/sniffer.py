"""Watches the one interface of a host, and tells how long after the first Discover from it the first delivery reaches it.

    python sniffer.py ADDRESS PORT      the host's own address, the beacon's port

Says `{"event": "ready"}`, then `{"event": "delivered", "seconds": …}`. Linux, and root in the host's namespace.
"""

import json
import socket
import struct
import sys
import time

ALL, UDP, DISCOVER, RELAY_DELIVER = 3, 17, 1, 6


def emit(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


def main(address, port):
    own = socket.inet_aton(address)
    watch = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL))
    watch.bind(("eth0", ALL))
    emit("ready")
    first = None
    while True:
        packet = watch.recv(65_535)
        header = (packet[0] & 0x0F) * 4
        if packet[0] >> 4 != 4 or packet[9] != UDP or len(packet) < header + 13:
            continue
        source, target = struct.unpack_from(">HH", packet, header)
        body = packet[header + 8 :]
        # Discover with node 0 asks for an address only.
        if first is None and target == port and body[0] == DISCOVER and any(body[1:5]):
            first = time.monotonic()
        # What is for another address comes by as well.
        elif first is not None and source == port and packet[16:20] == own and body[0] == RELAY_DELIVER:
            emit("delivered", seconds=time.monotonic() - first)
            return


main(sys.argv[1], int(sys.argv[2]))
