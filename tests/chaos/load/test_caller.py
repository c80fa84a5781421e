"""Callers ask as the seed says, with one key, and write down each attempt before they make it."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from deploy.simulator.client import Away, Client, Refused
from shared.kernel.clock import SteppedClock
from tests.chaos.checker.ledger import Ledger, Promise, read_promises
from tests.chaos.load.caller import Asked, Bearer, Manner, Telephone

_START = datetime(2026, 1, 5, 2, tzinfo=UTC)
_ME = Bearer("me", "a token")


@dataclass
class _Answers(Client):
    """Gives what it was told to, one after the other, and then a case."""

    given: list[Exception] = field(default_factory=list)

    async def attempt(self, method: str, service: str, path: str, **more: Any) -> Any:
        self.requests += 1
        if self.given:
            raise self.given.pop(0)
        return {"cases": [{"case_id": "CASE-1"}]}


async def _asked(tmp_path: Path, manner: Manner, given: list[Exception]) -> tuple[list[Promise], Telephone]:
    with Ledger(tmp_path / "promises.jsonl") as ledger:
        phone = Telephone(_Answers({}, given=given), ledger, SteppedClock(_START), seed=1)
        key = next(key for key in map("key-{}".format, range(1000)) if phone.manner(key) == manner)
        await phone.ask(_ME, Asked("submission", "complaints", "/v1/submissions", {}, key))
    return list(read_promises(tmp_path / "promises.jsonl")), phone


async def test_who_is_patient_asks_with_the_same_key_until_answered(tmp_path: Path) -> None:
    promises, phone = await _asked(tmp_path, "patient", [Away("nobody"), Refused(500, "internal-error", "", "")])

    assert [promise.status for promise in promises] == [None, 500, 200]
    assert len({promise.key for promise in promises}) == 1
    assert promises[-1].case_ids == ("CASE-1",)
    assert len(phone.errors) == 1


async def test_a_refusal_is_an_answer(tmp_path: Path) -> None:
    promises, phone = await _asked(tmp_path, "patient", [Refused(409, "too-late", "", "")])

    assert [(promise.status, promise.problem) for promise in promises] == [(409, "too-late")]
    assert phone.refused == {"too-late": 1}


async def test_who_repeats_asks_again_though_answered_and_who_doubles_asks_twice_at_once(tmp_path: Path) -> None:
    manners: tuple[Manner, ...] = ("repeating", "double")
    for manner in manners:
        folder = tmp_path / manner
        folder.mkdir()
        promises, _ = await _asked(folder, manner, [])
        assert [promise.status for promise in promises] == [200, 200]
        assert len({promise.key for promise in promises}) == 1


async def test_who_forgets_asks_once(tmp_path: Path) -> None:
    promises, _ = await _asked(tmp_path, "forgetful", [Away("nobody")])

    assert [promise.status for promise in promises] == [None]


async def test_whoever_is_impatient_is_answered_in_the_end(tmp_path: Path) -> None:
    promises, _ = await _asked(tmp_path, "impatient", [Away("nobody")])

    assert promises[0].status is None
    assert promises[-1].status == 200
