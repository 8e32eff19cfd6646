"""What honest nodes notice of a stranger beside the beacon who attacks it."""

from __future__ import annotations

from .figures import Figure, Table, at_least, at_most
from .options import Effort
from .programs import Programs, Unmeasured, number
from .rounds import Rounds

# What the stranger does, in the order of `pilot bench relay --attack`; "none" is the same without him.
ATTACKS = {
    "none": "nobody",
    "proofs": "15,000 wrong proofs a second",
    "discovers": "Discovers of invented nodes, at full speed",
    "relays": "Relays, at full speed",
    "dials": "1,000 TLS connections a second",
    "connections": "2,000 silent TLS connections",
}
MOST_LOST_PERCENT = 1
MOST_P99_US = 5_000
MOST_MEMORY = 1.5
# Around each attack: before anything is measured, and until the memory is looked at again.
HEAD_SECONDS = 1
RECOVERY_SECONDS = 30


def run(programs: Programs, effort: Effort, rounds: Rounds) -> list[Table]:
    rounds.run(lambda: rounds.steps("attack", lambda: _one_round(programs, effort, rounds)))
    return [
        Table(name[0].upper() + name[1:], "beacon", "", _figures(rounds, attack))
        for attack, name in ATTACKS.items()
    ]


def _one_round(programs: Programs, effort: Effort, rounds: Rounds) -> None:
    each = effort.seconds + HEAD_SECONDS + RECOVERY_SECONDS
    lines = programs.bench(
        "relay", "--mode", "attack", "--seconds", effort.seconds, seconds=2 * len(ATTACKS) * each)
    missing = set(ATTACKS) - {line.get("attack") for line in lines}
    if missing:
        raise Unmeasured(f"no line for {', '.join(sorted(missing))}")
    for line in lines:
        _take(rounds, line)


def _take(rounds: Rounds, line: dict) -> None:
    attack = line.get("attack")
    rounds.add(attack, "lost", value=number(line, "lost_percent"))
    rounds.add(attack, "p99", value=number(line, "latency_p99_us"))
    rounds.add(attack, "evicted", value=number(line, "evicted"))
    rounds.add(attack, "newcomers", value=number(line, "attached"))
    rounds.add(attack, "cpu", value=number(line, "beacon_cpu_s"))
    if attack == "none":
        return
    rounds.add(attack, "made", value=number(line, "made"))
    rounds.add(attack, "memory", value=number(line, "resident_after") / number(line, "resident_before"))


def _figures(rounds: Rounds, attack: str) -> list[Figure]:
    figures = [
        Figure("honest frames lost", "%", rounds[attack, "lost"], target=at_most(MOST_LOST_PERCENT)),
        Figure("one way, p99", "µs", rounds[attack, "p99"], target=at_most(MOST_P99_US)),
        Figure("honest nodes evicted", "of 200", rounds[attack, "evicted"], target=at_most(0)),
        Figure("newcomers attached", "of 10", rounds[attack, "newcomers"], target=at_least(10)),
        Figure("beacon meanwhile", "CPU-s", rounds[attack, "cpu"]),
    ]
    if attack != "none":
        figures += [
            Figure("memory 30 s after", "× before", rounds[attack, "memory"], target=at_most(MOST_MEMORY)),
            Figure("done by the stranger", "times", rounds[attack, "made"]),
        ]
    return figures
