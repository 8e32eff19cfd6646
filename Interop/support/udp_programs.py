"""Other people's programs that speak UDP, as pairs: a service in one host, and a client in another that reaches it at a local
port, by whatever carries UDP between the two."""

import json
import time

from support import environment
from support.programs import forking
from support.report import Failure, require

# The port of each service, in its host and as a port of the node there.
DNS, IPERF = 5353, 5201
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

    def stall(self, end):
        """Asks until then, and returns the longest time without an answer."""
        last, longest = time.monotonic(), 0
        while time.monotonic() < end:
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
