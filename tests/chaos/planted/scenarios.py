"""What happens in the world while a bug is in it. Each ends with everything settled, and none knows what is broken."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

from services.complaints.cases.model import ExpireDeadline
from shared.eventstore import Cause
from shared.kernel.decider import Refusal
from shared.policies.calendars import Deadline
from tests.chaos.planted.broken_stores import WritesLater
from tests.chaos.planted.broken_transport import Outage
from tests.chaos.planted.people import People
from tests.chaos.planted.world import Crash, World
from tests.support.memory_store import Kept

Scenario = Callable[[People], Awaitable[None]]
DAY = timedelta(days=1)


async def an_ordinary_week(people: People) -> None:
    """Every way through a case once, with a crash in between."""
    world = people.world
    silent, disputed, withdrawn = [await people.down(number) for number in (1, 2, 3)]
    failing = "taobao:item:520000000004"
    world.market.fails.add(failing)
    await people.down(4)
    rejected = await people.file(5)
    await people.review(rejected)
    await people.reject(rejected)
    await people.withdraw(withdrawn)
    await people.counter(disputed)
    await world.settle()
    world.crash()
    await people.dispute(disputed)
    await people.determine(disputed, "overturned")
    await world.settle()
    world.advance(2 * DAY)
    await world.settle()
    world.advance(6 * DAY)
    await world.settle()
    assert silent != rejected


async def a_crash_while_a_hold_is_placed(people: People) -> None:
    await _upheld_in_a_crash(people)


async def a_crash_while_a_hold_is_placed_and_the_case_goes_on(people: People) -> None:
    """The owner withdraws: the next event of the case finds its predecessor missing."""
    await people.withdraw(await _upheld_in_a_crash(people))
    await people.world.settle()


async def _upheld_in_a_crash(people: People) -> str:
    world = people.world
    case = await people.file(1)
    await people.review(case)
    await people.uphold(case)
    _dies_at(world.process.measures, "execute")
    await world.settle(crashes=True)
    return case


async def a_crash_between_submission_and_cases(people: People) -> None:
    """The client is not answered and does not come again."""
    _dies_at(people.process.cases, "file")
    try:
        await people.file(1, heard=False)
    except Crash:
        people.world.crash()
    await people.world.settle()


async def a_power_cut_after_the_answer(people: People) -> None:
    world = people.world
    await people.file(1)
    await world.settle()
    await people.file(2)
    for store in world.stores.values():
        if isinstance(store, WritesLater):
            store.lose_power()
    world.crash()
    await world.settle()


async def an_answer_lost_on_its_way(people: People) -> None:
    """The client asks again with the same key."""
    await people.file(1, key="key-again", heard=False)
    await people.world.settle()
    await people.file(1, key="key-again")
    await people.world.settle()


async def a_short_outage_of_one_topic(people: People) -> None:
    """The broker takes no command to the marketplace for a moment."""
    people.world.broker.refuses = Outage("takedowns.", times=1)
    await people.down(1)
    await people.down(2)


async def a_short_outage_with_two_records_waiting(people: People) -> None:
    """The first record of a case is refused while the second waits behind it."""
    case = await people.file(1)
    await people.review(case)
    people.world.broker.refuses = Outage("complaints.cases.", times=1)
    await people.world.settle()
    await people.uphold(case)
    await people.world.settle()


async def two_reviewers_at_once(people: People) -> None:
    """Two processes; each decides on the state that it has read."""
    case = await people.file(1)
    await people.review(case)
    await asyncio.gather(people.uphold(case), people.beside().reject(case))
    await people.world.settle()


async def an_old_record_comes_again(people: People) -> None:
    """The case was upheld, withdrawn, its listing is up: then its upholding is delivered once more."""
    world = people.world
    case = await people.down(1)
    await people.withdraw(case)
    await world.settle()
    log = world.broker.topics["complaints.cases.v1"]
    upheld = next(record for record in log if b"complaint-upheld" in (record.value or b""))
    world.broker.append(upheld.topic, upheld.key, upheld.value, upheld.headers)
    await world.settle()


async def an_hour_after_service(people: People) -> None:
    await people.down(1)
    people.world.advance(timedelta(hours=1))
    await people.world.settle()


async def silence_after_a_restart(people: People) -> None:
    """The deadline ran when the process ended, and is over when the next one has begun."""
    world = people.world
    await people.down(1)
    for stream in world.streams:
        stream.lagging = 0
    world.crash()
    world.advance(10 * DAY)
    await world.settle()


async def an_answer_in_the_last_hour(people: People) -> None:
    world = people.world
    case = await people.down(1)
    world.advance(await _until_due(world, case) - timedelta(hours=1))
    await people.counter(case)
    await world.settle()


async def an_answer_too_late(people: People) -> None:
    """After the silence had its effect."""
    world = people.world
    case = await people.down(1)
    world.advance(await _until_due(world, case) + timedelta(hours=1))
    await world.settle()
    await people.counter(case)
    await world.settle()


async def an_answer_races_its_expiry(people: People) -> None:
    """Received a second before the end, and handled by one process while another handles the expiry."""
    world = people.world
    case = await people.down(1)
    world.advance(await _until_due(world, case) - timedelta(seconds=1))
    other = people.beside()

    async def expires() -> None:
        try:
            expiry = ExpireDeadline(deadline_id="counter-notification:1")
            await other.process.cases.execute(case, expiry, Cause("deadline"))
        except Refusal:
            pass

    await asyncio.gather(people.counter(case, takes=timedelta(minutes=2)), expires())
    await world.settle()


async def two_rights_on_one_listing(people: People) -> None:
    """Both hold it; the first lets go, then the other."""
    first = await people.down(1, right="rgt-1")
    second = await people.down(1, right="rgt-2")
    await people.withdraw(first)
    await people.world.settle()
    await people.counter(second)
    await people.world.settle()


async def poison_on_a_shared_partition(people: People) -> None:
    """A record that nobody can read comes under the key of one case; another case goes on behind it."""
    world = people.world
    world.broker.partitions = 1
    poisoned = await people.file(1)
    await world.settle()
    world.broker.append("complaints.cases.v1", poisoned.encode(), b"\xff not json")
    await people.down(2)


async def redelivery_after_a_restart(people: People) -> None:
    """The penalty processor finds its last records uncommitted; then things go on."""
    world = people.world
    first, second = await people.down(1), await people.down(2)
    for stream in world.streams[:2]:
        stream.lagging = 0
    world.crash()
    await world.settle()
    await people.counter(first)
    await people.withdraw(second)
    await world.settle()


def with_hands_in_the_store(change: Callable[[Kept], None]) -> Scenario:
    """A case goes its way, and then its history is changed behind the application's back."""

    async def scenario(people: People) -> None:
        case = await people.down(1)
        change(people.world.stores["complaints.cases"].documents[case])

    return scenario


async def _until_due(world: World, case: str) -> timedelta:
    running = (await _known(world, case)).running
    assert isinstance(running, Deadline)
    return running.due - world.clock.now()


async def _known(world: World, case: str) -> Any:
    found = await world.process.cases.load(case)
    assert found is not None
    return found


def _dies_at(part: object, call: str) -> None:
    """The process is gone when it comes to this call; the next process has a part of its own."""

    async def die(*_: object, **__: object) -> None:
        raise Crash(call)

    setattr(part, call, die)
