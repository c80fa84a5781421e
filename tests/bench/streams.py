"""What the measures of stream processors share: a broker, topics, records put in fast, contenders as processes."""

import asyncio
import json
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.kafka import KafkaBroker
from shared.contracts.envelope import Headers
from shared.contracts.topic import Topic
from shared.streams.batches import CachedPartitioner
from shared.streams.processor import Shape

PARTITIONS = 4
ROOT = Path(__file__).parents[2]
QUIX_PYTHON = ROOT / "build/quix/bin/python"


def bench_shape(shape: Shape, name: str, inputs: Mapping[str, Topic]) -> Shape:
    """The same processor under a name of its own. Inputs that are not given are topics of its own, and stay empty."""
    given = {contract.name for contract in inputs.values()}
    others = {f"{name}.{topic}": contract for topic, contract in shape.inputs.items() if contract.name not in given}
    return Shape(name, {**inputs, **others}, tuple(f"{name}.{output}" for output in shape.outputs))


class Broker:
    """A broker of its own for one measure, and what is asked of it."""

    def __init__(self, bootstrap: str, folder: Path, admin: AIOKafkaAdminClient) -> None:
        self.bootstrap = bootstrap
        self.folder = folder
        self._admin = admin

    async def make(self, *names: str, partitions: int = PARTITIONS, compact: Sequence[str] = ()) -> None:
        compaction = {"cleanup.policy": "compact"}
        topics = [NewTopic(name, partitions, 1) for name in dict.fromkeys(names)]
        topics += [NewTopic(name, partitions, 1, topic_configs=compaction) for name in compact]
        known = await self._admin.list_topics()
        await self._admin.create_topics([topic for topic in topics if topic.name not in known])
        while any(one["error_code"] for one in await self._admin.describe_topics([topic.name for topic in topics])):
            await asyncio.sleep(0.05)

    async def make_for(self, shape: Shape) -> None:
        await self.make(*shape.inputs, *shape.outputs, shape.dead_letters, compact=[shape.changelog])

    async def drop(self, *names: str) -> None:
        known = await self._admin.list_topics()
        await self._admin.delete_topics([name for name in names if name in known])

    async def count(self, topic: str) -> int:
        """Records of a topic that nobody cleans."""
        reader = AIOKafkaConsumer(bootstrap_servers=self.bootstrap)
        await reader.start()
        try:
            parts = [TopicPartition(topic, number) for number in range(PARTITIONS)]
            return sum((await reader.end_offsets(parts)).values())
        finally:
            await reader.stop()

    async def load(
        self,
        topic: str,
        records: Iterable[tuple[str, Headers, bytes]],
        partitions: int = PARTITIONS,
        by: Callable[[str], str] = str,
    ) -> None:
        """In order per partition, in the client's own batches. `by`: which part of a key tells its partition."""
        choose, numbers = CachedPartitioner(), list(range(partitions))
        producer = AIOKafkaProducer(bootstrap_servers=self.bootstrap, acks="all", max_batch_size=512 * 1024)
        await producer.start()
        batches: dict[int, Any] = defaultdict(producer.create_batch)
        sent: list[Any] = []
        try:
            for key, headers, value in records:
                raw = key.encode()
                number = choose(by(key).encode(), numbers, numbers)
                row = {"key": raw, "value": value, "timestamp": None, "headers": list(headers)}
                if batches[number].append(**row) is None:
                    sent.append(await producer.send_batch(batches.pop(number), topic, partition=number))
                    batches[number].append(**row)
            for number, batch in batches.items():
                sent.append(await producer.send_batch(batch, topic, partition=number))
            await asyncio.gather(*sent)
        finally:
            await producer.stop()


@asynccontextmanager
async def broker() -> AsyncIterator[Broker]:
    """Killed at the end, its data with it."""
    with tempfile.TemporaryDirectory(prefix="ipp-bench-") as folder:
        kafka = await KafkaBroker.start(Path(folder) / "kafka")
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka.bootstrap)
        try:
            await admin.start()
            yield Broker(kafka.bootstrap, Path(folder), admin)
        finally:
            await admin.close()
            kafka.child.kill()
            await kafka.child.stop()


async def contender(module: str, *arguments: str, python: Path | str = sys.executable) -> dict[str, Any]:
    """What a module, run in a process of its own, prints at its end. Raises RuntimeError where it fails."""
    process = await asyncio.create_subprocess_exec(
        str(python),
        *("-m", module, *arguments),
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        out, told = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"{module} ended with {process.returncode}: {told.decode()[-4000:]}")
    said: dict[str, Any] = json.loads(out.decode().splitlines()[-1])
    return said
