"""A file over QUIC, by the Python package `aioquic`.

    python quic_file.py BYTES serve IP:PORT CERT KEY FILE    sends the file to whoever connects
    python quic_file.py BYTES get IP:PORT CA FILE            gets it, and writes it there as it comes

No datagram has more than so many bytes. RFC 9000 (14.1) wants 1,200 at least; aioquic holds both sides to that, and has to be
told of less before its modules know it.
"""

import asyncio
import json
import pathlib
import sys

from aioquic.quic import configuration as limits

LONGEST = int(sys.argv.pop(1))
limits.SMALLEST_MAX_DATAGRAM_SIZE = min(LONGEST, limits.SMALLEST_MAX_DATAGRAM_SIZE)

# pylint: disable=wrong-import-position
from aioquic.asyncio import QuicConnectionProtocol, connect, serve  # noqa: E402
from aioquic.quic.configuration import QuicConfiguration  # noqa: E402
from aioquic.quic.events import HandshakeCompleted, StreamDataReceived  # noqa: E402

PROTOCOL = ["file"]


def emit(event, **values):
    print(json.dumps({"event": event, **values}), flush=True)


def address(text):
    host, port = text.rsplit(":", 1)
    return host, int(port)


def configuration(**options):
    return QuicConfiguration(alpn_protocols=PROTOCOL, idle_timeout=60, max_datagram_size=LONGEST, **options)


class Server(QuicConnectionProtocol):
    content = b""

    def quic_event_received(self, event):
        if isinstance(event, StreamDataReceived) and event.end_stream:
            self._quic.send_stream_data(event.stream_id, self.content, end_stream=True)
            self.transmit()


class Client(QuicConnectionProtocol):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.out, self.done = None, asyncio.get_running_loop().create_future()

    def quic_event_received(self, event):
        if isinstance(event, HandshakeCompleted):
            emit("connected")
        elif isinstance(event, StreamDataReceived):
            self.out.write(event.data)
            self.out.flush()
            if event.end_stream and not self.done.done():
                self.done.set_result(None)


async def run_server(where, certificate, key, path):
    Server.content = pathlib.Path(path).read_bytes()
    settings = configuration(is_client=False)
    settings.load_cert_chain(certificate, key)
    await serve(*address(where), configuration=settings, create_protocol=Server)
    emit("ready")
    await asyncio.Future()


async def run_client(where, authority, path):
    settings = configuration(is_client=True, server_name="localhost", cafile=authority)
    host, port = address(where)
    async with connect(host, port, configuration=settings, create_protocol=Client) as client:
        with open(path, "wb") as client.out:
            stream = client._quic.get_next_available_stream_id()  # pylint: disable=protected-access
            client._quic.send_stream_data(stream, b"get", end_stream=True)  # pylint: disable=protected-access
            client.transmit()
            await client.done
    emit("done")


asyncio.run((run_server if sys.argv[1] == "serve" else run_client)(*sys.argv[2:]))
