"""Every processor rebuilt beside the live platform, and whether anything came of it elsewhere: the evidence of I8."""

from collections.abc import Callable, Mapping

from deploy.cli.platform import Platform
from deploy.provision import declared
from deploy.rebuild import PROCESSORS, rebuild
from deploy.rebuild import Comparison as Rebuilt
from deploy.simulator.ledger import plain_consumer
from shared.kernel.clock import Clock
from tests.chaos.checker.evidence import Comparison

_CHANGELOG = "-changelog"


async def rebuild_all(
    platform: Platform, clock: Clock, letters: Callable[[], int] = lambda: 0
) -> tuple[Comparison, ...]:
    """On a platform that is quiet: what grows meanwhile is the rebuild's doing. `letters`: how many were sent so far.
    Raises RebuildFailed where a processor does not come to the end of its inputs."""
    found = []
    for processor in PROCESSORS:
        ends, sent = await _ends(platform.kafka), letters()
        rebuilt = await rebuild(processor.name, platform.kafka, clock)
        grown = [
            f"{end - ends.get(topic, 0)} records on {topic}"
            for topic, end in (await _ends(platform.kafka)).items()
            if end != ends.get(topic, 0)
        ]
        mails = [f"{letters() - sent} letters"] if letters() != sent else []
        found.append(of(rebuilt, (*grown, *mails)))
    return tuple(found)


def of(rebuilt: Rebuilt, elsewhere: tuple[str, ...] = ()) -> Comparison:
    """`ipp rebuild`'s own comparison as evidence."""
    differing = [str(difference) for difference in rebuilt.differences]
    if rebuilt.different > len(differing):
        differing.append(f"and {rebuilt.different - len(differing)} more")
    if rebuilt.undecided:
        differing.append(f"not decided: {rebuilt.undecided}")
    wanted = tuple(f"it wanted to write to {topic}" for topic in rebuilt.foreign_writes)
    return Comparison(rebuilt.processor, rebuilt.live, tuple(differing), (*wanted, *elsewhere), wanted)


async def _ends(bootstrap: str) -> Mapping[str, int]:
    """How many records each topic of the platform has had; tables' own changelogs are the processors' affair."""
    topics = [topic.name for topic in declared() if not topic.name.endswith(_CHANGELOG)]
    found: dict[str, int] = dict.fromkeys(topics, 0)
    async with plain_consumer(bootstrap, topics) as (consumer, partitions):
        for partition, end in (await consumer.end_offsets(partitions)).items():
            found[partition.topic] += end
    return found
