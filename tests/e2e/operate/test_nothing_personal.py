"""After a whole run nothing personal is on any topic, in any log or metric, or readable in any store.

Looked for in every encoding and as a bare hash: what people typed in, what they were sent, and their secrets."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from deploy.leaks import Leak, LeakScanner
from deploy.simulator import exhibits, people
from deploy.simulator.contacts import merchant_email
from deploy.simulator.drawing import make_plan
from tests.support import raw
from tests.support.standing import Standing

_SEED, _COMPLAINTS = 4, 7  # as `platform` has them
_EVIDENCE = "A test purchase shows that the goods do not come from us."
_STATEMENT = "The goods were bought from the brand's own distributor; invoices are at hand."


def _values(platform: Standing) -> dict[str, str | bytes]:
    """By name, everything personal or secret that went into the platform or came out of it."""
    found: dict[str, str | bytes] = {
        "operator's e-mail": people.OPERATOR,
        "operator's password": people.OPERATOR_PASSWORD,
        "evidence": _EVIDENCE,
        "statement": _STATEMENT,
    }
    plan = make_plan(_SEED, _COMPLAINTS)
    for number, account in enumerate(plan.accounts.values()):
        found[f"{account.key}: login e-mail"] = account.email
        found[f"{account.key}: password"] = account.password
        found[f"{account.key}: name"] = account.name
        contact = people.disclosed_contact(account)
        found |= {f"{account.key}: contact {name}": value for name, value in contact.items()}
        details, parts = people.identity(account, number + 1)
        personal = details.keys() - {"method", "country", "permanent", "corporate_name"}
        found |= {f"{account.key}: {name}": str(details[name]) for name in personal}
        found |= {f"{account.key}: image {part.name}": part.content for part in parts}
    for number, right in enumerate(plan.rights.values()):
        found[f"{right.key}: registrant"] = right.registrant
        found |= {f"{right.key}: {part.name}": part.content for part in people.right(right, number)[1]}
    for submission in plan.submissions:
        found[f"{submission.key}: evidence file"] = exhibits.comparison(submission.key).content
    for case in plan.cases:
        found[f"{case}: counter-notification's file"] = exhibits.invoice(case).content
    for merchant in plan.merchants().values():
        found[f"{merchant}: e-mail"] = merchant_email(merchant)
    for mail in platform.stage.mailbox.mails:
        found[f"to {mail.to}"] = mail.to
        if mail.token:
            found[f"{mail.case_id}: the merchant's link"] = mail.token
    return found


@pytest.fixture(scope="module")
def scanner(platform: Standing) -> LeakScanner:
    values = _values(platform)
    assert len({name.partition(": ")[2] for name in values}) >= 12, sorted(values)
    return LeakScanner(values)


def _told(leaks: Iterator[Leak]) -> list[str]:
    return sorted({str(leak) for leak in leaks})


def test_no_topic_says_anything_personal(platform: Standing, scanner: LeakScanner) -> None:
    read = asyncio.run(raw.records(platform.stage))
    assert sum(content.count(b"specversion") for content in read.values()) > 100
    assert _told(leak for topic, content in read.items() for leak in scanner.found(topic, content)) == []


def test_no_store_can_be_read_without_its_keys(platform: Standing, scanner: LeakScanner) -> None:
    read = asyncio.run(raw.documents(platform.stage.stack.mongo_url))
    assert any(content for name, content in read.items() if name.endswith("vault.sealed"))
    assert _told(leak for name, content in read.items() for leak in scanner.found(name, content)) == []


def test_no_log_names_anybody(platform: Standing, scanner: LeakScanner) -> None:
    logs = {file.name: file.read_bytes() for file in (platform.stage.scene.files / "logs").glob("*.log")}
    assert {name.partition(".")[0] for name in logs} >= set(platform.stage.addresses)
    assert sum(map(len, logs.values())) > 10_000
    assert _told(leak for name, content in logs.items() for leak in scanner.found(name, content)) == []


@pytest.mark.parametrize("path", ["/metrics", "/health/ready", "/backlog", "/openapi.json"])
def test_what_watches_a_service_learns_of_nobody(platform: Standing, scanner: LeakScanner, path: str) -> None:
    async def answers() -> dict[str, bytes]:
        async with aiohttp.ClientSession() as session:
            found = {}
            for service, address in platform.stage.addresses.items():
                async with session.get(f"{address}{path}") as answer:
                    found[service] = await answer.read()
            return found

    read = platform.run(answers())
    assert all(read.values())
    assert _told(leak for service, content in read.items() for leak in scanner.found(service + path, content)) == []


def test_local_rows_of_processors_hold_nothing_personal(platform: Standing, scanner: LeakScanner) -> None:
    state = platform.stage.scene.files / "state"
    files = {file.relative_to(state): file.read_bytes() for file in state.rglob("*") if _is_row(file)}
    assert files
    assert _told(leak for name, content in files.items() for leak in scanner.found(str(name), content)) == []


def _is_row(file: Path) -> bool:
    return file.is_file() and "streams" in file.parts
