"""What carries UDP between two hosts where only TCP to the middle gets through: ours, and what somebody would take instead."""

import os
import pathlib
import re

from support import environment
from support.namespaces import MIDDLE, do
from support.programs import forking, until
from support.report import Failure, require
from support.tunnels import Client, Ours, Service

# Ports: of what listens in the middle, and of TURN's relaying end.
RELAY, TURN, PEER = 9_500, 3_478, 3_480
LOSS = """
table inet lossy {
  chain in {
    type filter hook input priority 0;
    iifname "eth0" meta l4proto tcp numgen random mod 100 < 2 drop
  }
}
"""
NO_UDP = """
table inet blocked {
  chain in {
    type filter hook input priority 0;
    iifname "eth0" meta l4proto udp drop
  }
}
"""


class Carrier:
    """Carries UDP from a port of the near host to the same port of a service in the far one."""

    name = ""
    # Where the service listens in the far host, and where its client finds it in the near one.
    service, door = "127.0.0.1", "127.0.0.1"
    # Whether one datagram in is one datagram out.
    keeps_datagrams = True

    def __init__(self, middle, near, far):
        self.middle, self.near, self.far = middle, near, far
        self.programs = []

    def start(self, port):
        raise NotImplementedError

    def stop(self):
        for program in self.programs:
            program.stop()
        self.programs = []

    def run(self, host, *arguments):
        """Starts a program in a host; in the middle, if that is None."""
        name = "carrier"
        if host is None:
            program = self.middle.bench.start(arguments, f"{name}-{next(self.middle.count)}")
        else:
            program = self.middle.program(host, arguments, name)
        self.programs.append(program)
        return program

    def work(self):
        """The processor time that the busiest of its programs has taken so far, in seconds (proc_pid_stat(5))."""
        ticks = []
        for program in self.programs:
            fields = pathlib.Path(f"/proc/{program.process.pid}/stat").read_text().rpartition(")")[2].split()
            ticks.append(int(fields[11]) + int(fields[12]))
        return max(ticks) / os.sysconf("SC_CLK_TCK")

    def joined(self):
        """A TCP relay in the middle, which somebody has to have who can't reach the other side."""
        self.socat(None, f"TCP-LISTEN:{RELAY},fork,reuseaddr,nodelay", f"TCP:{self.far.address}:{RELAY},nodelay")

    def socat(self, host, *addresses):
        self.run(host, *forking([environment.program("socat", "socat"), *addresses]))


class Pilot(Carrier):
    name = "pilot forward, over wss"
    NODES = 81, 82
    transport = "wss"

    def start(self, port):
        hosts = zip(self.NODES, (self.near, self.far))
        near, far = (Ours(self.middle, number, host, self.transport, direct=self.transport == "udp") for number, host in hosts)
        near.knows(far)
        far.knows(near)
        far.forward("serve", f"{port}=127.0.0.1:{port}")
        self.programs.append(far.program)
        near.forward("udp", f"127.0.0.1:{port}", f"{far.number}:{port}")
        self.programs.append(near.program)
        return near, far


class PilotDirect(Pilot):
    """Where UDP gets through."""

    name = "pilot forward, directly"
    transport = "udp"

    def start(self, port):
        near, far = super().start(port)
        service = Service(self.middle, self.far, port)
        client = Client(self.middle, self.near, f"127.0.0.1:{port}")
        try:
            client.until(15)
            until(lambda: near.path_now(far.number) == "direct", "the direct path", 15, 0.2)
        finally:
            client.program.stop()
            service.program.stop()
        return near, far


class WireGuard(Carrier):
    """wireguard-go at both ends, which reach each other."""

    name = "wireguard-go, directly"
    service = door = "10.9.0.2"
    PORT, MTU = 51_820, 1_420

    def start(self, port):
        tool, wg = environment.program("wireguard-go", "wireguard-go"), environment.program("wg", "wireguard-tools")
        keys = []
        for index, host in enumerate((self.near, self.far)):
            path = self.middle.bench.folder / f"carrier{index}.key"
            path.write_text(host.run(wg, "genkey"))
            path.chmod(0o600)
            keys.append((path, host.run("sh", "-c", f"{wg} pubkey < {path}").strip()))
        for index, (host, other) in enumerate(((self.near, self.far), (self.far, self.near))):
            device = f"wgc{index}"
            self.run(host, "env", "LOG_LEVEL=error", "WG_PROCESS_FOREGROUND=1", tool, "-f", device)
            until(lambda h=host, d=device: h.has_device(d), "wireguard-go's interface", 10, 0.2)
            host.run(wg, "set", device, "private-key", keys[index][0], "listen-port", self.PORT, "peer", keys[1 - index][1],
                     "endpoint", f"{other.address}:{self.PORT}", "allowed-ips", f"10.9.0.{2 - index}/32")
            host.ip("address", "add", f"10.9.0.{1 + index}/24", "dev", device)
            host.ip("link", "set", device, "mtu", str(self.MTU), "up")
        self.near.run("ping", "-c", "1", "-W", "5", self.door)


class Socat(Carrier):
    name = "socat, over TCP"
    # TCP has no boundaries, and socat adds none.
    keeps_datagrams = False

    def start(self, port):
        self.joined()
        self.socat(self.far, f"TCP-LISTEN:{RELAY},fork,reuseaddr,nodelay", f"UDP:127.0.0.1:{port}")
        self.socat(self.near, f"UDP-LISTEN:{port},bind=127.0.0.1,fork,reuseaddr", f"TCP:{MIDDLE}:{RELAY},nodelay")


class OpenVPN(Carrier):
    """A server in the middle, two clients."""

    name = "OpenVPN, over TCP"
    NETWORK = "10.8.0."

    def start(self, port):
        tool = environment.program("openvpn", "openvpn")
        authority = self.middle.authority
        common = [
            tool, "--dev-type", "tun", "--ca", authority.certificate, "--cipher", "AES-256-GCM", "--verb", "1",
            "--persist-tun",
        ]
        pair = authority.issue("vpn", 11)
        self.run(None, *common, "--dev", "vpn0", "--mode", "server", "--tls-server", "--proto", "tcp-server", "--port", RELAY,
                 "--topology", "subnet", "--server", f"{self.NETWORK}0", "255.255.255.0", "--client-to-client", "--dh", "none",
                 "--duplicate-cn", "--tcp-nodelay", "--cert", pair[0], "--key", pair[1])
        addresses = []
        for index, host in enumerate((self.near, self.far)):
            pair = authority.issue(f"vpn{index}", 12 + index, usage="clientAuth")
            self.run(host, *common, "--client", "--dev", f"vpn{index + 1}", "--proto", "tcp-client", "--remote", MIDDLE, RELAY,
                     "--nobind", "--cert", pair[0], "--key", pair[1], "--connect-retry", "1")
            addresses.append(until(lambda h=host, i=index: self.address(h, f"vpn{i + 1}"), "a tunnel of OpenVPN's", 20, 0.2))
        self.service = self.door = addresses[1]

    @staticmethod
    def address(host, device):
        try:
            found = re.search(r"inet ([0-9.]+)", host.run("ip", "address", "show", "dev", device))
        except Failure:
            return None
        return found and found[1]


class TURNRelay(Carrier):
    """coturn in the middle, over TCP from the near host; its other half goes by UDP, which is to its advantage. It is
    measured by its own client and peer, which are written in C as it is."""

    name = "coturn, TURN over TCP"

    def start(self, port):
        tool = environment.program("turnserver", "coturn")
        self.run(None, tool, "-n", "--no-tls", "--no-dtls", "-p", TURN, "-L", MIDDLE, "-E", MIDDLE, "-a", "-u", "near:secret",
                 "-r", "example.org", "--no-cli", "--log-file", "stdout", "--pidfile", self.middle.bench.folder / "turn.pid",
                 "--userdb", self.middle.bench.folder / "turn.db", "--allow-loopback-peers")
        self.run(self.far, environment.program("turnutils_peer", "coturn"), "-p", PEER, "-L", self.far.address)
        until(lambda: f":{TURN} " in do("ss", "-Htln"), "coturn")

    def messages(self, count, interval, length):
        """What its client says of so many messages, one each so many milliseconds: the share that came back, the most that
        came in a second, and the mean round trip in seconds."""
        text = self.near.run(
            environment.program("turnutils_uclient", "coturn"), "-t", "-c", "-X", "-m", 1, "-n", count, "-z", interval,
            "-l", length, "-e", self.far.address, "-r", PEER, "-u", "near", "-w", "secret", MIDDLE, seconds=120,
        )
        delay = re.search(r"Average round trip delay ([0-9.]+) ms", text)
        seconds = [int(number) for number in re.findall(r"msz=\d+, tot_send_msgs=\d+, tot_recv_msgs=(\d+)", text)]
        last = int(re.findall(r"tot_recv_msgs=(\d+)", text)[-1])
        require(delay, f"turnutils_uclient says: {text.strip()[-300:]}")
        most = max(new - old for old, new in zip([0, *seconds], [*seconds, last]))
        return last / count, most, float(delay[1]) / 1000
