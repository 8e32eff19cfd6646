"""Other people's programs that speak UDP, as pairs: a service in one host, and a client in another that reaches it at a local
port, by whatever carries UDP between the two."""

import hashlib
import json
import random
import threading
import time

from support import environment
from support.programs import forking, until
from support.report import Failure, require

# The port of each service, in its host and as a port of the node there.
DNS, IPERF, WIREGUARD, QUIC = 5353, 5201, 51_820, 4433
# The longest datagram of QUIC that goes through in one piece.
QUIC_LONGEST = 1_150
# WireGuard adds 32 bytes, after padding to 16: 1,152 in all.
WIREGUARD_MTU = 1_120
NAME, ADDRESS = "service.example", "192.0.2.7"


class Pair:
    """A service and its client. `port` is the service's; where the client finds it is said later."""

    port = 0

    def __init__(self, middle, server, client):
        self.middle, self.server, self.client = middle, server, client
        self.folder = middle.bench.folder
        self.programs = []

    def start(self, host, arguments, name):
        self.programs.append(self.middle.program(host, arguments, name))
        return self.programs[-1]

    def serve(self):
        """Starts the service."""
        raise NotImplementedError

    def stop(self):
        for program in self.programs:
            program.stop()
        self.programs = []

    @staticmethod
    def run(host, *arguments, seconds=60):
        """Runs a program in a host that has to succeed. Returns what it says."""
        return host.run(*arguments, seconds=seconds)


class Names(Pair):
    """dig asks dnsmasq: a short answer, and one of nearly a kilobyte."""

    port = DNS
    LONG = "x" * 250

    def serve(self):
        tool = environment.program("dnsmasq", "dnsmasq-base")
        texts = ",".join(self.LONG for _ in range(3))
        self.start(self.server, [
            tool, "--no-daemon", "--no-resolv", "--no-hosts", "--conf-file=/dev/null", "--user=root", f"--port={DNS}",
            "--listen-address=127.0.0.1", "--bind-interfaces", f"--address=/{NAME}/{ADDRESS}",
            f"--txt-record=long.example,{texts}",
        ], "dnsmasq")
        time.sleep(0.2)

    def ask(self, *question, seconds=2):
        """What dig says; None if no answer came in time."""
        tool = environment.program("dig", "bind9-dnsutils")
        try:
            return self.client.run(
                tool, "@127.0.0.1", "-p", DNS, "+short", "+notcp", "+ignore", "+bufsize=1100", "+tries=1", f"+time={seconds}",
                *question,
            ).strip()
        except Failure:
            return None

    def transfer(self, count):
        start = time.monotonic()
        for _ in range(count):
            require(self.ask(NAME) == ADDRESS, "no answer, or a wrong one")
        each = (time.monotonic() - start) / count
        long = self.ask("long.example", "TXT")
        require(long and long.count(self.LONG) == 3, "the long answer is wrong")
        return f"{count} answers, {each * 1000:.0f} ms each with dig's start; one of 750 bytes"

    def stall(self, until_time, stop_early=lambda: False):
        """Asks until then, and returns the longest time without an answer."""
        last, longest = time.monotonic(), 0
        while time.monotonic() < until_time and not stop_early():
            if self.ask(NAME, seconds=1) == ADDRESS:
                now = time.monotonic()
                longest, last = max(longest, now - last), now
        return max(longest, time.monotonic() - last)


class Iperf(Pair):
    """iperf3 sends datagrams at a rate. Its control connection, which is TCP, goes beside what carries UDP."""

    port = IPERF

    def serve(self):
        tool = environment.program("iperf3", "iperf3")
        self.start(self.server, [tool, "-s", "-p", IPERF, "--forceflush"], "iperf3")
        socat = environment.program("socat", "socat")
        self.start(self.client, forking([
            socat, f"TCP-LISTEN:{IPERF},bind=127.0.0.1,fork,reuseaddr", f"TCP:{self.server.address}:{IPERF}",
        ]), "socat")
        time.sleep(0.2)

    def measure(self, rate, seconds, *options, length=1_100):
        """What iperf3 says of a test at so many bits a second: the sums of the receiver."""
        tool = environment.program("iperf3", "iperf3")
        text = self.client.run(
            tool, "-c", "127.0.0.1", "-p", IPERF, "-u", "-b", rate, "-l", length, "-t", seconds, "-i", 0.5, "--json",
            *options, seconds=seconds + 30,
        )
        result = json.loads(text)
        require("error" not in result, f"iperf3: {result.get('error')}")
        return result

    def transfer(self, rate, seconds):
        told = []
        for options in ((), ("-R",)):
            total = self.measure(rate, seconds, *options)["end"]["sum"]
            lost = total["lost_packets"] / max(total["packets"], 1)
            require(lost <= 0.01, f"{lost:.1%} of {total['packets']} datagrams were lost")
            told.append(f"{total['packets']:,} datagrams, {lost:.2%} lost")
        return f"there {told[0]}; back {told[1]}"


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
        until(lambda: self.exists(host, f"wg{name}"), "wireguard-go's interface", 10)
        last = {"a": 1, "b": 2}[name]
        host.run(
            wg, "set", f"wg{name}", "private-key", self.folder / f"wg-{name}.key", *options, "peer", peer, *more,
            "allowed-ips", f"10.9.0.{3 - last}/32",
        )
        host.ip("address", "add", f"10.9.0.{last}/24", "dev", f"wg{name}")
        host.ip("link", "set", f"wg{name}", "mtu", str(WIREGUARD_MTU), "up")

    @staticmethod
    def exists(host, name):
        try:
            host.ip("link", "show", name)
            return True
        except Failure:
            return False

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
    """aioquic at both ends."""

    port = QUIC
    longest = QUIC_LONGEST

    def serve(self):
        self.python = environment.venv("quic")
        certificate, key = self.middle.authority.issue("quic", 7)
        self.command = [self.python, environment.HERE / "peers" / "quic_file.py", self.longest]
        service = [*self.command, "serve", f"127.0.0.1:{QUIC}", certificate, key, self.source]
        self.start(self.server, service, "quic").event("ready")

    def fetch(self):
        client = [*self.command, "get", f"127.0.0.1:{QUIC}", self.middle.authority.certificate, self.copy]
        return self.start(self.client, client, "quic")
