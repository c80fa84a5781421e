"""What is kept of others: the latest facts win, whatever comes late, twice or at once."""

import asyncio
import random

from shared.mongo import Database
from shared.reactions.replica import Replica


async def test_the_latest_facts_win(fresh_database: Database) -> None:
    replica = Replica(fresh_database, "rights")
    await replica.prepare()

    await replica.put("a", 2, {"status": "authenticated"})
    await replica.put("a", 1, {"status": "submitted", "place": "CN"})
    await replica.put("a", 2, {"status": "repeated"})
    assert await replica.get("a") == {"_id": "a", "sequence": 2, "status": "authenticated"}

    await replica.put("a", 3, {"place": "HK"})
    assert await replica.get("a") == {"_id": "a", "sequence": 3, "status": "authenticated", "place": "HK"}
    assert await replica.get("b") is None


async def test_puts_of_two_processes_at_once_end_at_the_latest(fresh_database: Database) -> None:
    one, other = Replica(fresh_database, "rights"), Replica(fresh_database, "rights")
    puts = [(f"s{n}", sequence) for n in range(20) for sequence in range(1, 11)]
    random.Random(7).shuffle(puts)

    await asyncio.gather(
        *((one, other)[i % 2].put(subject, sequence, {"seen": sequence}) for i, (subject, sequence) in enumerate(puts))
    )

    found = await one.find({})
    assert {(document["_id"], document["sequence"], document["seen"]) for document in found} == {
        (f"s{n}", 10, 10) for n in range(20)
    }
