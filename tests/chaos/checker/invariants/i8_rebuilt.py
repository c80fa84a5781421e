"""I8: processors rebuilt from offset 0 into new groups and empty stores equal the live ones, and cause no mail,
takedown or write elsewhere. Decided on comparisons that a rebuild has made."""

from collections.abc import Iterator

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.evidence import Evidence

NAME = "I8"
_SHOWN = 5


def breaches(evidence: Evidence) -> Iterator[Breach]:
    for compared in evidence.rebuilt:
        if compared.differing:
            shown = "; ".join(compared.differing[:_SHOWN])
            story = f"{len(compared.differing)} of {compared.keys} keys differ from the rebuilt one: {shown}"
            yield Breach(NAME, compared.processor, story)
        # Beside a platform that moves, what grew may be anybody's.
        for effect in compared.elsewhere if evidence.quiet else compared.wanted:
            yield Breach(NAME, compared.processor, f"its rebuild had an effect elsewhere: {effect}")
