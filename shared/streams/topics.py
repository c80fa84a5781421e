"""Looks at the broker's topics before a worker starts: a send to a missing topic never ends by itself."""

import asyncio
from collections.abc import Iterable

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from shared.streams.processor import Shape


class TopologyWrong(Exception):
    """A topic is missing or has another number of partitions than the inputs."""


async def partition_counts(bootstrap: str, names: Iterable[str], *, seconds: float = 20.0) -> dict[str, int]:
    """How many partitions each topic has, 0 where there is none."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        async with asyncio.timeout(seconds):
            await client.start()
            told = await client.describe_topics(list(names))
    except (KafkaError, TimeoutError) as problem:
        raise TopologyWrong(f"the broker does not answer: {problem!r}") from problem
    finally:
        await client.close()
    return {topic["topic"]: len(topic["partitions"]) for topic in told}


async def cluster_id(bootstrap: str, *, seconds: float = 20.0) -> str:
    """Names the broker's data: another cluster, or the same one made anew, has another. Raises TopologyWrong."""
    client = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    try:
        async with asyncio.timeout(seconds):
            await client.start()
            return str((await client.describe_cluster())["cluster_id"])
    except (KafkaError, TimeoutError) as problem:
        raise TopologyWrong(f"the broker does not answer: {problem!r}") from problem
    finally:
        await client.close()


async def check(bootstrap: str, shape: Shape) -> int:
    """The number of partitions of the inputs. Raises TopologyWrong."""
    counts = await partition_counts(bootstrap, shape.topics)
    missing = sorted(name for name, count in counts.items() if not count)
    if missing:
        raise TopologyWrong(f"{shape.name}: provision these topics first: {', '.join(missing)}")
    aligned = {name: counts[name] for name in (*shape.inputs, shape.changelog)}
    if len(set(aligned.values())) != 1:
        raise TopologyWrong(f"{shape.name}: inputs and changelog need equal partitions, found {aligned}")
    return next(iter(aligned.values()))
