"""Relaying: the beacon beside a relay loop in C, from every transport to every other, and with many nodes."""

from __future__ import annotations

from .figures import Figure, Table, at_least, at_most, ratio_at_most
from .options import Effort
from .programs import Programs, number, only
from .rounds import Rounds, difference

LENGTH = 1200
WINDOW = 256
FEW_NODES = 1000
# Of each cell: the most CPU-seconds per million frames, and the most microseconds for a round trip in the middle.
CELLS = {
    "udp-udp": (None, 200),
    "udp-ws": (3.5, 250),
    "ws-udp": (2.5, None),
    "ws-ws": (2, None),
    "udp-wss": (None, 300),
    "wss-udp": (None, 300),
    "wss-wss": (None, 300),
}
# What TLS adds: to which cell, and on how many of its legs.
TLS_OVER = {"udp-wss": ("udp-ws", 1), "wss-udp": ("ws-udp", 1), "wss-wss": ("ws-ws", 2)}
MOST_PER_TLS_LEG = 1.2
# Senders that hand the kernel many frames at once: the most CPU-seconds per million, and the least frames per second.
BATCHED = {"udp-udp": (0.6, 1.5e6), "udp-ws": (1.2, None)}


def run(programs: Programs, effort: Effort, rounds: Rounds) -> list[Table]:
    rounds.run(lambda: _one_round(programs, effort, rounds))
    return [
        Table("UDP to UDP", "beacon", "relay in C", _beside_reference(rounds)),
        Table("From every transport to every other", "beacon", "", _cells(rounds)),
        Table("From senders in bulk", "beacon", "", _batched(rounds)),
        Table("Registered nodes", f"{effort.many_nodes:,}", f"{FEW_NODES:,}", _many_nodes(rounds, effort)),
    ]


def _one_round(programs: Programs, effort: Effort, rounds: Rounds) -> None:
    for batching in ("--single", "--batched"):
        rounds.steps(
            f"relay udp-udp {batching}",
            lambda: _reference(programs, effort, rounds, batching),
            lambda: _flood(programs, effort, rounds, "udp-udp", batching))
    for cell in CELLS:
        if cell != "udp-udp":
            rounds.steps(f"relay {cell}", lambda: _flood(programs, effort, rounds, cell, "--single"))
        rounds.steps(f"relay {cell} ping", lambda: _ping(programs, effort, rounds, cell))
    rounds.steps("relay udp-ws --batched", lambda: _flood(programs, effort, rounds, "udp-ws", "--batched"))
    rounds.steps(
        "relay many nodes",
        lambda: _registered(programs, effort, rounds, FEW_NODES),
        lambda: _registered(programs, effort, rounds, effort.many_nodes))


def _options(effort: Effort, cell: str, mode: str) -> tuple:
    return ("relay", "--cell", cell, "--mode", mode, "--length", LENGTH, "--seconds", effort.seconds)


def _take_flood(rounds: Rounds, lines: list[dict], who: str, cell: str, batching: str) -> None:
    line = only(lines, mode="flood")
    rounds.add(who, cell, batching, "cpu", value=number(line, "beacon_cpu_s_per_million"))
    rounds.add(who, cell, batching, "rate", value=number(line, "frames_per_second"))


def _flood(programs: Programs, effort: Effort, rounds: Rounds, cell: str, batching: str) -> None:
    lines = programs.bench(*_options(effort, cell, "flood"), batching, "--window", WINDOW, seconds=effort.seconds)
    _take_flood(rounds, lines, "pilot", cell, batching)


def _reference(programs: Programs, effort: Effort, rounds: Rounds, batching: str) -> None:
    with programs.relay_reference(2 * effort.seconds) as (address, process):
        other = ("--udp", address, "--beacon-pid", process)
        lines = programs.bench(
            *_options(effort, "udp-udp", "flood"), batching, "--window", WINDOW, *other, seconds=effort.seconds)
        _take_flood(rounds, lines, "c", "udp-udp", batching)
        if batching == "--single":
            lines = programs.bench(*_options(effort, "udp-udp", "ping"), *other, seconds=effort.seconds)
            _take_ping(rounds, lines, "c", "udp-udp")


def _ping(programs: Programs, effort: Effort, rounds: Rounds, cell: str) -> None:
    lines = programs.bench(*_options(effort, cell, "ping"), seconds=effort.seconds)
    _take_ping(rounds, lines, "pilot", cell)


def _take_ping(rounds: Rounds, lines: list[dict], who: str, cell: str) -> None:
    line = only(lines, mode="ping")
    rounds.add(who, cell, "p50", value=number(line, "rtt_p50_us"))
    rounds.add(who, cell, "p99", value=number(line, "rtt_p99_us"))


def _registered(programs: Programs, effort: Effort, rounds: Rounds, nodes: int) -> None:
    lines = programs.bench(
        *_options(effort, "udp-udp", "flood"), "--batched", "--window", WINDOW, "--registered-nodes", nodes,
        seconds=effort.seconds)
    line = only(lines, mode="flood")
    rounds.add("nodes", nodes, "cpu", value=number(line, "beacon_cpu_s_per_million"))
    rounds.add("nodes", nodes, "memory", value=number(line, "beacon_rss_bytes"))


def _beside_reference(rounds: Rounds) -> list[Figure]:
    def figure(name, unit, *key, target=None):
        return Figure(name, unit, rounds[("pilot", "udp-udp", *key)], rounds[("c", "udp-udp", *key)], target)

    return [
        figure("single datagrams, beacon", "CPU-s per million", "--single", "cpu", target=ratio_at_most(1.1)),
        figure("single datagrams, delivered", "per second", "--single", "rate"),
        figure("in bulk, beacon", "CPU-s per million", "--batched", "cpu", target=at_most(BATCHED["udp-udp"][0])),
        figure("in bulk, delivered", "per second", "--batched", "rate", target=at_least(BATCHED["udp-udp"][1])),
        figure("round trip, p50", "µs", "p50", target=at_most(CELLS["udp-udp"][1])),
        figure("round trip, p99", "µs", "p99"),
    ]


def _cells(rounds: Rounds) -> list[Figure]:
    figures = []
    for cell, (cpu, p50) in CELLS.items():
        figures += [
            Figure(f"{cell}, beacon", "CPU-s per million", rounds["pilot", cell, "--single", "cpu"],
                   target=at_most(cpu) if cpu else None),
            Figure(f"{cell}, delivered", "per second", rounds["pilot", cell, "--single", "rate"]),
            Figure(f"{cell}, round trip, p50", "µs", rounds["pilot", cell, "p50"],
                   target=at_most(p50) if p50 else None),
            Figure(f"{cell}, round trip, p99", "µs", rounds["pilot", cell, "p99"]),
        ]
    for cell, (plain, legs) in TLS_OVER.items():
        added = rounds.combined(
            ("pilot", cell, "--single", "cpu"), ("pilot", plain, "--single", "cpu"), difference)
        figures.append(Figure(
            f"TLS: {cell} over {plain}", "CPU-s per million", added, target=at_most(legs * MOST_PER_TLS_LEG)))
    return figures


def _batched(rounds: Rounds) -> list[Figure]:
    figures = []
    for cell, (cpu, rate) in BATCHED.items():
        figures += [
            Figure(f"{cell}, beacon", "CPU-s per million", rounds["pilot", cell, "--batched", "cpu"],
                   target=at_most(cpu)),
            Figure(f"{cell}, delivered", "per second", rounds["pilot", cell, "--batched", "rate"],
                   target=at_least(rate) if rate else None),
        ]
    return figures


def _many_nodes(rounds: Rounds, effort: Effort) -> list[Figure]:
    few, many = FEW_NODES, effort.many_nodes
    per_node = rounds.combined(
        ("nodes", many, "memory"), ("nodes", few, "memory"), lambda large, small: (large - small) / (many - few))
    return [
        Figure("in bulk, beacon", "CPU-s per million", rounds["nodes", many, "cpu"],
               rounds["nodes", few, "cpu"], ratio_at_most(1.3)),
        Figure("memory of the difference", "bytes each", per_node, target=at_most(150)),
    ]
