"""A UDP service and its client, as any program's that knows nothing of nodes.

    python datagrams.py echo IP:PORT    sends back what it gets, with its counts on request
    python datagrams.py client          driven by lines of JSON on standard input, until it ends

Each client's command is done from a socket of its own, so that it is a flow of its own.
"""

import json
import math
import pathlib
import select
import socket
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
from support.payloads import Tally, payload  # noqa: E402  pylint: disable=wrong-import-position

STAMP = struct.Struct(">Id")


def emit(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def udp():
    result = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
        result.setsockopt(socket.SOL_SOCKET, option, 4 << 20)
    return result


def serve(where):
    with udp() as service:
        service.bind(where)
        emit("ready", local="%s:%d" % service.getsockname())
        counts = {}
        while True:
            ready, _, _ = select.select([service, sys.stdin], [], [])
            if sys.stdin in ready:
                if not sys.stdin.readline():
                    return
                emit("counts", datagrams=sum(counts.values()), flows=len(counts))
            if service in ready:
                data, source = service.recvfrom(65_535)
                counts[source] = counts.get(source, 0) + 1
                service.sendto(data, source)


def receive(client, seconds):
    """The next datagram in time, or None. That nobody is there, says ICMP, is no answer either."""
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        client.settimeout(left)
        try:
            return client.recv(65_535)
        except ConnectionRefusedError:
            continue
        except TimeoutError:
            return None
    return None


def send(client, data):
    try:
        client.send(data)
    except ConnectionRefusedError:
        # Of the one before: nobody is there yet.
        pass


def until(client, command):
    """Asks again and again, until an answer comes. Tells after how long."""
    start = time.monotonic()
    number = 0
    while time.monotonic() - start < command["seconds"]:
        number += 1
        send(client, struct.pack(">I", number))
        if receive(client, command.get("pause", 0.05)):
            return emit("heard", seconds=time.monotonic() - start)
    return emit("silence", seconds=time.monotonic() - start)


def exchange(client, command):
    """Sends payloads that have to come back, at most a window under way. Every byte is compared."""
    count, window, longest = command["frames"], command["window"], command["longest"]
    tally, sent = Tally(count, longest), 0
    while tally.received < count:
        while sent < count and sent - tally.received < window:
            send(client, payload(sent, longest))
            sent += 1
        data = receive(client, command.get("seconds", 10))
        if data is None:
            return emit("error", message=f"{tally.received} of {sent} came back")
        if not tally.take(data):
            return emit("error", message=f"{tally.different} different, {tally.repeated} repeated")
    return emit("done", frames=tally.received, bytes=tally.bytes)


def pace(client, command):
    """Sends so many datagrams a second for so long, and tells what came back: how many, how fast, and the longest time
    without an answer."""
    size, every = command["size"], 1 / command["rate"]
    sent, times, last, gap = 0, [], time.monotonic(), 0
    start = next_one = last
    end, seen = start + command["seconds"], set()
    repeated = 0
    while (now := time.monotonic()) < end + command.get("rest", 1):
        if now >= next_one and now < end:
            send(client, STAMP.pack(sent, now).ljust(size, b"x"))
            sent += 1
            next_one += every
            continue
        data = receive(client, max(0.0005, min(next_one if now < end else math.inf, end + command.get("rest", 1)) - now))
        # Whoever doesn't keep datagrams apart sends back what isn't one of ours.
        if data and len(data) == size:
            number, stamp = STAMP.unpack_from(data)
            now = time.monotonic()
            if number in seen:
                repeated += 1
            seen.add(number)
            times.append(now - stamp)
            gap, last = max(gap, now - last), now
    if last < end:
        gap = max(gap, end - last)
    times.sort()
    at = {f"p{part}": times[min(len(times) - 1, len(times) * part // 100)] if times else None for part in (50, 99)}
    at["mean"] = sum(times) / len(times) if times else None
    emit("paced", sent=sent, received=len(times), repeated=repeated, gap=gap, **at)


def main():
    if sys.argv[1] == "echo":
        return serve(address(sys.argv[2]))
    emit("ready")
    for line in sys.stdin:
        command = json.loads(line)
        with udp() as client:
            client.connect(address(command["to"]))
            {"until": until, "exchange": exchange, "pace": pace}[command["do"]](client, command)
    return None


main()
