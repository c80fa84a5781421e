"""Marketplaces do what they are told once, in their own manner, and see what comes out of order."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from deploy.simulator.marketplaces import Marketplaces, manner, seller
from shared.contracts.complaints.takedowns import ReinstateListing, RemoveListing, TakedownCommand
from shared.contracts.envelope import Envelope, decode
from shared.kafka.producer import Producer
from shared.kernel.clock import SteppedClock
from tests.support.eventually import eventually

SEED = 5
START = datetime(2026, 2, 3, 7, tzinfo=UTC)


class _Producer(Producer):
    """Keeps what is sent."""

    def __init__(self) -> None:
        super().__init__("nowhere:0", "marketplaces")
        self.sent: list[tuple[str, Envelope]] = []

    async def send(
        self, topic: str, key: bytes | None, value: bytes | None, headers: Sequence[tuple[str, bytes | None]]
    ) -> None:
        self.sent.append((topic, decode(value)))


@pytest.fixture
async def world() -> AsyncIterator[tuple[Marketplaces, _Producer, SteppedClock]]:
    clock, producer = SteppedClock(START), _Producer()
    marketplaces = Marketplaces("nowhere:0", clock, SEED, sellers={_listing("prompt"): "m-taobao-7"})
    marketplaces._producer = producer
    yield marketplaces, producer, clock
    await marketplaces.stop()


def _listing(how: str) -> str:
    """A listing that the seed treats in this manner."""
    numbers = (f"taobao:item:{number}" for number in range(520_000_000_000, 520_000_001_000))
    return next(listing for listing in numbers if manner(SEED, listing) == how)


def _command(listing: str, number: int, kind: type[TakedownCommand] = RemoveListing) -> Envelope:
    data = kind(
        command_id=f"{listing}#{number}",
        platform="taobao",
        listing_id=listing,
        kind="item",
        number=listing.rpartition(":")[2],
    )
    return Envelope(
        id=f"measure/{listing}/{number}",
        source="/complaints",
        type=data.type,
        subject=listing,
        time=START,
        dataschema=data.dataschema(),
        sequence=number,
        data=data.model_dump(mode="json"),
    )


async def test_a_prompt_marketplace_takes_down_and_says_whose_listing_it_is(
    world: tuple[Marketplaces, _Producer, SteppedClock],
) -> None:
    marketplaces, producer, _ = world
    listing, shelf = _listing("prompt"), marketplaces.shelves["taobao"]

    marketplaces._take(shelf, _command(listing, 1))
    assert marketplaces.outstanding == 1
    await eventually(lambda: not marketplaces.outstanding)

    ((topic, said),) = producer.sent
    assert (topic, said.type) == ("takedown-acks.taobao.v1", "ipp.takedown-acks.removed")
    assert (said.data["command_id"], said.data["merchant_id"]) == (f"{listing}#1", "m-taobao-7")
    assert shelf.down == {listing}


async def test_a_reinstatement_puts_the_listing_up_again(
    world: tuple[Marketplaces, _Producer, SteppedClock],
) -> None:
    marketplaces, producer, _ = world
    listing, shelf = _listing("prompt"), marketplaces.shelves["taobao"]

    marketplaces._take(shelf, _command(listing, 1))
    marketplaces._take(shelf, _command(listing, 2, ReinstateListing))
    await eventually(lambda: not marketplaces.outstanding)

    assert shelf.down == set()
    assert sorted(said.type for _, said in producer.sent)[0] == "ipp.takedown-acks.reinstated"


async def test_a_repeated_command_does_nothing_twice_and_is_acknowledged_again(
    world: tuple[Marketplaces, _Producer, SteppedClock],
) -> None:
    marketplaces, producer, _ = world
    listing, shelf = _listing("prompt"), marketplaces.shelves["taobao"]

    for _ in range(2):
        marketplaces._take(shelf, _command(listing, 1))
    await eventually(lambda: not marketplaces.outstanding)

    assert [said.data["command_id"] for _, said in producer.sent] == [f"{listing}#1"] * 2
    assert (shelf.repeats, shelf.gaps) == (1, [])


async def test_a_gap_is_written_down(world: tuple[Marketplaces, _Producer, SteppedClock]) -> None:
    marketplaces, _, _ = world
    listing = _listing("prompt")

    marketplaces._take(marketplaces.shelves["taobao"], _command(listing, 2))

    assert marketplaces.gaps == [f"taobao {listing}: 2 came after 0"]


async def test_a_marketplace_that_fails_first_succeeds_with_the_next_command(
    world: tuple[Marketplaces, _Producer, SteppedClock],
) -> None:
    marketplaces, producer, _ = world
    listing, shelf = _listing("fails first"), marketplaces.shelves["taobao"]

    marketplaces._take(shelf, _command(listing, 1))
    await eventually(lambda: not marketplaces.outstanding)
    assert shelf.down == set()
    marketplaces._take(shelf, _command(listing, 2))
    await eventually(lambda: not marketplaces.outstanding)

    assert [said.type.rpartition(".")[2] for _, said in producer.sent] == ["failed", "removed"]
    assert shelf.down == {listing}


async def test_a_late_marketplace_answers_when_business_time_moves(
    world: tuple[Marketplaces, _Producer, SteppedClock],
) -> None:
    marketplaces, producer, clock = world
    listing = _listing("late")

    marketplaces._take(marketplaces.shelves["taobao"], _command(listing, 1))
    assert (marketplaces.outstanding, marketplaces.waiting, producer.sent) == (0, 1, [])
    clock.advance(timedelta(hours=3))
    assert marketplaces.outstanding == 1
    marketplaces.business_time_moved()
    await eventually(lambda: not marketplaces.outstanding)

    ((_, said),) = producer.sent
    assert datetime.fromisoformat(said.data["at"]) == START + timedelta(hours=3)


async def test_some_acknowledge_twice(world: tuple[Marketplaces, _Producer, SteppedClock]) -> None:
    marketplaces, producer, _ = world

    marketplaces._take(marketplaces.shelves["taobao"], _command(_listing("twice"), 1))
    await eventually(lambda: not marketplaces.outstanding)

    assert len(producer.sent) == 2


async def test_without_a_seed_every_marketplace_is_prompt() -> None:
    producer = _Producer()
    marketplaces = Marketplaces("nowhere:0", SteppedClock(START), None)
    marketplaces._producer = producer

    for how in ("fails first", "late", "twice"):
        marketplaces._take(marketplaces.shelves["taobao"], _command(_listing(how), 1))
    await eventually(lambda: not marketplaces.outstanding)

    assert [said.type.rpartition(".")[2] for _, said in producer.sent] == ["removed"] * 3


def test_sellers_of_unknown_listings_are_the_same_each_time_and_belong_to_one_country() -> None:
    assert seller("lazada", "SG", "lazada.sg:item:5") == seller("lazada", "SG", "lazada.sg:item:5")
    assert seller("lazada", "SG", "lazada.sg:item:5").startswith("m-lazada-sg-")
