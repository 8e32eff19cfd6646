"""What has no reference in C: idle peers, the WebSocket client alone, a peer that stalls, single functions."""

from __future__ import annotations

from .figures import Figure, Table, at_least, at_most, ratio_at_most
from .options import Effort
from .programs import Programs, number, only
from .rounds import Rounds

# Of each transport, for a peer: the most processor time to let it in, in ms, the most bytes while it is idle, and after it
# has had traffic.
IDLE_PEERS = {"ws": (0.27, 8_000, 12_000), "wss": (0.70, 28_000, 40_000)}
# With TLS or without: the least frames per second, and the most CPU-seconds per million.
CLIENT = {False: (1.5e6, 0.6), True: (700_000, 1.4)}
STALLED_CELLS = ("udp-udp", "wss-wss")
# Of single functions, by the names that hot-path-costs gives them.
NANOSECONDS = {"packet-header": at_most(20)}
BYTES_PER_NANOSECOND = {"crc32-65536": at_least(1.5)}


def memory(programs: Programs, effort: Effort, rounds: Rounds) -> list[Table]:
    def measure(transport: str) -> None:
        lines = programs.bench(
            "relay", "--cell", f"{transport}-{transport}", "--mode", "idle", "--idle-peers", effort.peers,
            seconds=60 + effort.peers / 100)
        line = only(lines, mode="idle", transport=transport)
        rounds.add(transport, "connect", value=number(line, "cpu_ms_per_connection"))
        rounds.add(transport, "idle", value=number(line, "bytes_per_peer"))
        rounds.add(transport, "used", value=number(line, "bytes_per_peer_after_traffic"))

    def one_round() -> None:
        for transport in IDLE_PEERS:
            rounds.steps(f"memory {transport}", lambda: measure(transport))

    rounds.run(one_round)
    figures = []
    for transport, (connect, idle, used) in IDLE_PEERS.items():
        name = f"{transport}, {effort.peers:,} peers"
        figures += [
            Figure(f"{name}, let in", "CPU-ms each", rounds[transport, "connect"], target=at_most(connect)),
            Figure(f"{name}, never used", "bytes each", rounds[transport, "idle"], target=at_most(idle)),
            Figure(f"{name}, after traffic", "bytes each", rounds[transport, "used"], target=at_most(used)),
        ]
    return [Table("Idle peers", "beacon", "", figures)]


def wss(programs: Programs, effort: Effort, rounds: Rounds) -> list[Table]:
    def measure() -> None:
        lines = programs.bench(
            "wss", "--length", 1200, "--batched", "--seconds", effort.seconds, seconds=2 * effort.seconds)
        for tls in CLIENT:
            line = only(lines, tls=tls, batched=True)
            rounds.add(tls, "rate", value=number(line, "frames_per_second"))
            rounds.add(tls, "cpu", value=number(line, "client_cpu_s_per_million"))

    rounds.run(lambda: rounds.steps("wss client", measure))
    figures = []
    for tls, (rate, cpu) in CLIENT.items():
        name = "wss" if tls else "ws"
        figures += [
            Figure(f"{name}, 1200 B", "frames per second", rounds[tls, "rate"], target=at_least(rate)),
            Figure(f"{name}, 1200 B, client", "CPU-s per million", rounds[tls, "cpu"], target=at_most(cpu)),
        ]
    return [Table("The client alone", "pilot", "", figures)]


def stall(programs: Programs, effort: Effort, rounds: Rounds) -> list[Table]:
    def measure(cell: str) -> None:
        lines = programs.bench(
            "relay", "--cell", cell, "--mode", "stall", "--length", 1200, "--seconds", effort.seconds,
            seconds=4 * effort.seconds)
        for line in lines:
            name = f"{cell}, {line.get('hung')} peer hung"
            if name not in names:
                names.append(name)
            rounds.add(name, "without", value=number(line, "rtt_p99_us"))
            rounds.add(name, "with", value=number(line, "rtt_p99_stalled_us"))

    def one_round() -> None:
        for cell in STALLED_CELLS:
            rounds.steps(f"stall {cell}", lambda: measure(cell))

    names: list[str] = []
    rounds.run(one_round)
    return [Table("One peer doesn't read", "with it", "without", [
        Figure(f"{name}: round trip of others, p99", "µs", rounds[name, "with"], rounds[name, "without"],
               ratio_at_most(2))
        for name in names
    ])]


def micro(programs: Programs, effort: Effort, rounds: Rounds) -> list[Table]:
    names: list[str] = []

    def measure() -> None:
        for line in programs.costs("time"):
            name = str(line.get("case"))
            if name not in names:
                names.append(name)
            rounds.add(name, value=number(line, "nanoseconds"))
            if line.get("bytes"):
                rounds.add(name, "speed", value=number(line, "bytes") / number(line, "nanoseconds"))

    rounds.run(lambda: rounds.steps("micro", measure))
    figures = [Figure(name, "ns", rounds[(name,)], target=NANOSECONDS.get(name)) for name in names]
    figures += [
        Figure(name, "GB/s", rounds[name, "speed"], target=BYTES_PER_NANOSECOND.get(name))
        for name in names if rounds[name, "speed"]
    ]
    return [Table("Single functions", "pilot", "", figures)]
