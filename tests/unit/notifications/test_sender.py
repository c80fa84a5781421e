"""The sender: at once when planned, again after a crash, and no notice waits for another's trouble."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.notifications.delivery.letters import LetterWriter
from services.notifications.delivery.links import ISSUER, MerchantLinks
from services.notifications.delivery.peers import Complainant, Reader, RightOnFile
from services.notifications.delivery.post import Post
from services.notifications.delivery.sender import Sender
from services.notifications.delivery.smtp import MailRefused, MailServerAway
from services.notifications.delivery.texts import Texts
from services.notifications.notices import plans
from services.notifications.notices.commands import Planning, Recording
from services.notifications.notices.model import Notice, PlanNotice
from services.notifications.notices.store import NOTICE, OpenNotice, lane_of, shard_of
from shared.access import Signer
from shared.contracts.complaints import cases
from shared.eventstore import Cause, Repository
from shared.kernel.clock import SteppedClock
from shared.kernel.failures import Transient
from shared.peers import PeerAway
from shared.policies.loading import load_policy_book
from tests.support.eventually import eventually
from tests.support.memory_store import MemoryAggregateStore
from tests.support.post_office import PORTALS, FakeMailer, FakePeers

NOW = datetime(2026, 2, 13, 6, 0, tzinfo=UTC)
ACCOUNT = "acc-intl-3V9YQ2C7XN4M8K1TZ0RB"
CAUSE = Cause("test")


@dataclass
class Office:
    """A sender over a store in memory, with the peers and the mail in the test's hand."""

    tmp_path: Path
    store: MemoryAggregateStore = field(default_factory=MemoryAggregateStore)
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOW))
    mailer: FakeMailer = field(default_factory=FakeMailer)
    peers: FakePeers = field(default_factory=FakePeers)

    def __post_init__(self) -> None:
        self.notices = Repository(NOTICE, self.store, self.clock, "notifications")
        self.peers.owners[ACCOUNT, "contact"] = Reader("Acme", "legal@acme.example", "en")
        self.peers.owners[ACCOUNT, "login"] = Reader("Acme", "owner@acme.example", "en")
        self.peers.complainants[ACCOUNT] = Complainant("Acme", "legal@acme.example")
        self.peers.rights["rgt-8Y1D6ZK4W0QF3M7XB2NC"] = RightOnFile("ACME", "1", "CN", ())
        self.peers.merchants["m-1"] = Reader("Shop", "shop@seller.example", "zh")

    async def open(self, shard: int, after: str, limit: int) -> list[OpenNotice]:
        found = []
        for notice_id in sorted(self.store.documents):
            loaded = await self.notices.load(notice_id)
            if loaded and loaded.state.open and shard_of(notice_id) == shard and notice_id > after:
                found.append(OpenNotice(notice_id, lane_of(loaded.state)))
        return found[:limit]

    async def count_open(self) -> int:
        loaded = [await self.notices.load(notice_id) for notice_id in self.store.documents]
        return sum(1 for each in loaded if each and each.state.open)

    def sender(self, *, longest_delay: float = 0.02) -> Sender:
        links = MerchantLinks(Signer.from_file(ISSUER, self.tmp_path / "key.pem"), PORTALS, "ipp")
        writer = LetterWriter(Texts(), self.peers, links, load_policy_book(), self.clock)
        post = Post(self.peers, writer, self.mailer, self.clock, sender="IPP <a@ipp.example>", mac_key=b"k" * 32)
        return Sender(
            self.notices,
            self,
            Recording(self.notices),
            post,
            lane_width=2,
            first_delay=0.01,
            longest_delay=longest_delay,
            sweep_every=0.05,
            page=3,
        )

    @asynccontextmanager
    async def sending(self, longest_delay: float = 0.02) -> AsyncIterator[Planning]:
        sender = self.sender(longest_delay=longest_delay)
        task = asyncio.create_task(sender.run())
        try:
            yield Planning(self.notices, self.clock, sender.planned)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def state(self, notice_id: str) -> Notice:
        loaded = await self.notices.load(notice_id)
        assert loaded is not None
        return loaded.state

    async def until(self, notice_id: str, condition: Callable[[Notice], bool]) -> None:
        async def holds() -> bool:
            return condition(await self.state(notice_id))

        await eventually(holds)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path)


def command(
    kind: type[cases.CaseEvent], template: str, *, number: int = 1, party: str = "owner", platform: str = "taobao"
) -> PlanNotice:
    [event] = [each for each in cases.TOPIC.examples if type(each) is kind]
    assert isinstance(event, cases.CaseEvent)
    changes = {"merchant_id": "m-1", "case_id": f"IPP-7K2M9QX4TD-{number:03}", "platform": platform}
    known = event.model_copy(update={**changes, "listing_id": f"{platform}:item:{number}"})
    found = plans.of_case(known, f"case/{known.case_id}/1")
    [one] = [each for each in found if (each.template, each.party) == (template, party)]
    return one


def received(number: int = 1) -> PlanNotice:
    return command(cases.ComplaintFiled, "complaint-received", number=number)


def takedown(number: int = 1, platform: str = "taobao") -> PlanNotice:
    return command(cases.ListingTakenDown, "takedown", number=number, party="merchant", platform=platform)


async def test_a_planned_notice_is_sent_at_once_and_served(office: Office) -> None:
    async with office.sending() as planning:
        await planning.plan(received(), CAUSE)
        await office.until(received().notice_id, lambda notice: notice.status == "served")
    assert [address for address, _ in office.mailer.sent] == ["legal@acme.example"]
    assert (await office.state(received().notice_id)).served_at == NOW
    assert await office.count_open() == 0


async def test_given_a_crash_after_planning_then_the_next_process_sends_it(office: Office) -> None:
    await Planning(office.notices, office.clock).plan(received(), CAUSE)
    async with office.sending():
        await office.until(received().notice_id, lambda notice: notice.status == "served")


async def test_given_many_shards_and_pages_then_every_notice_is_found(office: Office) -> None:
    commands = [received(number) for number in range(1, 41)]
    for each in commands:
        await Planning(office.notices, office.clock).plan(each, CAUSE)
    async with office.sending():

        async def quiet() -> bool:
            return await office.count_open() == 0

        await eventually(quiet)
    assert len(office.mailer.sent) == 40


async def test_given_a_crash_between_sending_and_recording_then_the_same_letter_goes_again(office: Office) -> None:
    await Planning(office.notices, office.clock).plan(received(), CAUSE)
    crashed = office.sender()
    await crashed._post.attempt(await office.state(received().notice_id))  # sent, and killed before recording
    async with office.sending():
        await office.until(received().notice_id, lambda notice: notice.status == "served")
    first, second = (letter["Message-ID"] for _, letter in office.mailer.sent)
    assert first == second


async def test_given_the_mail_server_is_away_then_the_notice_stays_planned_until_it_is_back(office: Office) -> None:
    refusals = iter([MailServerAway("SMTPConnectError")] * 3)

    def refuse(_: str) -> None:
        for problem in refusals:
            raise problem

    office.mailer.refuse = refuse
    async with office.sending() as planning:
        await planning.plan(received(), CAUSE)
        await office.until(received().notice_id, lambda notice: notice.status == "served")
    history = await office.notices.history(received().notice_id)
    # An outage, however long, leaves no trace in the history.
    assert [type(each.event).__name__ for each in history] == ["NoticePlanned", "NoticeServed"]


async def test_given_an_address_is_refused_for_good_then_it_failed_and_is_not_tried_again(office: Office) -> None:
    asked: list[str] = []

    def refuse(address: str) -> None:
        asked.append(address)
        raise MailRefused("smtp-550")

    office.mailer.refuse = refuse
    async with office.sending() as planning:
        await planning.plan(received(), CAUSE)
        await office.until(received().notice_id, lambda notice: notice.status == "failed")
    assert asked == ["legal@acme.example"]
    assert (await office.state(received().notice_id)).failure == "smtp-550"


async def test_given_two_addresses_and_one_away_then_the_first_starts_the_clock_and_the_copy_follows(
    office: Office,
) -> None:
    counter = command(cases.CounterNotified, "counter-received")
    office.peers.fails["owner:login"] = PeerAway("identity answered 503")
    async with office.sending() as planning:
        await planning.plan(counter, CAUSE)
        await office.until(counter.notice_id, lambda notice: notice.status == "served")
        assert (await office.state(counter.notice_id)).open == ("login",)
        office.clock.move_to(datetime(2026, 2, 14, 6, 0, tzinfo=UTC))
        office.peers.fails.clear()
        await office.until(counter.notice_id, lambda notice: notice.open == ())
    assert (await office.state(counter.notice_id)).served_at == NOW
    assert sorted(address for address, _ in office.mailer.sent) == ["legal@acme.example", "owner@acme.example"]


async def test_given_one_marketplace_hangs_then_others_and_owners_are_told_all_the_same(office: Office) -> None:
    hangs = asyncio.Event()
    answer = office.peers.merchant

    async def merchant(platform: str, merchant_id: str) -> Reader:
        if platform == "aliexpress":
            await hangs.wait()
        return await answer(platform, merchant_id)

    office.peers.merchant = merchant  # type: ignore[method-assign]
    async with office.sending() as planning:
        for number in range(1, 6):  # more than the lane has turns
            stuck = command(cases.ListingTakenDown, "takedown", number=number, party="merchant", platform="aliexpress")
            await planning.plan(stuck, CAUSE)
        await planning.plan(takedown(7, "tmall"), CAUSE)
        await planning.plan(received(8), CAUSE)
        await office.until(takedown(7, "tmall").notice_id, lambda notice: notice.status == "served")
        await office.until(received(8).notice_id, lambda notice: notice.status == "served")
        assert await office.count_open() == 5
        hangs.set()


async def test_given_a_letter_cannot_be_written_then_the_others_go_on(office: Office) -> None:
    broken = takedown(1, "no-such-platform")
    async with office.sending(longest_delay=5) as planning:
        await planning.plan(broken, CAUSE)
        await planning.plan(received(2), CAUSE)
        await office.until(received(2).notice_id, lambda notice: notice.status == "served")
    assert (await office.state(broken.notice_id)).status == "planned"  # in the backlog, for an operator to see


async def test_given_the_store_is_away_after_sending_then_it_is_recorded_later_and_not_sent_again(
    office: Office,
) -> None:
    write, failures = office.store.write, iter([Transient("store away")] * 2)
    planned = False

    async def sometimes(changes):  # type: ignore[no-untyped-def]
        if planned:
            for problem in failures:
                raise problem
        return await write(changes)

    office.store.write = sometimes  # type: ignore[method-assign]
    async with office.sending() as planning:
        await planning.plan(received(), CAUSE)
        planned = True
        await office.until(received().notice_id, lambda notice: notice.status == "served")
    assert len(office.mailer.sent) == 1


async def test_given_two_processes_then_what_is_new_is_left_to_the_one_that_planned_it(office: Office) -> None:
    async with office.sending() as planning, office.sending():
        for number in range(1, 30):
            await planning.plan(received(number), CAUSE)

        async def quiet() -> bool:
            return await office.count_open() == 0

        await eventually(quiet)
    assert len({letter["Message-ID"] for _, letter in office.mailer.sent}) == 29
