"""Faust 0.15.3 with the parts replaced that lose records or wait without need. See docs/adr on Faust.

- Faust commits after `producer.flush()`, which gives up after 0.1 s and only logs failed sends: here an offset is
  committed only when every send made before is acknowledged by the broker.
- A table is a changelog and its recovery; the processor keeps the state, by partition, and drops what is revoked.
- Start-up waits one second "for tables to register": not needed where the topology is fixed.
- Two sets of the same members may print in different order, and co-partitioned topics then part: grouped by set.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Protocol

import faust
from faust.assignor.partition_assignor import PartitionAssignor
from faust.tables.manager import TableManager
from faust.tables.table import Table
from faust.transport.drivers import aiokafka as driver

FETCH_WAIT_MS = 100
"""How long the broker may hold an empty fetch back; as long as that of our reactions."""


class Host(Protocol):
    """What the parts ask of the worker that runs them."""

    async def settle(self) -> bool:
        """Waits until all sends are acknowledged; False where they are not: then nothing is committed."""

    def on_changelog(self, partition: int, key: bytes | None, value: bytes | None) -> None: ...

    def on_partitions(self, dropped: Iterable[int]) -> None: ...


class PromptConsumerThread(driver.AIOKafkaConsumerThread):  # type: ignore[misc]
    """The broker answers one request of a connection after the other: with Faust's fetches of up to 1.5 s, a question
    about offsets (`/backlog`) or a commit waits as long."""

    def _create_worker_consumer(self, transport: Any) -> Any:
        consumer = super()._create_worker_consumer(transport)
        consumer._fetch_max_wait_ms = FETCH_WAIT_MS  # read when it starts
        return consumer


class SettlingConsumer(driver.Consumer):  # type: ignore[misc]
    """Commits an offset only after everything that the records before it caused is on the broker."""

    def _new_consumer_thread(self) -> Any:
        return PromptConsumerThread(self, loop=self.loop, beacon=self.beacon)

    async def _commit_offsets(self, offsets: Mapping[Any, int], start_new_transaction: bool = True) -> bool:
        if not await self.app.host.settle():
            return False
        return bool(await super()._commit_offsets(offsets, start_new_transaction))


class IdempotentProducer(driver.Producer):  # type: ignore[misc]
    def _settings_extra(self) -> Mapping[str, Any]:
        return {"acks": "all", "enable_idempotence": True}


class SettlingTransport(driver.Transport):  # type: ignore[misc]
    Consumer = SettlingConsumer
    Producer = IdempotentProducer


class PromptTableManager(TableManager):  # type: ignore[misc]
    async def on_start(self) -> None:
        if not self.should_stop:
            await self._update_channels()
            await self.recovery.start()


class SetwiseAssignor(PartitionAssignor):  # type: ignore[misc]
    @classmethod
    def _group_co_subscribed(cls, topics: set[str], subscriptions: Mapping[str, Iterable[str]]) -> Iterable[set[str]]:
        groups: dict[frozenset[str], set[str]] = defaultdict(set)
        for topic in topics:
            groups[frozenset(member for member, wanted in subscriptions.items() if topic in wanted)].add(topic)
        return groups.values()


class ChangelogTable(Table):  # type: ignore[misc]
    """Faust recovers it; its values go to the processor and are kept nowhere else."""

    def apply_changelog_batch(self, batch: Iterable[Any]) -> None:
        for event in batch:
            message = event.message
            self.app.host.on_changelog(message.partition, message.key, message.value)

    async def on_rebalance(
        self, assigned: set[Any], revoked: set[Any], newly_assigned: set[Any], generation_id: int = 0
    ) -> None:
        # Newly assigned ones too: they are read back from the start, onto nothing.
        changelog = self.changelog_topic_name
        self.app.host.on_partitions({tp.partition for tp in revoked | newly_assigned if tp.topic == changelog})


class EmbeddedApp(faust.App):  # type: ignore[misc]
    """A Faust app that leaves no folder behind and knows its host."""

    host: Host

    def _create_directories(self) -> None:
        """Nothing is kept on disk: the changelog is the state."""

    def _new_transport(self) -> Any:
        return SettlingTransport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Any:
        return SettlingTransport(self.conf.broker_producer, self)
