"""`ipp lag` and `ipp dlq` on a running platform."""

import asyncio
import json
from typing import Any

from aiokafka import AIOKafkaProducer

from deploy.audit import KINDS
from shared.kernel.clock import wall_seconds
from shared.mongo import UpdateOne, connect
from shared.reactions.inbox import Parked, Record
from shared.reactions.mongo_inbox import MongoInbox
from tests.e2e.operate.conftest import Ipp
from tests.support.standing import Standing


def _lag(ipp: Ipp, *arguments: str) -> Any:
    done = ipp("lag", "--json", *arguments)
    said = json.loads(done.stdout)
    assert done.exit_code == (1 if said["late"] else 0), done.output
    return said


def test_a_platform_that_has_done_all_is_not_late(ipp: Ipp) -> None:
    said = _lag(ipp)

    assert (said["late"], said["groups"], said["unsent"], said["parked"], said["unwell"]) == (False, [], [], [], {})
    assert said["processors"] == 6
    assert (said["without_member"], said["not_looked_at"]) == ([], [])
    assert "none is behind" in ipp("lag").output


def test_what_an_outbox_keeps_is_late_after_the_bound(ipp: Ipp, platform: Standing) -> None:
    """A record that the relay cannot send: its topic does not exist."""

    async def leave(change: dict[str, Any]) -> None:
        database = connect(platform.stage.stack.mongo_url, f"{platform.stage.scene.database_prefix}_identity")
        staff = database.collection(KINDS[1].aggregate.collection)
        (someone,) = await staff.find({}, limit=1, fields=("_id",))
        await staff.write([UpdateOne({"_id": someone["_id"]}, change)])
        database.close()

    record = {"id": "x", "topic": "nowhere.v1", "key": "k", "headers": [], "value": b"x", "at": wall_seconds() - 60}
    asyncio.run(leave({"$push": {"outbox": record}}))
    try:
        late, patient = _lag(ipp), _lag(ipp, "--bound", "3600")
    finally:
        asyncio.run(leave({"$pull": {"outbox": {"id": "x"}}}))

    assert late["unsent"] == [{"service": "identity", "collection": "staff", "aggregates": 1, "late": True}]
    assert late["late"]
    assert not patient["late"]


def test_a_parked_key_is_seen_by_both_and_its_record_discarded_by_its_owner(ipp: Ipp, platform: Standing) -> None:
    """Nobody owns the partition here: the verdict stays, and who gave it."""
    parked = Record("complaints.cases.v1", 97, 1, b"IPP-X", (), b"{}")

    async def inbox(park: bool) -> list[str]:
        database = connect(platform.stage.stack.mongo_url, f"{platform.stage.scene.database_prefix}_complaints")
        queue = MongoInbox(database)
        if park:
            await queue.park("complaints.holds", [Parked(parked, "failed", "a bug")])
        else:
            found = [each.verdict for _, each in await queue.list_parked("complaints.holds")]
            await queue.release("complaints.holds", [parked])
            database.close()
            return [str(each) for each in found]
        database.close()
        return []

    asyncio.run(inbox(park=True))
    said = _lag(ipp, "--bound", "0")
    listed = json.loads(ipp("dlq", "list", "--group", "complaints.holds", "--json").stdout)
    done = ipp("dlq", "discard", "--key", "IPP-X", "--yes", "--by", "night-op", "--why", "superseded")
    shown = ipp("dlq", "show", listed[0]["id"])
    decisions = json.loads(ipp("dlq", "decisions", "--json").stdout)

    assert [(each["group"], each["keys"]) for each in said["parked"]] == [("complaints.holds", 1)]
    assert said["late"]
    assert [(each["id"], each["reason"]) for each in listed] == [
        ("complaints.holds|complaints.cases.v1|97|1", "failed")
    ]
    assert done.exit_code == 0, done.output
    assert "discard by night-op" in shown.output
    assert [(each["about"], each["by"], each["why"]) for each in decisions] == [
        (listed[0]["id"], "night-op", "superseded")
    ]
    assert asyncio.run(inbox(park=False)) == ["discard"]


def test_rubbish_on_a_topic_becomes_a_dead_letter_that_waits_until_it_is_decided_about(
    ipp: Ipp, platform: Standing
) -> None:
    async def send() -> None:
        async with AIOKafkaProducer(bootstrap_servers=platform.stage.stack.kafka_bootstrap) as producer:
            await producer.send_and_wait("notifications.deliveries.v1", b"rubbish", key=b"k")

    asyncio.run(send())
    wanted = ("--group", "complaints.service")
    platform.eventually(lambda: json.loads(ipp("dlq", "list", *wanted, "--json").stdout) != [])
    (letter,) = json.loads(ipp("dlq", "list", *wanted, "--json").stdout)
    many = ipp("dlq", "discard", *wanted, "--why", "a test of the sender")
    done = ipp("dlq", "discard", *wanted, "--why", "a test of the sender", "--yes")

    assert (letter["reason"], letter["value"], letter["key"]) == ("dead-letter", "rubbish", "k")
    assert (many.exit_code, many.stderr) == (2, "1 records match; --yes does it to all of them\n")
    assert done.exit_code == 0, done.output
    assert json.loads(ipp("dlq", "list", *wanted, "--json").stdout) == []
    (decided,) = json.loads(ipp("dlq", "list", *wanted, "--all", "--json").stdout)
    assert decided["decided"]["why"] == "a test of the sender"
    # It is no anchor of anything and no finding about a history.
    assert json.loads(ipp("audit", "verify", "--service", "notifications", "--json").stdout)["unread"] == 1
