"""Good Faith by a hand-written loop around aiokafka's `getmany`: decoded state in memory, one changelog write for each
key and batch, offsets committed after all is acknowledged. Idempotent, acks of all, like ours. It has none of what else
the worker does: no recovery of state, no rebalance, no check of what it reads, no dead letters, no health.

Arguments: bootstrap, input topic, changelog, output topic, group, number of events.
"""

import asyncio
import json
import sys
import time
from typing import Any

import orjson
import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from shared.kernel.collector import spare_what_stays
from shared.runtime.parent import die_with_parent
from tests.bench.peers.goodfaith_work import Programs, eligible

_COMMIT_SECONDS = 0.25


async def main(bootstrap: str, source: str, changelog: str, output: str, group: str, count: int) -> dict[str, Any]:
    consumer = AIOKafkaConsumer(
        source, bootstrap_servers=bootstrap, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest"
    )
    producer = AIOKafkaProducer(
        bootstrap_servers=bootstrap, acks="all", enable_idempotence=True, linger_ms=10, max_batch_size=128 * 1024
    )
    await consumer.start()
    await producer.start()
    programs, done, pending = Programs(), 0, list[Any]()
    began = began_cpu = committed = 0.0
    while done < count:
        batches = await consumer.getmany(timeout_ms=1000, max_records=5000)
        began, began_cpu = began or time.perf_counter(), began_cpu or time.process_time()
        for part, records in batches.items():
            writes: dict[str, Any] = {}
            told = []
            for record in records:
                rows, sends = programs.apply(orjson.loads(record.value))
                writes |= rows
                told += sends
            for key, row in writes.items():
                pending.append(
                    await producer.send(changelog, orjson.dumps(row), key=key.encode(), partition=part.partition)
                )
            for key, body in told:
                headers = [("ce_type", body["type"].encode()), ("ce_id", body["id"].encode())]
                pending.append(await producer.send(output, orjson.dumps(body), key=key.encode(), headers=headers))
            done += len(records)
        if time.perf_counter() - committed > _COMMIT_SECONDS:
            await asyncio.gather(*pending)
            pending.clear()
            await consumer.commit()
            committed = time.perf_counter()
    await asyncio.gather(*pending)
    seconds, cpu = time.perf_counter() - began, time.process_time() - began_cpu
    await consumer.commit()
    await producer.stop()
    await consumer.stop()
    owners = {name: (one.tally, one.standing) for name, one in programs.owners.items()}
    return {"seconds": seconds, "cpu": cpu, "digest": programs.digest(), "eligible": eligible(owners)}


if __name__ == "__main__":
    die_with_parent()
    spare_what_stays()
    print(json.dumps(uvloop.run(main(*sys.argv[1:6], int(sys.argv[6])))))  # type: ignore[call-arg, arg-type]
