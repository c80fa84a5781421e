"""The local stack is a real broker and a real store."""

import fcntl
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from deploy.local.stack import FolderInUse, LocalStack
from shared.mongo import Database
from tests.support.processes import alive, eventually

_PROJECT = Path(__file__).parents[2]

# Starts a stack in a folder, prints the ids of its processes, and waits to be killed.
_OWNER = """
import asyncio, sys
from pathlib import Path
from deploy.local.stack import LocalStack
async def main():
    async with LocalStack(Path(sys.argv[1])) as stack:
        print(stack.kafka.child.pid, stack.mongo.child.pid, flush=True)
        await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_what_is_produced_is_consumed_by_a_group(stack: LocalStack, fresh_name: Callable[[str], str]) -> None:
    topic = fresh_name("roundtrip")
    admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_bootstrap)
    await admin.start()
    await admin.create_topics([NewTopic(topic, 1, 1)])
    await admin.close()

    async with AIOKafkaProducer(
        bootstrap_servers=stack.kafka_bootstrap, acks="all", enable_idempotence=True
    ) as producer:
        await producer.send_and_wait(topic, b"said", key=b"k")

    async with AIOKafkaConsumer(
        topic,
        bootstrap_servers=stack.kafka_bootstrap,
        group_id=fresh_name("group"),
        auto_offset_reset="earliest",
        enable_auto_commit=False,
    ) as consumer:
        record = await consumer.getone()
        await consumer.commit()

    assert (record.key, record.value) == (b"k", b"said")


async def test_of_two_compare_and_set_writes_on_one_version_one_matches(fresh_database: Database) -> None:
    accounts = fresh_database.collection("accounts")
    await accounts.insert({"_id": "a", "version": 1})

    first = await accounts.update({"_id": "a", "version": 1}, {"$set": {"version": 2, "by": "first"}})
    second = await accounts.update({"_id": "a", "version": 1}, {"$set": {"version": 2, "by": "second"}})

    assert (first, second) == (True, False)
    assert await accounts.find_one({"_id": "a"}) == {"_id": "a", "version": 2, "by": "first"}


async def test_broker_and_store_die_with_a_stack_that_is_killed(tmp_path: Path) -> None:
    # given
    command = [sys.executable, "-c", _OWNER, str(tmp_path)]
    env = {name: value for name, value in os.environ.items() if name not in ("KAFKA_BOOTSTRAP", "MONGO_URL")}
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=_PROJECT, text=True, env=env) as owner:  # noqa: ASYNC220, S603
        assert owner.stdout is not None
        children = [int(pid) for pid in owner.stdout.readline().split()]
        assert len(children) == 2

        # when
        owner.send_signal(signal.SIGKILL)

    # then nothing is left, and the folder can be used again
    await eventually(lambda: not any(map(alive, children)))
    async with LocalStack(tmp_path, env={}) as again:
        assert again.kafka_bootstrap


async def test_two_stacks_do_not_share_a_folder(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)

        with pytest.raises(FolderInUse):
            await LocalStack(tmp_path, env={}).start()


async def test_what_the_environment_names_is_used_and_nothing_is_started(tmp_path: Path) -> None:
    given = {"KAFKA_BOOTSTRAP": "broker:9092", "MONGO_URL": "mongodb://store"}

    async with LocalStack(tmp_path / "data", env=given) as stack:
        assert (stack.kafka_bootstrap, stack.mongo_url, stack.store) == ("broker:9092", "mongodb://store", "given")

    assert not (tmp_path / "data").exists()
