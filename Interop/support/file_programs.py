"""Other people's programs that transfer a file over UDP: WireGuard with TCP inside, and QUIC."""

import hashlib
import random
import threading
import time

from support import environment
from support.programs import until
from support.report import require
from support.udp_programs import Pair

# The port of each service, in its host and as a port of the node there.
WIREGUARD, QUIC = 51_820, 4433
# What QUIC's datagrams have at least (RFC 9000, 14.1), and what goes through in one piece.
QUIC_LEAST, QUIC_SHORT = 1_200, 1_150
# WireGuard adds 32 bytes, after padding to 16: 1,152 in all.
WIREGUARD_MTU = 1_120


class Files(Pair):
    """What transfers a file, whose copy has to have the same SHA-256."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.source, self.copy = self.folder / "sent.file", self.folder / "received.file"
        self.digest, self.size = "", 0

    def make(self, size, seed):
        data = random.Random(seed).randbytes(size)
        self.source.write_bytes(data)
        self.digest, self.size = hashlib.sha256(data).hexdigest(), size
        self.copy.unlink(missing_ok=True)

    def fetch(self):
        """Starts what gets the file. Returns the program, which ends when it is there."""
        raise NotImplementedError

    def transfer(self, seconds=60, midway=None):
        """Gets the file, and does something once it has begun to come. Returns what to say of it, and the longest time
        without a byte."""
        start = time.monotonic()
        program = self.fetch()
        last, size, longest = start, 0, 0
        while size < self.size:
            now = time.monotonic()
            require(now - start < seconds, f"{size:,} of {self.size:,} bytes came within {seconds} s")
            new = self.copy.stat().st_size if self.copy.exists() else 0
            if new > size:
                longest, last, size = max(longest, now - last), now, new
            if midway and size > self.size // 10:
                threading.Thread(target=midway, daemon=True).start()
                midway = None
            time.sleep(0.02)
        passed = time.monotonic() - start
        until(lambda: hashlib.sha256(self.copy.read_bytes()).hexdigest() == self.digest, "the same SHA-256", 5)
        program.stop()
        require(not midway, "the file was there before the path could change")
        return f"{self.size / 1e6:.0f} MB in {passed:.1f} s, equal SHA-256", longest


class WireGuard(Files):
    """wireguard-go at both ends, and a file by TCP inside."""

    port = WIREGUARD
    options = ()
    INNER = 8_000

    def serve(self):
        keys = {}
        tool = environment.program("wg", "wireguard-tools")
        for name in ("a", "b"):
            private = self.client.run(tool, "genkey").strip()
            path = self.folder / f"wg-{name}.key"
            path.write_text(private)
            path.chmod(0o600)
            keys[name] = self.client.run("sh", "-c", f"{tool} pubkey < {path}").strip()
        self.interface(self.server, "b", keys["a"], "listen-port", WIREGUARD)
        self.tool, self.key = tool, keys["b"]

    def interface(self, host, name, peer, *options, more=()):
        tool = environment.program("wireguard-go", "wireguard-go")
        wg = environment.program("wg", "wireguard-tools")
        self.start(host, ["env", "LOG_LEVEL=error", "WG_PROCESS_FOREGROUND=1", tool, "-f", f"wg{name}"], "wireguard-go")
        until(lambda: host.has_device(f"wg{name}"), "wireguard-go's interface", 10)
        last = {"a": 1, "b": 2}[name]
        host.run(
            wg, "set", f"wg{name}", "private-key", self.folder / f"wg-{name}.key", *options, "peer", peer, *more,
            "allowed-ips", f"10.9.0.{3 - last}/32",
        )
        host.ip("address", "add", f"10.9.0.{last}/24", "dev", f"wg{name}")
        host.ip("link", "set", f"wg{name}", "mtu", str(WIREGUARD_MTU), "up")

    def connect(self, port=WIREGUARD):
        self.interface(self.client, "a", self.key, more=("endpoint", f"127.0.0.1:{port}"))

    def fetch(self):
        socat = environment.program("socat", "socat")
        self.start(self.server, [socat, "-u", f"OPEN:{self.source}", f"TCP-LISTEN:{self.INNER},reuseaddr"], "socat")
        time.sleep(0.2)
        return self.start(self.client, [
            socat, "-u", f"TCP:10.9.0.2:{self.INNER},retry=20,interval=0.5", f"CREATE:{self.copy}",
        ], "socat")


class QUICFile(Files):
    """aioquic at both ends, whose datagrams go in fragments."""

    port = QUIC
    longest = QUIC_LEAST
    # What `pilot forward` is told at both ends.
    options = ("--fragment",)

    def serve(self):
        self.python = environment.venv("quic")
        certificate, key = self.middle.authority.issue("quic", 7)
        self.command = [self.python, environment.HERE / "peers" / "quic_file.py", self.longest]
        service = [*self.command, "serve", f"127.0.0.1:{QUIC}", certificate, key, self.source]
        self.start(self.server, service, "quic").event("ready")

    def fetch(self):
        client = [*self.command, "get", f"127.0.0.1:{QUIC}", self.middle.authority.certificate, self.copy]
        return self.start(self.client, client, "quic")


class ShortQUICFile(QUICFile):
    """The same with datagrams that need no fragments, and are less than QUIC wants."""

    longest = QUIC_SHORT
    options = ()
