"""The ten invariants, each a module with `breaches(evidence)`."""

from collections.abc import Callable, Iterator, Mapping

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.invariants import (
    i1_none_vanishes,
    i2_one_key,
    i3_one_decision,
    i4_commands,
    i5_deadlines,
    i6_one_winner,
    i7_published_committed,
    i8_rebuilt,
    i9_own_case_only,
    i10_audit,
)

Invariant = Callable[[Evidence], Iterator[Breach]]
INVARIANTS: Mapping[str, Invariant] = {
    module.NAME: module.breaches
    for module in (
        i1_none_vanishes,
        i2_one_key,
        i3_one_decision,
        i4_commands,
        i5_deadlines,
        i6_one_winner,
        i7_published_committed,
        i8_rebuilt,
        i9_own_case_only,
        i10_audit,
    )
}


def check(evidence: Evidence) -> list[Breach]:
    """What does not hold, by invariant."""
    return [breach for invariant in INVARIANTS.values() for breach in invariant(evidence)]
