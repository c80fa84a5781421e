"""Owners, merchants and reviewers: each appointment of the plan, carried out over HTTP side by side."""

import asyncio
import zlib
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from typing import Any

from deploy.simulator import people
from deploy.simulator.client import Client, Refused
from deploy.simulator.exhibits import Exhibits
from deploy.simulator.fates import (
    COUNTERED,
    DISPUTED,
    REJECTION_REASON,
    UPHELD,
    WITHDRAWAL_REASON,
    Fate,
)
from deploy.simulator.mailbox import Mailbox
from deploy.simulator.people import OPERATOR, OPERATOR_PASSWORD, REVIEWERS, Person
from deploy.simulator.plan import Account, Case, Plan, Submission
from deploy.simulator.timetable import Appointment, Step
from deploy.simulator.world import World

_CLAIMED_AT_ONCE = 50
_SUPPLEMENTED = (Fate.SUPPLEMENT_ANSWERED, Fate.SUPPLEMENT_LAPSED)
Performance = Callable[[int], Awaitable[None]]
ADDRESS = {"x": 0.1, "y": 0.7, "width": 0.8, "height": 0.2}
"""Where the made-up certificates would have the owner's address: it is covered for the sellers complained of."""


class Actors:
    """`run` keeps Idempotency-Keys of different runs apart. `midway` is called once in the middle of the first filing
    and of the first upholding, for those who want to break something then."""

    def __init__(
        self,
        plan: Plan,
        client: Client,
        mailbox: Mailbox,
        run: str,
        midway: Callable[[], Awaitable[None]] | None = None,
    ) -> None:
        self.world = World(plan)
        self._plan = plan
        self.client = client
        self._exhibits = Exhibits(self.world, client)
        self._mailbox = mailbox
        self._run = run
        self._midway = midway
        self._owners: dict[str, Person] = {}
        self._reviewers: list[Person] = []
        self._agreements: Sequence[Mapping[str, Any]] = ()
        self._numbers = {key: number for number, key in enumerate(plan.cases)}
        self._performances: Mapping[Step, Performance] = {
            Step.REGISTER: self._register,
            Step.FILE_UNVERIFIED: self._file_unverified,
            Step.VERIFY: self._verify,
            Step.FILE: self._file,
            Step.WITHDRAW_UNREAD: lambda wave: self._withdraw(wave, Fate.WITHDRAWN_UNREAD),
            Step.FIRST_REVIEW: self._first_review,
            Step.WITHDRAW_IN_REVIEW: lambda wave: self._withdraw(wave, Fate.WITHDRAWN_IN_REVIEW),
            Step.UPHOLD: self._uphold,
            Step.SUPPLEMENT: self._supplement,
            Step.UPHOLD_SUPPLEMENTED: self._uphold_supplemented,
            Step.COUNTER: self._counter,
            Step.WITHDRAW_AFTER: lambda wave: self._withdraw(wave, Fate.WITHDRAWN_AFTER),
            Step.RESPOND: self._respond,
            Step.DETERMINE: self._determine,
            Step.COUNTER_TOO_LATE: self._counter_too_late,
        }

    async def perform(self, appointment: Appointment) -> None:
        """All that the plan has for this appointment; some appointments only let time pass."""
        performance = self._performances.get(appointment.step)
        if performance is not None:
            await performance(appointment.wave)

    @property
    def owners(self) -> Mapping[str, Person]:
        """Who registered, by the account's key in the plan."""
        return self._owners

    @property
    def reviewers(self) -> Sequence[Person]:
        return self._reviewers

    @property
    def reviewer(self) -> Person:
        """A reviewer who sees all cases."""
        return self._reviewers[0]

    def _key(self, verb: str, name: str) -> str:
        return f"{self._run}.{verb}.{name}"

    async def _all(self, work: Iterable[Coroutine[Any, Any, None]], *, midway: bool = False) -> None:
        """Side by side, as far as the client lets them; a refusal is written down and stops nobody else."""
        tasks = [asyncio.create_task(self._noted(each)) for each in work]
        if midway and self._midway and len(tasks) > 1:
            await _first(tasks, max(1, len(tasks) // 3))
            await self._midway()
        await asyncio.gather(*tasks)

    async def _noted(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (Refused, TimeoutError, LookupError) as problem:
            self.world.surprise(f"{type(problem).__name__}: {problem}")

    # ---- accounts and rights

    async def _register(self, _: int) -> None:
        operator = Person(self.client, OPERATOR, OPERATOR_PASSWORD)
        self._agreements = (await self.client.get("identity", "/v1/agreements"))["agreements"]
        owners = enumerate(self._plan.accounts.values())
        staff = (self._hire(operator, number) for number in range(REVIEWERS))
        await self._all([*staff, *(self._register_one(account, number) for number, account in owners)])
        self._reviewers.sort(key=lambda reviewer: reviewer.email)

    async def _hire(self, operator: Person, number: int) -> None:
        email, password = f"reviewer-{number}@platform.example", f"reviewer-{number}-looks-at-everything"
        body = {"email": email, "password": password, "roles": ["reviewer"]}
        await operator.post("identity", "/v1/staff", body, self._key("hire", str(number)))
        self._reviewers.append(Person(self.client, email, password))

    async def _register_one(self, account: Account, number: int) -> None:
        registration = people.registration(account, self._agreements)
        answer = await self.client.post(
            "identity", "/v1/accounts", registration, key=self._key("register", account.key)
        )
        account_id = answer["account_id"]
        self.world.account_ids[account.key] = account_id
        code = await self._mailbox.code_for(account.email)
        path = f"/v1/accounts/{account_id}"
        await self.client.post(
            "identity", f"{path}/email-verification", {"code": code}, key=self._key("code", account.key)
        )
        owner = self._owners[account.key] = Person(self.client, account.email, account.password)
        await owner.call("PUT", "identity", f"{path}/contacts", body={"disclosed": people.disclosed_contact(account)})
        await self._agree(owner, account, path)
        details, parts = people.identity(account, number + 1)
        identity_key = self._key("identity", account.key)
        await owner.call(
            "POST", "identity", f"{path}/identity", body=details, body_part="details", parts=parts, key=identity_key
        )
        rights = [right for right in self._plan.rights.values() if right.account == account.key]
        for position, right in enumerate(rights):
            body, certificates = people.right(right, number * 10 + position)
            key = self._key("right", right.key)
            given = await owner.call(
                "POST", "ipr", "/v1/rights", body=body, body_part="submission", parts=certificates, key=key
            )
            self.world.right_ids[right.key] = given["right_id"]

    async def _agree(self, owner: Person, account: Account, path: str) -> None:
        asked = (await owner.get("identity", f"{path}/consents"))["consents"]
        for consent in people.consents(account, asked):
            key = self._key("agree", f"{account.key}.{consent['purpose']}")
            await owner.post("identity", f"{path}/consents", consent, key)

    async def _file_unverified(self, _: int) -> None:
        """Nobody is verified yet: the first submission of the plan must be refused as a whole."""
        submission = self._plan.submissions[0]
        try:
            await self._submit(submission, self._key("too-early", submission.key))
        except Refused as refusal:
            self.world.expected_refusals += 1
            if refusal.status not in (403, 409, 422):
                self.world.surprise(f"filing unverified: {refusal}")
        else:
            self.world.surprise("an account that is not verified could file")

    async def _verify(self, _: int) -> None:
        accounts = (
            self._look_at("identity", f"/v1/verifications/{account_id}/decision", {"result": "verified"})
            for account_id in self.world.account_ids.values()
        )
        rights = (self._authenticate(right_id) for right_id in self.world.right_ids.values())
        await self._all([*accounts, *rights])

    async def _authenticate(self, right_id: str) -> None:
        """A right, and what of its certificates the sellers complained of may see."""
        decision = {"result": "authenticated", "reasons": []}
        right = await self._look_at("ipr", f"/v1/authentications/{right_id}/decision", decision)
        for document in right["documents"]:
            told = {"document_sha256": document["sha256"], "pages": [{"page": 1, "rectangles": [ADDRESS]}]}
            await self._look_at("ipr", f"/v1/rights/{right_id}/documents/{document['number']}/disclosure", told)

    async def _look_at(self, service: str, path: str, decision: Mapping[str, Any]) -> Any:
        reviewer = self._reviewers[zlib.crc32(path.encode()) % REVIEWERS]
        return await reviewer.post(service, path, decision, self._key("verify", path.replace("/", ".")))

    # ---- complaints

    async def _file(self, wave: int) -> None:
        """Accounts side by side; each files one submission after the other, in the plan's order."""
        filed = [submission for submission in self._plan.submissions if submission.wave == wave]
        by_account: dict[str, list[Submission]] = {}
        for submission in filed:
            by_account.setdefault(submission.account, []).append(submission)
        await self._all((self._file_all(each) for each in by_account.values()), midway=wave == 0)

    async def _file_all(self, submissions: Sequence[Submission]) -> None:
        for submission in submissions:
            key = self._key("file", submission.key)
            try:
                answer = await self._submit(submission, key)
                if submission is submissions[0]:  # a repeat is the same submission, not a second one
                    again = await self._submit(submission, key)
                    if again != answer:
                        self.world.surprise(f"{submission.key}: the repeated request was answered differently")
            except Refused as refusal:
                self.world.surprise(f"{submission.key}: {refusal}")
            else:
                self.world.filed(submission, answer)

    async def _submit(self, submission: Submission, key: str) -> Any:
        owner = self._owners[submission.account]
        files = await self._exhibits.of_owner(owner, submission, key)
        body = {
            "platform": submission.platform,
            "complaint_type": "trademark",
            "right_id": self.world.right_ids[submission.right],
            "reason": submission.reason,
            "listings": [{"url": row.url, "where": ["title", "image"]} for row in submission.rows],
            "evidence": {"text": people.EVIDENCE, "files": files},
            "statements": list(submission.statements),
        }
        return await owner.post("complaints", "/v1/submissions", body, key)

    def _known(self, wave: int, *fates: Fate) -> list[tuple[Case, str]]:
        """Cases of the plan that have a number; one that has none was told as a surprise already."""
        return [
            (case, self.world.case_ids[case.key])
            for case in self._plan.of(wave, *fates)
            if case.key in self.world.case_ids
        ]

    async def _withdraw(self, wave: int, *fates: Fate) -> None:
        await self._all(
            self._owner_does(case, case_id, "withdrawal", {"reason": WITHDRAWAL_REASON})
            for case, case_id in self._known(wave, *fates)
        )

    async def _owner_does(self, case: Case, case_id: str, verb: str, body: Mapping[str, Any]) -> None:
        owner = self._owners[case.account]
        await owner.post("complaints", f"/v1/cases/{case_id}/{verb}", body, self._key(verb, case.key))

    def _desk(self, case: Case, turn: int = 0) -> Person:
        return self._reviewers[(self._numbers[case.key] + turn) % REVIEWERS]

    async def _first_review(self, wave: int) -> None:
        """All that is left is taken under review; what must be rejected is, before anything is upheld. Evidence is read
        before a complaint is rejected."""
        unread = [entry for entry in self._known(wave, *Fate) if entry[0].fate != Fate.WITHDRAWN_UNREAD]
        await self._all(
            self._claim(reviewer, [case_id for case, case_id in unread if self._desk(case) is reviewer])
            for reviewer in self._reviewers
        )
        rejected = self._known(wave, Fate.REJECTED)
        incomplete = self._known(wave, *_SUPPLEMENTED)
        await self._all(
            [
                *(self._read_and_reject(*entry) for entry in rejected),
                *(self._decide(*entry, "request_supplement", missing=["comparison-photo"]) for entry in incomplete),
            ]
        )

    async def _read_and_reject(self, case: Case, case_id: str) -> None:
        await self._exhibits.look(self._desk(case), case_id, {"complaint"})
        await self._decide(case, case_id, "reject", reason_code=REJECTION_REASON)

    async def _claim(self, reviewer: Person, case_ids: Sequence[str]) -> None:
        for start in range(0, len(case_ids), _CLAIMED_AT_ONCE):
            some = list(case_ids[start : start + _CLAIMED_AT_ONCE])
            key = self._key("claim", f"{reviewer.email}.{some[0]}")
            answer = await reviewer.post("complaints", "/v1/review/claims", {"case_ids": some}, key)
            for claim in answer["claims"]:
                if claim["state"] != "under_review":
                    self.world.surprise(f"{claim['case_id']} was not given to a reviewer: {claim['refused']}")

    async def _decide(self, case: Case, case_id: str, decision: str, **more: Any) -> None:
        body = {"decision": decision, **more}
        key = self._key(decision, case.key)
        await self._desk(case).post("complaints", f"/v1/cases/{case_id}/decision", body, key)

    async def _uphold(self, wave: int) -> None:
        upheld = self._known(wave, *(UPHELD - set(_SUPPLEMENTED)))
        await self._all((self._decide(*entry, "uphold") for entry in upheld), midway=wave == 0)

    async def _supplement(self, wave: int) -> None:
        await self._all(
            self._owner_does(case, case_id, "supplement", {"text": people.SUPPLEMENT})
            for case, case_id in self._known(wave, Fate.SUPPLEMENT_ANSWERED)
        )

    async def _uphold_supplemented(self, wave: int) -> None:
        await self._all(self._decide(*entry, "uphold") for entry in self._known(wave, Fate.SUPPLEMENT_ANSWERED))

    async def _counter(self, wave: int) -> None:
        await self._all(self._answer(*entry) for entry in self._known(wave, *COUNTERED))

    async def _answer(self, case: Case, case_id: str) -> None:
        """The merchant opens the link of the notice, reads the case and answers it."""
        notice = self._mailbox.link_for(case_id)
        if notice is None or notice.token is None:
            self.world.surprise(f"{case_id}: no notice with a link reached the merchant")
            return
        token = notice.token
        seen = await self.client.get("complaints", f"/v1/merchant/cases/{case_id}", token=token)
        if seen["listing_id"] != case.listing.id:
            self.world.surprise(f"{case_id}: the merchant was shown {seen['listing_id']}")
        right_id = self.world.right_ids[case.right]
        shown = await self.client.get("ipr", f"/v1/merchant/rights/{right_id}/certificates", token=token)
        if not shown["certificates"] or any(each["status"] != "disclosed" for each in shown["certificates"]):
            self.world.surprise(f"{case_id}: the merchant was shown no certificates")
        path, key = f"/v1/cases/{case_id}/counter-notification", self._key("counter", case.key)
        body = {
            "statement": people.STATEMENT,
            "files": await self._exhibits.of_merchant(case.key, case_id, token, key),
        }
        await self.client.post("complaints", path, body, key=key, token=token)

    async def _counter_too_late(self, wave: int) -> None:
        await self._all(self._answer_too_late(*entry) for entry in self._known(wave, Fate.TOO_LATE))

    async def _answer_too_late(self, case: Case, case_id: str) -> None:
        try:
            await self._answer(case, case_id)
        except Refused as refusal:
            self.world.expected_refusals += 1
            if refusal.code != "too-late":
                self.world.surprise(f"{case_id}: a late answer was refused otherwise: {refusal}")
        else:
            self.world.surprise(f"{case_id}: an answer after the deadline was taken")

    async def _respond(self, wave: int) -> None:
        accepted = self._known(wave, Fate.COUNTER_ACCEPTED)
        rejected = self._known(wave, *DISPUTED)
        withdrawn = self._withdraw(wave, Fate.COUNTER_WITHDRAWN)
        responses = [
            *(self._owner_does(*entry, "counter-response", {"response": "accept"}) for entry in accepted),
            *(self._reject_counter(*entry) for entry in rejected),
        ]
        await asyncio.gather(self._all(responses), withdrawn)

    async def _reject_counter(self, case: Case, case_id: str) -> None:
        """The owner reads what the merchant said and sent (001, Counter-Notifications)."""
        await self._exhibits.look(self._owners[case.account], case_id, {"complaint", "counter-notification"})
        await self._owner_does(case, case_id, "counter-response", {"response": "reject", "statement": "Not ours."})

    async def _determine(self, wave: int) -> None:
        await self._all(self._determine_one(*entry) for entry in self._known(wave, *DISPUTED))

    async def _determine_one(self, case: Case, case_id: str) -> None:
        """By another reviewer than the one who upheld it."""
        body = {"determination": "upheld" if case.fate == Fate.DISPUTE_UPHELD else "overturned"}
        path, key = f"/v1/cases/{case_id}/determination", self._key("determine", case.key)
        said = {"complaint", "counter-notification", "dispute"}
        await self._exhibits.look(self._desk(case, turn=1), case_id, said)
        await self._desk(case, turn=1).post("complaints", path, body, key)


async def _first(tasks: Sequence[asyncio.Task[None]], number: int) -> None:
    """Returns when so many of the tasks are done."""
    for finished in asyncio.as_completed(tasks):
        await finished
        number -= 1
        if number <= 0:
            return
