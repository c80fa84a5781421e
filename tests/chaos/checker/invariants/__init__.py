"""The ten invariants, each a module with `breaches(evidence)`."""

from collections.abc import Callable, Iterator, Mapping

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.evidence import Evidence

Invariant = Callable[[Evidence], Iterator[Breach]]
INVARIANTS: Mapping[str, Invariant] = {}


def check(evidence: Evidence) -> list[Breach]:
    """What does not hold, by invariant."""
    return [breach for invariant in INVARIANTS.values() for breach in invariant(evidence)]
