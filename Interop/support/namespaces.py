"""Networks of a check's own: everything runs in namespaces that end with it, so that no port, address or rule of this machine
is used, and nothing gets out of them."""

import os
import shutil
import subprocess
import sys
import tempfile

from support import environment
from support.environment import INSIDE
from support.programs import run
from support.report import Failure, NotRun

# Addresses for documentation (RFC 5737): programs take them for public ones.
PREFIX = "203.0.113."
MIDDLE = PREFIX + "1"


def enter():
    """Runs this script once more in namespaces of its own, and ends with its status; returns in there. Whoever is not root is
    root inside. When this process ends, so does everything in there."""
    if os.environ.get(INSIDE):
        # `ip netns` keeps its names there.
        do("mount", "-t", "tmpfs", "interop", "/run")
        do("ip", "link", "set", "lo", "up")
        return
    environment.program("ip", "iproute2")
    try:
        # Later there is nowhere to get it from. Without it some rows are not run.
        environment.program("nft", "nftables")
    except NotRun:
        pass
    tool = shutil.which("unshare")
    if not tool:
        raise NotRun("there is no unshare to make namespaces with")
    command = [tool, "--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"]
    if os.geteuid() != 0:
        command += ["--user", "--map-root-user"]
    attempt = run([*command, "mount", "-t", "tmpfs", "interop", "/run"])
    if attempt.returncode != 0:
        raise NotRun(f"namespaces can't be made here: {attempt.stdout.strip()[-200:]}")
    with tempfile.TemporaryDirectory(prefix="interop-") as folder:
        inner = {**os.environ, INSIDE: "1", "TMPDIR": folder}
        with subprocess.Popen([*command, sys.executable, *sys.argv], env=inner) as process:
            try:
                status = process.wait()
            finally:
                # What is in there can't be left behind: its first process is killed with this one, and takes the rest along.
                process.kill()
    sys.exit(status)


def do(*arguments, text_in=""):
    """Runs a program that has to succeed. Returns what it says."""
    result = run(arguments, text_in=text_in)
    if result.returncode != 0:
        raise Failure(f"{' '.join(arguments)}: {result.stdout.strip()[-200:]}")
    return result.stdout


class Host:
    """A namespace with one interface, `eth0`."""

    def __init__(self, name, address, gateway):
        self.name = name
        self.address = address
        self.gateway = gateway
        # The host that translates for it, if one does.
        self.router = None

    def command(self, arguments):
        """The command that runs a program there."""
        return ["nsenter", f"--net=/run/netns/{self.name}", "--", *arguments]

    def ip(self, *arguments):
        do("ip", "-n", self.name, *arguments)

    def run(self, *arguments, seconds=60):
        """Runs a program there that has to succeed. Returns what it says."""
        command = self.command([str(argument) for argument in arguments])
        result = run(command, seconds=seconds)
        if result.returncode != 0:
            raise Failure(f"{' '.join(command[3:])}: {result.stdout.strip()[-200:]}")
        return result.stdout

    def has_device(self, name):
        try:
            self.ip("link", "show", name)
        except Failure:
            return False
        return True

    def move(self, address):
        """Takes another address in the place of its own."""
        self.ip("address", "flush", "dev", "eth0")
        self.ip("address", "add", f"{address}/24", "dev", "eth0")
        self.ip("route", "add", "default", "via", self.gateway)
        self.address = address

    def rules(self, text):
        """Adds rules of nftables."""
        tool = environment.program("nft", "nftables")
        do(*self.command([tool, "-f", "-"]), text_in=text)


class Network:
    """A middle with hosts around it, each on a cable of its own. The middle is the namespace of the check itself."""

    def __init__(self):
        try:
            do("ip", "link", "add", "middle", "type", "bridge")
        except Failure as reason:
            raise NotRun(f"no network can be made here: {reason}") from None
        do("ip", "address", "add", f"{MIDDLE}/24", "dev", "middle")
        do("ip", "link", "set", "middle", "up")

    def middle(self, last):
        """Gives the middle a second address, and returns it."""
        address = f"{PREFIX}{last}"
        do("ip", "address", "add", f"{address}/24", "dev", "middle")
        return address

    def host(self, last):
        """A host with an address that ends in this number."""
        name = f"h{last}"
        do("ip", "netns", "add", name)
        do("ip", "link", "add", f"to-{name}", "type", "veth", "peer", "name", "eth0", "netns", name)
        do("ip", "link", "set", f"to-{name}", "master", "middle", "up")
        return self._address(Host(name, f"{PREFIX}{last}", MIDDLE))

    def behind(self, last, mapping):
        """A host in a network of its own, behind a router with an address that ends in this number. The router translates
        addresses by a statement of nftables, and takes nothing from outside that was not asked for."""
        router = self.host(last)
        name, inner = f"p{last}", f"10.0.{last}."
        do("ip", "netns", "add", name)
        do("ip", "-n", router.name, "link", "add", "eth1", "type", "veth", "peer", "name", "eth0", "netns", name)
        router.ip("address", "add", f"{inner}1/24", "dev", "eth1")
        router.ip("link", "set", "eth1", "up")
        host = self._address(Host(name, f"{inner}2", f"{inner}1"))
        host.router = router
        do(*router.command(["sysctl", "-q", "net.ipv4.ip_forward=1"]))
        router.rules(
            f"""
            table ip translation {{
              chain out {{
                type nat hook postrouting priority 100;
                oifname "eth0" {mapping}
              }}
              chain unasked {{
                type filter hook input priority 0;
                iifname "eth0" ct state new drop
              }}
            }}
            """
        )
        return host

    @staticmethod
    def _address(host):
        host.ip("link", "set", "lo", "up")
        host.ip("address", "add", f"{host.address}/24", "dev", "eth0")
        host.ip("link", "set", "eth0", "up")
        host.ip("route", "add", "default", "via", host.gateway)
        return host
