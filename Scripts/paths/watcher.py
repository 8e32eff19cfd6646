"""Tells of the packets that leave a host: `python watcher.py ADDRESS…`, in its namespace, as root.

Says `{"event": "ready"}`, then `{"event": "first", "protocol": "udp" or "tcp", "time": …}` at the first packet of each kind
from one of these addresses, by the monotonic clock.
"""

import json
import socket
import sys
import time

ALL, NAMES = 3, {6: "tcp", 17: "udp"}


def emit(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


sources = {socket.inet_aton(address) for address in sys.argv[1:]}
seen = set()
with socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ALL)) as packets:
    emit("ready")
    while True:
        packet, (_, ethernet, *_) = packets.recvfrom(64)
        if ethernet == 0x0800 and packet[12:16] in sources and (name := NAMES.get(packet[9])) and name not in seen:
            seen.add(name)
            emit("first", protocol=name, time=time.monotonic())
