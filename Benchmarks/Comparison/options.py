"""How long and how often."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class Effort:
    """What a measurement may take."""

    rounds: int
    seconds: float  # for each single run
    peers: int  # idle connections whose memory is measured
    many_nodes: int  # registered nodes, for the comparison with 1,000


FULL = Effort(rounds=5, seconds=3, peers=5000, many_nodes=500_000)
QUICK = Effort(rounds=1, seconds=0.5, peers=500, many_nodes=50_000)
