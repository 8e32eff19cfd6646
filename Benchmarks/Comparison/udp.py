"""UDP: the transport beside plain C on the same sockets."""

from __future__ import annotations

from .figures import Figure, Table, at_least, at_most, ratio_at_least, ratio_at_most
from .options import Effort
from .programs import Programs, number, only
from .rounds import Rounds, quotient

LENGTHS = (64, 1200, 4096)
# Of each case: the most that the sender and the receiver may cost, in multiples of the reference.
CASES = {
    "bulk": (1.35, 1.25),
    "mixed": (None, None),
    "single": (1.1, 1.1),
}
SIDES = ("sender", "receiver")


def run(programs: Programs, effort: Effort, rounds: Rounds) -> list[Table]:
    rounds.run(lambda: _one_round(programs, effort, rounds))
    titles = {"bulk": "In bulk", "mixed": "In bulk, to 16 addresses in turn", "single": "One by one"}
    return [
        *(_flood_table(rounds, titles[case], case, bounds) for case, bounds in CASES.items()),
        _many_destinations(rounds),
        Table("Senders of single datagrams, at once", "two", "one", [
            Figure(f"{length} B, sent", "per CPU-second", rounds["senders", length, 2], rounds["senders", length, 1],
                   ratio_at_least(5))
            for length in LENGTHS
        ]),
        _round_trips(rounds),
    ]


def _one_round(programs: Programs, effort: Effort, rounds: Rounds) -> None:
    for length in LENGTHS:
        for case in CASES:
            rounds.steps(
                f"udp {case} {length}",
                lambda: _flood(programs, effort, rounds, "c", case, length),
                lambda: _flood(programs, effort, rounds, "pilot", case, length))
        rounds.steps(
            f"udp round-trip {length}",
            lambda: _round_trip(programs, effort, rounds, "c", length),
            lambda: _round_trip(programs, effort, rounds, "pilot", length))
        rounds.steps(f"udp senders {length}", lambda: _senders(programs, effort, rounds, length))


def _command(programs: Programs, effort: Effort, who: str, case: str, length: int) -> list[dict]:
    options = ("--case", case, "--length", length, "--seconds", effort.seconds)
    if who == "c":
        return programs.udp_reference(*options, seconds=effort.seconds)
    return programs.bench("udp", *options, seconds=effort.seconds)


def _flood(programs: Programs, effort: Effort, rounds: Rounds, who: str, case: str, length: int) -> None:
    line = only(_command(programs, effort, who, case, length), case=case)
    for side in SIDES:
        rounds.add(case, length, side, who, value=number(line, f"{side}_cpu_us"))
    rounds.add(case, length, "rate", who, value=number(line, "datagrams_per_second"))
    sent = number(line, "sent")
    rounds.add(case, length, "loss", who, value=100 * number(line, "lost") / sent if sent else 100)


def _round_trip(programs: Programs, effort: Effort, rounds: Rounds, who: str, length: int) -> None:
    line = only(_command(programs, effort, who, "round-trip", length), case="round-trip")
    rounds.add("round-trip", length, "p50", who, value=number(line, "rtt_p50_us"))
    rounds.add("round-trip", length, "p99", who, value=number(line, "rtt_p99_us"))


def _senders(programs: Programs, effort: Effort, rounds: Rounds, length: int) -> None:
    lines = _command(programs, effort, "pilot", "senders", length)
    for count in (1, 2):
        line = only(lines, senders=count)
        rounds.add("senders", length, count, value=number(line, "datagrams_per_cpu_second"))


def _flood_table(rounds: Rounds, title: str, case: str, bounds: tuple) -> Table:
    figures = []
    for length in LENGTHS:
        def figure(name: str, unit: str, key: str, target=None, has_ratio: bool = True) -> Figure:
            return Figure(
                f"{length} B, {name}", unit, rounds[case, length, key, "pilot"], rounds[case, length, key, "c"],
                target, has_ratio)

        is_held_to_rate = case == "bulk" and length == 1200
        figures += [
            figure(side, "µs CPU each", side, ratio_at_most(bound) if bound else None)
            for side, bound in zip(SIDES, bounds)
        ]
        figures += [
            figure("received", "per second", "rate", at_least(2e6) if is_held_to_rate else None),
            figure("lost", "%", "loss", at_most(2) if is_held_to_rate else None, has_ratio=False),
        ]
    return Table(title, "pilot", "C", figures)


def _many_destinations(rounds: Rounds) -> Table:
    def over_bulk(length: int, who: str):
        return rounds.combined(("mixed", length, "sender", who), ("bulk", length, "sender", who), quotient)

    return Table("What 16 destinations cost over one", "pilot", "C", [
        Figure(f"{length} B, sender", "ratio", over_bulk(length, "pilot"), over_bulk(length, "c"), at_most(2))
        for length in LENGTHS
    ])


def _round_trips(rounds: Rounds) -> Table:
    return Table("Round trips", "pilot", "C", [
        Figure(f"{length} B, {key}", "µs", rounds["round-trip", length, key, "pilot"],
               rounds["round-trip", length, key, "c"], ratio_at_most(1.1) if key == "p50" else None)
        for length in LENGTHS for key in ("p50", "p99")
    ])
