"""Processors computed again from offset 0, and what that caused elsewhere."""

from deploy.rebuild import rebuild
from deploy.simulator.quiet import Broker
from shared.kernel.clock import Clock
from tests.chaos.checker import Comparison
from tests.chaos.fire.ground import BurningStage


async def rebuilt(processor: str, stage: BurningStage, clock: Clock) -> Comparison:
    """Compared with the live one. The world stands still meanwhile, so that whatever comes on a topic of ours or to the
    mailbox was caused by it. Raises RebuildFailed, KafkaError."""
    bootstrap = stage.stack.kafka_bootstrap
    before, mails = await _ends(bootstrap, stage), len(stage.mailbox.mails) + stage.mailbox.repeats
    found = await rebuild(processor, bootstrap, clock)
    after = await _ends(bootstrap, stage)
    elsewhere = [*found.foreign_writes, *(topic for topic, end in after.items() if end != before[topic])]
    if len(stage.mailbox.mails) + stage.mailbox.repeats != mails:
        elsewhere.append("a letter was sent")
    differing = [str(one) for one in found.differences]
    if found.different > len(differing):
        differing.append(f"and {found.different - len(differing)} more")
    if found.undecided:
        differing.append(f"not decided: {found.undecided}")
    return Comparison(processor, found.live, tuple(differing), tuple(elsewhere))


async def _ends(bootstrap: str, stage: BurningStage) -> dict[str, int]:
    """Records by topic, of all topics that are ours."""
    broker = Broker(bootstrap)
    await broker.start()
    try:
        found: dict[str, int] = {}
        for part, end in (await broker.ends(stage.topics)).items():
            found[part.topic] = found.get(part.topic, 0) + end
        return found
    finally:
        await broker.stop()
