"""Owners who file, and everybody who acts when an event of a case tells them to."""

import asyncio
import random
from collections import Counter
from collections.abc import Callable, Coroutine, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from deploy.simulator.actors import Actors
from deploy.simulator.client import Away, Refused
from deploy.simulator.drawing import SITES
from deploy.simulator.fates import REJECTION_REASON, WITHDRAWAL_REASON
from deploy.simulator.listings import PLATFORMS, Listing, address, new_number, refused_address
from deploy.simulator.mailbox import Mailbox
from deploy.simulator.marketplaces import manner
from deploy.simulator.people import REVIEWERS, Person
from deploy.simulator.plan import STATEMENTS, STATEMENTS_UNDER_PERJURY, Account, Right
from tests.chaos.checker.ledger import Kind
from tests.chaos.load.caller import Asked, Bearer, Caller, Holder, Telephone
from tests.chaos.load.fates import COUNTERED, SUPPLEMENTED, Intent, intent_of
from tests.chaos.load.time_passes import Aim, TimePasses

_MOST_ROWS = 4
_SHARED_SHARE = 0.08  # of rows: a listing that another account complained of already
_BROKEN_SHARE = 0.03  # of rows: no listing of that marketplace
_RECENT = 50
_CLAIM_PAUSE = 0.5
ENDED = frozenset({"rejected", "withdrawn", "accepted", "final", "closed"})
_AIMS: tuple[Aim, ...] = ("before", "after", "with-expiry")


@dataclass(frozen=True)
class Case:
    """What an event says that those who act on it need."""

    id: str
    account: str
    listing_id: str
    right_id: str
    state: str
    intent: Intent
    due: datetime | None


class Town:
    """Reacts to events by tasks; `stop` ends them. `name` keeps keys of different runs apart."""

    def __init__(
        self, actors: Actors, phone: Telephone, mailbox: Mailbox, passing: TimePasses, seed: int, name: str
    ) -> None:
        self.filed = 0
        self.seen: set[str] = set()
        self.acts: Counter[str] = Counter()
        self.problems: list[str] = []
        self._actors = actors
        self._phone = phone
        self._mailbox = mailbox
        self._passing = passing
        self._seed = seed
        self._name = name
        self._rng = random.Random(f"{seed}|town")
        self._keys = {account_id: key for key, account_id in actors.world.account_ids.items()}
        self._recent: list[tuple[str, Listing]] = []
        self._markers: set[str] = set()  # their listings
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    # ---- filing

    async def file(self, submissions: Callable[[], int], pause: Callable[[], float]) -> None:
        """Files one submission after the other until `submissions()` says 0, `pause()` seconds between them."""
        while submissions() > 0 and not self._closed:
            self._spawn(self.file_one())
            await asyncio.sleep(pause())

    async def file_one(self) -> None:
        account = self._rng.choice(list(self._actors.owners))
        platform = self._rng.choice(PLATFORMS)
        count = self._rng.choice((1, 1, 1, 2, 2, 3, _MOST_ROWS))
        site = self._rng.choice(self._sites(account)) if platform == "lazada" else None
        listings = [self._listing(account, platform, site) for _ in range(count)]
        urls = [address(listing, self._rng.randrange(3), self._rng) for listing in listings]
        if self._rng.random() < _BROKEN_SHARE:
            urls.append(refused_address(platform, self._rng))
        await self._submit(account, platform, site, urls, patient=False)
        self.filed += len(listings)

    async def file_marker(self, number: int) -> str:
        """A complaint about a listing whose marketplace is prompt, as soon as there is anybody to take it; the id of
        the case. Whoever has to do with it asks until there is an answer."""
        account = sorted(self._actors.owners)[0]
        rng = random.Random(f"{self._seed}|marker|{number}")
        while True:
            listing = Listing("taobao", None, new_number("taobao", rng), "nobody")
            quick = intent_of(self._seed, listing.id, self._right(account, "taobao", None)) in COUNTERED
            if quick and manner(self._seed, listing.id) == "prompt":
                break
        self._markers.add(listing.id)
        answer = await self._submit(account, "taobao", None, [address(listing, 0, rng)], patient=True)
        return str(answer["cases"][0]["case_id"]) if answer and answer["cases"] else ""

    async def _submit(self, account: str, platform: str, site: str | None, urls: list[str], *, patient: bool) -> Any:
        careful = platform in ("aliexpress", "alibaba")
        body = {
            "platform": platform,
            "complaint_type": "trademark",
            "right_id": self._right(account, platform, site),
            "reason": "counterfeit",
            "listings": [{"url": url, "where": ["title", "image"]} for url in urls],
            "evidence": {"text": "A test purchase shows that the goods do not come from us."},
            "statements": list(STATEMENTS_UNDER_PERJURY if careful else STATEMENTS),
        }
        key = f"{self._name}.file.{self._rng.getrandbits(64):016x}"
        asked = Asked("submission", "complaints", "/v1/submissions", body, key, urls=tuple(urls))
        return await self._phone.ask(self._holder(account), asked, patient=patient)

    def _listing(self, account: str, platform: str, site: str | None) -> Listing:
        if self._recent and self._rng.random() < _SHARED_SHARE:
            other, listing = self._rng.choice(self._recent)
            if other != account and (listing.platform, listing.site) == (platform, site):
                return listing
        listing = Listing(platform, site, new_number(platform, self._rng), "nobody")
        self._recent = [*self._recent[-_RECENT:], (account, listing)]
        return listing

    def _sites(self, account: str) -> list[str]:
        return [site for site in SITES if f"{account}/{site}" in self._actors.world.right_ids]

    def _right(self, account: str, platform: str, site: str | None) -> str:
        place = site or ("US" if platform in ("aliexpress", "alibaba") else "CN")
        return self._actors.world.right_ids[f"{account}/{place}"]

    # ---- acting

    def told(self, body: Mapping[str, Any]) -> None:
        """An event of a case, new and in order."""
        data = body["data"]
        account = self._keys.get(data["account_id"])
        if account is None or self._closed:
            return
        dues = [entry["due"] for entry in data["deadlines"] if entry["due"]]
        case = Case(
            id=body["subject"],
            account=account,
            listing_id=data["listing_id"],
            right_id=data["right_id"],
            state=data["state"],
            intent=intent_of(self._seed, data["listing_id"], data["right_id"]),
            due=datetime.fromisoformat(dues[0]) if dues else None,
        )
        self.seen.add(case.id)
        act = self._act(case, str(body["type"]).rpartition(".")[2], data)
        if act is not None:
            self._spawn(act)

    def _act(self, case: Case, event: str, data: Mapping[str, Any]) -> Coroutine[Any, Any, None] | None:
        match event:
            case "complaint-filed":
                if case.intent == Intent.WITHDRAW_UNREAD:
                    return self._owner(case, "withdrawal", "withdrawal", {"reason": WITHDRAWAL_REASON})
                return self._claim(case)
            case "review-begun" | "supplement-received":
                return self._review(case, first=event == "review-begun")
            case "supplement-requested" | "notice-served" if case.state == "awaiting_supplement":
                return self._supplement(case, event)
            case "notice-served" if case.state == "taken_down" and data["party"] == "merchant":
                return self._after_service(case)
            case "counter-notified":
                return self._respond(case)
            case "notice-served" if case.state == "countered" and case.intent == Intent.RESPONSE_RACES:
                return self._response_race(case)
            case "dispute-opened":
                return self._determine(case)
        return None

    async def _claim(self, case: Case) -> None:
        """No key: a repeat is given the same again."""
        reviewer = self._desk(case)
        body = {"case_ids": [case.id]}
        while not self._closed:
            try:
                token = await Holder(reviewer, reviewer.email).present("")
                await self._phone.client.attempt("POST", "complaints", "/v1/review/claims", body=body, token=token)
            except Refused as refusal:
                if refusal.status == 401:
                    await reviewer.log_in(token)
                    continue
                if refusal.status < 500:
                    self.problems.append(f"claim {case.id}: {refusal}")
                    return
            except Away:
                pass
            else:
                return
            await asyncio.sleep(_CLAIM_PAUSE)

    async def _review(self, case: Case, *, first: bool) -> None:
        match case.intent:
            case Intent.REJECT:
                body: Mapping[str, Any] = {"decision": "reject", "reason_code": REJECTION_REASON}
            case Intent.WITHDRAW_IN_REVIEW:
                await self._owner(case, "withdrawal", "withdrawal", {"reason": WITHDRAWAL_REASON})
                return
            case intent if intent in SUPPLEMENTED and first:
                body = {"decision": "request_supplement", "missing": ["comparison-photo"]}
            case _:
                body = {"decision": "uphold"}
        await self._ask(_staff(self._desk(case)), "decision", case, "decision", body, str(body["decision"]))

    async def _supplement(self, case: Case, event: str) -> None:
        send = self._later(case, "supplement", "supplement", {"text": "Photographs of the original and the copy."})
        if case.intent == Intent.SUPPLEMENT and event == "supplement-requested":
            await send()
        elif case.intent == Intent.SUPPLEMENT_RACES and case.due:
            self._passing.aim(case.due, self._aim_of(case), send)

    async def _after_service(self, case: Case) -> None:
        if case.intent == Intent.WITHDRAW_DOWN:
            await self._owner(case, "withdrawal", "withdrawal", {"reason": WITHDRAWAL_REASON})
        elif case.intent == Intent.COUNTER_RACES and case.due:
            self._passing.aim(case.due, self._aim_of(case), lambda: self._counter(case))
        elif case.intent in COUNTERED:
            await self._counter(case)

    async def _counter(self, case: Case) -> None:
        notice = self._mailbox.link_for(case.id)
        if notice is None or notice.token is None:
            self.problems.append(f"{case.id}: served, but no notice with a link came")
            return
        body = {"statement": "The goods were bought from the brand's own distributor; invoices are at hand."}
        merchant = Bearer(f"merchant of {case.id}", notice.token)
        await self._ask(merchant, "counter", case, "counter-notification", body, "counter")

    async def _respond(self, case: Case) -> None:
        match case.intent:
            case Intent.COUNTER_ACCEPTED:
                await self._owner(case, "response", "counter-response", {"response": "accept"})
            case Intent.COUNTER_UPHELD | Intent.COUNTER_OVERTURNED:
                await self._owner(case, "response", "counter-response", _REJECTED)
            case Intent.COUNTER_WITHDRAWN:
                await self._owner(case, "withdrawal", "withdrawal", {"reason": WITHDRAWAL_REASON})

    async def _response_race(self, case: Case) -> None:
        if case.due:
            self._passing.aim(
                case.due, self._aim_of(case), self._later(case, "response", "counter-response", _REJECTED)
            )

    async def _determine(self, case: Case) -> None:
        """By another reviewer than the one who upheld it."""
        word = "overturned" if case.intent == Intent.COUNTER_OVERTURNED else "upheld"
        body = {"determination": word}
        await self._ask(_staff(self._desk(case, turn=1)), "determination", case, "determination", body, "determine")

    def _later(
        self, case: Case, kind: Kind, verb: str, body: Mapping[str, Any]
    ) -> Callable[[], Coroutine[Any, Any, None]]:
        return lambda: self._owner(case, kind, verb, body)

    async def _owner(self, case: Case, kind: Kind, verb: str, body: Mapping[str, Any]) -> None:
        await self._ask(self._holder(case.account), kind, case, verb, body, verb)

    async def _ask(self, caller: Caller, kind: Kind, case: Case, verb: str, body: Mapping[str, Any], name: str) -> None:
        self.acts[name] += 1
        key = f"{self._name}.{name}.{case.id}"
        asked = Asked(kind, "complaints", f"/v1/cases/{case.id}/{verb}", body, key, case.id)
        # Whoever forgets a marker leaves it for ever where it is: that would look like a platform that stands still.
        await self._phone.ask(caller, asked, patient=case.listing_id in self._markers)

    def _aim_of(self, case: Case) -> Aim:
        return random.Random(f"{self._seed}|aim|{case.listing_id}").choice(_AIMS)

    def _holder(self, account: str) -> Holder:
        return Holder(self._actors.owners[account], self._actors.world.account_ids[account])

    def _desk(self, case: Case, turn: int = 0) -> Person:
        number = random.Random(case.id).randrange(REVIEWERS)
        return self._actors.reviewers[(number + turn) % REVIEWERS]

    # ---- an end

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(self._kept(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _kept(self, work: Coroutine[Any, Any, None]) -> None:
        """A hiccup of one of these people ends nobody else's day."""
        try:
            await work
        except Exception as problem:
            self.problems.append(f"{type(problem).__name__}: {problem}")

    @property
    def busy(self) -> int:
        return len(self._tasks)

    async def stop(self, within: float = 60.0) -> None:
        """Nobody begins anything; what is under way ends, or is given up."""
        self._closed = True
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within)
        self._phone.closing.set()
        for task in list(self._tasks):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*self._tasks, return_exceptions=True)


_REJECTED: Mapping[str, Any] = {"response": "reject", "statement": "Not ours."}
__all__ = ["ENDED", "Account", "Right", "Town"]


def _staff(person: Person) -> Holder:
    return Holder(person, person.email)
