"""A marketplace's side of the takedown topics, with nothing but aiokafka and the standard library.

    python marketplace.py taobao 127.0.0.1:9092 commands.sqlite

It reads `takedowns.<platform>.v1`, does what each command says, and answers on `takedown-acks.<platform>.v1`. Put your
own system in the place of `Shop`.
"""

import asyncio
import json
import sqlite3
import sys
import uuid
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

REMOVE = "ipp.takedowns.remove"
REINSTATE = "ipp.takedowns.reinstate"


class ShopFailed(Exception):
    """Your system could not do it now. The text is a code, such as `timeout`: it must say nothing about a person."""


class Shop:
    """Stands for your own system. Taking down what is down, or putting up what is up, must do nothing."""

    def __init__(self):
        self.down = set()

    def take_down(self, listing_id):
        self.down.add(listing_id)

    def put_up(self, listing_id):
        self.down.discard(listing_id)

    def merchant_of(self, listing_id):
        """Your identifier of the seller: never a name, an address or an e-mail."""
        return f"m-{listing_id}"


class Answered:
    """What was answered to each command, on disk: a command that comes again gets the same answer and does nothing."""

    def __init__(self, path):
        self._database = sqlite3.connect(path)
        self._database.execute("CREATE TABLE IF NOT EXISTS answered (command_id TEXT PRIMARY KEY, answer TEXT)")

    def get(self, command_id):
        row = self._database.execute("SELECT answer FROM answered WHERE command_id = ?", (command_id,)).fetchone()
        return json.loads(row[0]) if row else None

    def keep(self, command_id, answer):
        with self._database:
            self._database.execute("INSERT INTO answered VALUES (?, ?)", (command_id, json.dumps(answer)))


def carry_out(shop, answered, command):
    """Does what the command's event says, once, and gives the event to answer with; None for what is no command."""
    if command["type"] not in (REMOVE, REINSTATE):
        return None  # a type that is newer than this program: not for us
    said = command["data"]
    answer = answered.get(said["command_id"])
    if answer is None:
        answer = _answer(command, *_do(shop, command["type"], said["listing_id"]), shop.merchant_of(said["listing_id"]))
        answered.keep(said["command_id"], answer)
    return answer


def _do(shop, command_type, listing_id):
    """The kind of the answer and, where it failed, the cause."""
    try:
        if command_type == REMOVE:
            shop.take_down(listing_id)
            return "removed", None
        shop.put_up(listing_id)
        return "reinstated", None
    except ShopFailed as problem:
        return "failed", str(problem)  # you are asked again later, with a new command id


def _answer(command, kind, cause, merchant_id):
    now = datetime.now(UTC).isoformat()
    data = {
        "command_id": command["data"]["command_id"],
        "listing_id": command["data"]["listing_id"],
        "merchant_id": merchant_id,
        "at": now,
    }
    return {
        "specversion": "1.0",
        "id": str(uuid.uuid4()),
        "source": f"/marketplaces/{command['data']['platform']}",
        "type": f"ipp.takedown-acks.{kind}",
        "subject": command["data"]["listing_id"],
        "time": now,
        "datacontenttype": "application/json",
        "dataschema": f"/ipp.takedown-acks.{kind}/v1",
        "sequence": "1",
        "causationid": f"{command['source']}|{command['id']}",
        "correlationid": command.get("correlationid", ""),
        "data": data if cause is None else {**data, "cause": cause},
    }


def headers_of(event):
    """Readers pass over unread what they do not want, by these."""
    marks = {"ce_id": "id", "ce_type": "type", "ce_subject": "subject", "ce_sequence": "sequence"}
    named = [(header, event[name].encode()) for header, name in marks.items()]
    return [("content-type", b"application/cloudevents+json"), *named]


async def run(platform, bootstrap, shop, answered):
    """Until cancelled. The order of a listing's commands is that of its partition; one consumer keeps it."""
    consumer = AIOKafkaConsumer(
        f"takedowns.{platform}.v1",
        bootstrap_servers=bootstrap,
        group_id=f"marketplace.{platform}",
        enable_auto_commit=False,  # committed only when the answer is on its topic
        auto_offset_reset="earliest",
    )
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, acks="all", enable_idempotence=True)
    async with consumer, producer:
        async for record in consumer:
            answer = carry_out(shop, answered, json.loads(record.value))
            if answer is not None:
                value = json.dumps(answer).encode()
                topic = f"takedown-acks.{platform}.v1"
                await producer.send_and_wait(topic, value, key=record.key, headers=headers_of(answer))
            await consumer.commit()


if __name__ == "__main__":
    asyncio.run(run(sys.argv[1], sys.argv[2], Shop(), Answered(sys.argv[3])))
