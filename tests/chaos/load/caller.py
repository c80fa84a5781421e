"""A caller under fire: the same key until answered, each attempt written into the ledger before it is made."""

import asyncio
import random
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import orjson

from deploy.simulator.client import Away, Client, Refused
from deploy.simulator.people import Person
from shared.kernel.clock import Clock
from tests.chaos.checker.ledger import Kind, Ledger

Manner = Literal["patient", "impatient", "forgetful", "repeating", "double"]
_SHARES: tuple[tuple[Manner, float], ...] = (
    ("impatient", 0.10),  # hangs up on the first answers, then asks again
    ("forgetful", 0.04),  # asks once, hangs up, and never comes back
    ("repeating", 0.08),  # asks again though it was answered
    ("double", 0.06),  # asks twice at once
)
_PAUSE_FROM, _PAUSE_TO = 0.2, 2.5
_HANGS_UP_WITHIN = 0.25
_IMPATIENT_TIMES = 3
_UNAUTHORIZED = 401
_SERVER_ERROR = 500


@dataclass(frozen=True)
class Asked:
    """One request, whatever the number of attempts. `case_id` is empty for a submission."""

    kind: Kind
    service: str
    path: str
    body: Mapping[str, Any]
    key: str
    case_id: str = ""
    urls: tuple[str, ...] = ()


@dataclass
class Bearer:
    """Somebody with a token that is given to them, as a merchant has one by the link of the notice."""

    name: str
    token: str

    async def present(self, stale: str) -> str:
        return self.token if not stale else ""


@dataclass
class Holder:
    """Somebody with a log-in; `name`: the account's id, or what staff log in with."""

    person: Person
    name: str

    async def present(self, stale: str) -> str:
        """The token; a new one where it is the stale one."""
        if self.person.token and self.person.token != stale:
            return self.person.token
        return await self.person.log_in(stale)


Caller = Bearer | Holder


@dataclass
class Telephone:
    """Asks in a manner that the seed and the key decide. `refused`: answers that were no, by code; `given_up`: asked
    until nobody wanted to know any more."""

    client: Client
    ledger: Ledger
    clock: Clock
    seed: int
    asked: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    errors: list[str] = field(default_factory=list)
    attempts: int = 0
    unanswered: int = 0
    given_up: int = 0
    closing: asyncio.Event = field(default_factory=asyncio.Event)

    def manner(self, key: str) -> Manner:
        drawn = random.Random(f"{self.seed}|manner|{key}").random()
        for found, share in _SHARES:
            if drawn < share:
                return found
            drawn -= share
        return "patient"

    async def ask(self, caller: Caller, asked: Asked, *, patient: bool = False) -> Any:
        """The answer, or None where none was received or the answer was no. `patient`: whatever the seed says."""
        self.asked[asked.kind] += 1
        manner = "patient" if patient else self.manner(asked.key)
        if manner == "forgetful":
            await self._hang_up(caller, asked)
            return None
        if manner == "impatient":
            for _ in range(random.Random(asked.key).randint(1, _IMPATIENT_TIMES)):
                await self._hang_up(caller, asked)
        if manner == "double":
            first, _ = await asyncio.gather(self._until_answered(caller, asked), self._until_answered(caller, asked))
            return first
        answer = await self._until_answered(caller, asked)
        if manner == "repeating" and not self.closing.is_set():
            await self._until_answered(caller, asked)
        return answer

    async def _hang_up(self, caller: Caller, asked: Asked) -> None:
        """Asks, and does not wait for the answer."""
        wait = random.Random(f"{asked.key}|hang-up").random() * _HANGS_UP_WITHIN
        try:
            async with asyncio.timeout(wait):
                await self._attempt(caller, asked, await caller.present(""))
        except (TimeoutError, Away, Refused):
            self.unanswered += 1

    async def _until_answered(self, caller: Caller, asked: Asked) -> Any:
        stale, pause = "", _PAUSE_FROM
        while True:
            try:
                token = await caller.present(stale)
                return await self._attempt(caller, asked, token)
            except Refused as refusal:
                if refusal.status == _UNAUTHORIZED and not stale:
                    stale = token
                    continue
                if refusal.status < _SERVER_ERROR:
                    self.refused[refusal.code or str(refusal.status)] += 1
                    return None
                self.errors.append(str(refusal))
            except Away:
                self.unanswered += 1
            if self.closing.is_set():
                self.given_up += 1
                return None
            await asyncio.sleep(pause * (0.5 + random.random()))
            pause = min(pause * 1.6, _PAUSE_TO)

    async def _attempt(self, caller: Caller, asked: Asked, token: str) -> Any:
        self.attempts += 1
        attempt = self.ledger.asking(
            asked.kind,
            key=asked.key,
            by=caller.name,
            at=self.clock.now(),
            body=orjson.dumps(asked.body),
            urls=asked.urls,
            case_id=asked.case_id,
        )
        try:
            answer = await self.client.attempt(
                "POST", asked.service, asked.path, body=asked.body, key=asked.key, token=token
            )
        except Refused as refusal:
            self.ledger.answered(attempt, refusal.status, at=self.clock.now(), problem=refusal.code)
            raise
        named = [str(entry["case_id"]) for entry in answer.get("cases", ())] if asked.kind == "submission" else ()
        self.ledger.answered(attempt, 200, at=self.clock.now(), case_ids=named)
        return answer
