"""An account with many years behind it: what a demonstration left of it, repeated under other numbers.

Submissions, cases of every fate, notices and sealed texts are documents as the services write them. Texts are sealed
anew for each repeat, by the vault's own code with the service's own keys, as a ciphertext opens at its own place only;
they are long, and no two are alike. Rights with large documents are submitted over HTTP.
"""

import asyncio
import random
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

import aiohttp
import bson
import orjson
from bson.raw_bson import RawBSONDocument

from deploy.simulator.demo import Run, play, scene_of
from deploy.simulator.drawing import make_plan
from deploy.simulator.plan import Account
from deploy.simulator.stage import Stage
from services.complaints.exports.told import Sealed, texts_of_case, texts_of_submission
from services.complaints.places import region_of
from shared.kernel.ids import derived_code, random_id
from shared.mongo import Database, InsertOne, connect
from shared.vault import LocalKeyRing, LocalSecret, MongoVaultStore, RegionalVault, Vault
from tests.support.files import pdfs

Item = TypeVar("Item")

COMPLAINTS = 42
DOCUMENTS = 5
DOCUMENT_BYTES = 4_900_000
TEXT_WORDS = 140
_AT_ONCE = 500
_WORDS = [
    "stitching",
    "logo",
    "seam",
    "label",
    "serial",
    "number",
    "invoice",
    "purchase",
    "original",
    "copy",
    "假货",
    "正品",
    "商标",
    "吊牌",
    "缝线",
    "包装",
    "防伪",
]


@dataclass(frozen=True)
class Group:
    """What one submission left, as BSON; texts: what the person wrote in it and in its cases."""

    number: str
    submission: bytes
    cases: Sequence[tuple[str, bytes]]
    notices: Sequence[bytes]
    texts: Sequence[Sealed]


@dataclass(frozen=True)
class LongAccount:
    """account: as the plan has it; cases, notices, texts: how many there are."""

    stage: Stage
    account: Account
    account_id: str
    token: str
    cases: int
    submissions: int
    notices: int

    @property
    def identity(self) -> str:
        return self.stage.addresses["identity"]

    def database(self, service: str) -> Database:
        return connect(self.stage.stack.mongo_url, f"{self.stage.scene.database_prefix}_{service}")


@asynccontextmanager
async def long_account(folder: Path, cases: int) -> AsyncIterator[LongAccount]:
    """At least so many cases of one account, on a platform whose five services run."""
    run, plan = Run(seed=4, complaints=COMPLAINTS, folder=folder), make_plan(4, COMPLAINTS)
    async with Stage(scene_of(run, plan)) as stage:
        result = await play(stage, run, plan, lambda _: None)
        if not result.verdict.right:
            raise AssertionError(str(result.verdict))
        number = [case.account for case in plan.cases.values()]
        account = max(plan.accounts.values(), key=lambda each: number.count(each.key))
        account_id = result.world.account_ids[account.key]
        async with aiohttp.ClientSession() as session:
            token = await _token(session, stage, account)
            await asyncio.gather(*(_right(session, stage, token, n) for n in range(DOCUMENTS)))
        yield await _repeated(stage, account, account_id, token, cases)


async def _token(session: aiohttp.ClientSession, stage: Stage, account: Account) -> str:
    body = {"email": account.email, "password": account.password}
    async with session.post(f"{stage.addresses['identity']}/v1/sessions", json=body) as answer:
        return str((await answer.json())["access_token"])


async def _right(session: aiohttp.ClientSession, stage: Stage, token: str, number: int) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    said = {
        "right_type": "trademark",
        "place": "FR",
        "name": f"LONG {number}",
        "registration_number": f"9{number:06d}",
        "registrant": "Long Lived Ltd",
        "expires_on": date(2031, 12, 6).isoformat(),
        "nice_classes": [25],
    }
    form.add_field("submission", orjson.dumps(said).decode())
    content = pdfs.document([pdfs.stream(random.Random(number).randbytes(DOCUMENT_BYTES))])
    form.add_field("certificate", content, filename="certificate.pdf", content_type="application/pdf")
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": uuid.uuid4().hex}
    async with session.post(f"{stage.addresses['ipr']}/v1/rights", data=form, headers=headers) as answer:
        if answer.status != 201:
            raise AssertionError(f"a right was not taken: {answer.status} {await answer.text()}")


async def _repeated(stage: Stage, account: Account, account_id: str, token: str, cases: int) -> LongAccount:
    prefix = stage.scene.database_prefix
    complaints, notices, mainland = (
        connect(stage.stack.mongo_url, f"{prefix}_{name}") for name in ("complaints", "notifications", "complaints_cn")
    )
    try:
        groups = await _groups(complaints, notices, account_id)
        vault = await _vault(stage.scene.files.absolute() / "state" / "complaints", complaints, mainland)
        have = sum(len(group.cases) for group in groups)
        copies: list[Group] = []
        while have + sum(len(group.cases) for group in copies) < cases:
            copies.append(groups[len(copies) % len(groups)])
        for batch in _in_batches([*enumerate(copies)], 200):
            made = await asyncio.gather(*(_copy(vault, account_id, group, n) for n, group in batch))
            for collection, into in (("submissions", complaints), ("cases", complaints), ("notices", notices)):
                documents = [document for copy in made for document in copy[collection]]
                for few in _in_batches(documents, _AT_ONCE):
                    report = await into.collection(collection).write([InsertOne(RawBSONDocument(d)) for d in few])  # type: ignore[arg-type]
                    if report.violations:
                        raise AssertionError(f"{collection}: {len(report.violations)} were refused")
        where = {"ix.account": account_id}
        return LongAccount(
            stage,
            account,
            account_id,
            token,
            await complaints.collection("cases").count(where),
            await complaints.collection("submissions").count(where),
            await notices.collection("notices").count({**where, "state.party": "owner"}),
        )
    finally:
        for database in (complaints, notices, mainland):
            database.close()


def _in_batches(many: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (many[at : at + size] for at in range(0, len(many), size))


async def _groups(complaints: Database, notices: Database, account_id: str) -> list[Group]:
    groups = []
    for submission in await complaints.collection("submissions").find({"ix.account": account_id}):
        number = submission["_id"]
        cases = await complaints.collection("cases").find({"ix.submission": number})
        about = {"ix.about": {"$in": [case["_id"] for case in cases]}, "state.party": "owner"}
        texts = texts_of_submission(submission["state"])
        texts += [text for case in cases for text in texts_of_case(case["state"], case["history"])]
        groups.append(
            Group(
                number=number,
                submission=bson.encode(submission),
                cases=[(case["state"]["listing_id"], bson.encode(case)) for case in cases],
                notices=[bson.encode(each) for each in await notices.collection("notices").find(about)],
                texts=texts,
            )
        )
    return groups


async def _vault(state: Path, database: Database, mainland: Database) -> RegionalVault:
    secret = LocalSecret.from_file(state / "secret")
    ring, blind = LocalKeyRing(secret, state), secret.derive("blind-index")
    vaults = {
        "intl": Vault(MongoVaultStore(database), ring, blind),
        "cn": Vault(MongoVaultStore(mainland), ring, blind),
    }
    return RegionalVault(vaults, region_of, blind=vaults["intl"])  # type: ignore[arg-type]


async def _copy(vault: RegionalVault, account_id: str, group: Group, n: int) -> dict[str, list[bytes]]:
    """The group under another number, with listings and texts of its own."""
    number = f"IPP-{derived_code('long', str(n), length=10)}"
    renamed = [(group.number.encode(), number.encode())]
    for position, (listing, _) in enumerate(group.cases):
        old = listing.rpartition(":")[2]
        fresh = str(10**12 + (n * 1000 + position) * 7_919)[-len(old) :].rjust(len(old), "1")
        renamed.append((listing.encode(), f"{listing.removesuffix(old)}{fresh}".encode()))
    words = random.Random(n)
    for text in group.texts:
        place = text.place.replace(group.number, number)
        said = " ".join(words.choices(_WORDS, k=TEXT_WORDS)).encode()
        renamed.append((text.ref.encode(), (await vault.seal(account_id, place, said)).encode()))
    notices = [
        _named(each, [*renamed, (bson.decode(each)["_id"].encode(), random_id("ntc").encode())])
        for each in group.notices
    ]
    cases = [_named(each, renamed) for _, each in group.cases]
    return {"submissions": [_named(group.submission, renamed)], "cases": cases, "notices": notices}


def _named(document: bytes, renamed: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Names of the same length, so that the document stays well-formed."""
    for old, new in renamed:
        document = document.replace(old, new)
    return document
