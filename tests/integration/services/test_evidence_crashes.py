"""Whatever step of an upload or of a complaint a crash cuts off: no file is lost that something names, none stays that
nothing does."""

from collections.abc import AsyncIterator, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from services.complaints.evidence import model as m
from services.complaints.evidence.commands import EvidenceFiles, Sender, file_id_of
from services.complaints.evidence.store import EVIDENCE, LooseFiles
from services.complaints.evidence.sweeper import Sweeper
from services.complaints.places import of_file
from shared.eventstore import Answer, Cause, Receipt, Repository
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.files import FileIntake
from shared.files.inspector import InspectorProcess
from shared.files.scanning import NoScanner
from shared.httpkit import Upload
from shared.kernel.clock import SteppedClock
from shared.kernel.decider import Refusal
from shared.mongo import Database
from shared.policies.loading import load_policy_book
from shared.vault import LocalKeyRing, LocalSecret, NotThere, Removed, Sealed, Vault, reference
from tests.support.certificates import PNG
from tests.support.vault import MemoryVaultStore
from tests.support.world import START

SECRET = LocalSecret(bytes(range(32)))
PARTY, CAUSE = "acc-intl-1", Cause("acc-intl-1")
USE = m.Use(kind="submission", id="IPP-1")
CLAIM = m.Claim(party=PARTY, platform="lazada", case_id=None, use=USE)
PERIOD = timedelta(hours=24)


class Cut(BaseException):
    """The process is gone."""


@dataclass
class CutOffStore(MemoryVaultStore):
    """Keeps what it is given, or ends the process before or after it."""

    cut: str = ""

    def __post_init__(self) -> None:
        super().__init__()

    async def put(self, sealed: Sealed) -> None:
        if self.cut == "before":
            raise Cut
        await super().put(sealed)
        if self.cut == "after":
            raise Cut


class NothingHeld:
    async def among(self, accounts: Set[str]) -> Mapping[str, str]:
        return {}


@dataclass
class Desk:
    files: EvidenceFiles
    sweeper: Sweeper
    repository: Repository[m.EvidenceFile, m.Event]
    vault: Vault
    store: CutOffStore
    clock: SteppedClock
    named: dict[str, Sequence[str]] = field(default_factory=dict)

    async def upload(self, key: str = "key-0001") -> str:
        receipt: Receipt[m.EvidenceFile] = Receipt(key, "hash", lambda file: Answer(201, file.id.encode()))
        done = await self.files.upload(Sender(PARTY, "lazada"), Upload("a.png", "", PNG), CAUSE, receipt)
        return done.id

    async def status(self, file_id: str) -> str:
        loaded = await self.repository.load(file_id)
        return loaded.state.status if loaded else "none"

    async def swept_after(self, period: timedelta) -> None:
        self.clock.advance(period)
        await self.sweeper.sweep()

    def sealed(self) -> list[bytes]:
        return [each.ciphertext for each in self.store.sealed.values() if each.ciphertext is not None]


@pytest.fixture
async def desk(fresh_database: Database) -> AsyncIterator[Desk]:
    clock, book, store = SteppedClock(START), load_policy_book(), CutOffStore()
    documents = MongoAggregateStore(fresh_database, EVIDENCE.collection, EVIDENCE.indexes)
    await documents.prepare()
    repository = Repository(EVIDENCE, documents, clock, "complaints")
    vault = Vault(store, LocalKeyRing(SECRET), SECRET.derive("blind-index"))
    inspector, loose = InspectorProcess(), LooseFiles(fresh_database)
    files = EvidenceFiles(repository, vault, FileIntake(inspector, NoScanner()), loose, book, clock)
    named: dict[str, Sequence[str]] = {}

    async def files_of(use: str) -> Sequence[str]:
        return named.get(use, ())

    sweeper = Sweeper(loose, files, {"submission": files_of, "case": files_of}, clock, NothingHeld())
    yield Desk(files, sweeper, repository, vault, store, clock, named)
    await inspector.stop()


@pytest.mark.parametrize("cut", ["before", "after"])
async def test_an_upload_that_is_cut_off_around_its_sealing_is_taken_up_by_a_retry(desk: Desk, cut: str) -> None:
    desk.store.cut = cut
    with pytest.raises(Cut):
        await desk.upload()
    assert await desk.status(file_id_of(PARTY, "key-0001")) == "begun"
    desk.store.cut = ""
    file_id = await desk.upload()
    assert await desk.status(file_id) == "kept"
    assert len(desk.sealed()) == 1
    found = await desk.files.known([file_id])
    assert await desk.files.open(found[file_id]) == PNG


@pytest.mark.parametrize(("cut", "left"), [("before", 0), ("after", 1)])
async def test_an_upload_that_nobody_takes_up_again_leaves_nothing(desk: Desk, cut: str, left: int) -> None:
    desk.store.cut = cut
    with pytest.raises(Cut):
        await desk.upload()
    assert len(desk.sealed()) == left
    await desk.swept_after(PERIOD - timedelta(seconds=1))
    assert len(desk.sealed()) == left
    await desk.swept_after(timedelta(seconds=1))
    file_id = file_id_of(PARTY, "key-0001")
    assert (await desk.status(file_id), desk.sealed()) == ("removed", [])
    place = of_file("lazada", file_id)
    with pytest.raises((Removed, NotThere)):
        await desk.vault.open(PARTY, reference(PARTY, place, file_id), place)


async def test_a_file_that_was_claimed_for_what_never_came_to_be_is_forgotten(desk: Desk) -> None:
    file_id = await desk.upload()
    desk.clock.advance(timedelta(hours=23))
    await desk.files.claim([file_id], CLAIM, CAUSE)
    await desk.swept_after(timedelta(hours=23))  # the claim gave it its period again
    assert await desk.status(file_id) == "claimed"
    await desk.swept_after(timedelta(hours=1))
    assert (await desk.status(file_id), desk.sealed()) == ("removed", [])


async def test_a_file_that_a_written_complaint_names_is_attached_after_all(desk: Desk) -> None:
    file_id = await desk.upload()
    await desk.files.claim([file_id], CLAIM, CAUSE)
    desk.named["IPP-1"] = [file_id]  # written, and then the process was gone
    await desk.swept_after(PERIOD)
    assert await desk.status(file_id) == "attached"
    await desk.swept_after(timedelta(days=400))
    assert (await desk.status(file_id), len(desk.sealed())) == ("attached", 1)


async def test_a_sweep_that_is_cut_off_is_finished_by_the_next(desk: Desk) -> None:
    file_id = await desk.upload()
    desk.clock.advance(PERIOD)
    removed = desk.store.remove

    async def cut_off(refs: Sequence[str]) -> int:
        raise Cut

    desk.store.remove = cut_off  # type: ignore[method-assign]
    with pytest.raises(Cut):
        await desk.sweeper.sweep()
    assert (await desk.status(file_id), len(desk.sealed())) == ("forgotten", 1)
    desk.store.remove = removed  # type: ignore[method-assign]
    await desk.sweeper.sweep()
    assert (await desk.status(file_id), desk.sealed()) == ("removed", [])


async def test_one_that_cannot_be_settled_keeps_no_other_from_it(desk: Desk) -> None:
    first, second = await desk.upload("key-0001"), await desk.upload("key-0002")
    await desk.files.claim([first], CLAIM, CAUSE)

    async def broken(_: str) -> Sequence[str]:
        raise LookupError("no such submission")

    desk.sweeper._files_of = {"submission": broken, "case": broken}
    await desk.swept_after(PERIOD)
    assert (await desk.status(first), await desk.status(second)) == ("claimed", "removed")


async def test_a_party_that_uses_nothing_may_not_fill_the_store(desk: Desk) -> None:
    for number in range(50):  # as the policy says
        await desk.upload(f"key-{number:04}")
    with pytest.raises(Refusal, match="too-many-unused-files"):
        await desk.upload("key-0050")
    await desk.upload("key-0007")  # a retry makes no file more
    await desk.files.claim([file_id_of(PARTY, "key-0000")], CLAIM, CAUSE)
    await desk.files.attach([file_id_of(PARTY, "key-0000")], USE, CAUSE)
    await desk.upload("key-0050")
