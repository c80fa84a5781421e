"""A rights holder who comes to a running platform: everything they type in is at hand, to be looked for later."""

import asyncio
import uuid
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from deploy.simulator import people
from deploy.simulator.client import Client, Refused
from deploy.simulator.people import OPERATOR, OPERATOR_PASSWORD, Person
from deploy.simulator.plan import Account, Right
from deploy.simulator.stage import Stage
from tests.support.eventually import eventually

EVIDENCE = "Mrs Aurelia Quimby bought one of these from them and it fell apart in her hands."
STATEMENTS = ("sincere_belief", "capacity_and_right", "good_faith_under_perjury", "indemnity")


@dataclass
class Newcomer:
    """account_id, right_id: once registered. `typed`: by name, everything personal that they sent."""

    stage: Stage
    client: Client
    number: int
    account: Account = field(init=False)
    person: Person = field(init=False)
    operator: Person = field(init=False)
    reviewer: Person = field(init=False)
    account_id: str = ""
    right_id: str = ""
    typed: dict[str, str | bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        name = f"Zylophane-{uuid.uuid4().hex[:8]} Holdings"
        email = f"zyl.{uuid.uuid4().hex[:10]}@newcomer.example"
        self.account = Account(
            key=f"newcomer-{self.number}",
            name=name,
            email=email,
            password=f"pass-{uuid.uuid4().hex}",
            country="US",
            category="enterprise",
            language="en",
            conduct="usual",
        )
        self.person = Person(self.client, email, self.account.password)
        self.operator = Person(self.client, OPERATOR, OPERATOR_PASSWORD)

    async def settle(self) -> None:
        """Registered, verified, with an authenticated right."""
        await self._register()
        await self._hire()
        await self._submit_right()
        await self._verify()

    async def file(self, url: str, platform: str = "aliexpress") -> str:
        """The number of the case. Intake may have heard of the account and not yet of its verification."""
        case_ids: list[str] = []

        async def taken() -> bool:
            try:
                case_ids.append(await self.file_once(url, platform))
            except Refused as refusal:
                if refusal.code != "notice-not-qualified":
                    raise
            return bool(case_ids)

        await eventually(taken, within=20)
        return case_ids[0]

    async def file_once(self, url: str, platform: str = "aliexpress") -> str:
        body = {
            "platform": platform,
            "complaint_type": "trademark",
            "right_id": self.right_id,
            "reason": "counterfeit",
            "listings": [{"url": url, "where": ["title"]}],
            "evidence": {"text": EVIDENCE},
            "statements": list(STATEMENTS),
        }
        self.typed["evidence"] = EVIDENCE
        answer = await self.person.post("complaints", "/v1/submissions", body, _key())
        return str(answer["cases"][0]["case_id"])

    async def uphold(self, case_id: str) -> None:
        """By the reviewer; returns when the merchant was served."""
        await self.reviewer.post("complaints", "/v1/review/claims", {"case_ids": [case_id]}, _key())
        await self.reviewer.post("complaints", f"/v1/cases/{case_id}/decision", {"decision": "uphold"}, _key())

        async def served() -> bool:
            return self.stage.mailbox.link_for(case_id) is not None

        await eventually(served, within=60)

    async def call(self, method: str, service: str, path: str, body: Any = None) -> Any:
        return await self.person.call(method, service, path, body=body, key=_key())

    async def until(self, path: str, found: Any, service: str = "identity", within: float = 60) -> Any:
        """What the path gives as soon as `found` is content with it."""
        seen: list[Any] = []

        async def there() -> bool:
            seen[:] = [await self.person.get(service, path)]
            return bool(found(seen[0]))

        await eventually(there, within=within)
        return seen[0]

    async def _register(self) -> None:
        agreements = (await self.client.get("identity", "/v1/agreements"))["agreements"]
        registration = people.registration(self.account, agreements)
        self.typed |= {"login e-mail": self.account.email, "password": self.account.password}
        answer = await self.client.post("identity", "/v1/accounts", registration, key=_key())
        self.account_id = answer["account_id"]
        code = await self.stage.mailbox.code_for(self.account.email)
        path = f"/v1/accounts/{self.account_id}"
        await self.client.post("identity", f"{path}/email-verification", {"code": code}, key=_key())
        contact = people.disclosed_contact(self.account)
        contact = {**contact, "phone": f"+1 212 555 {self.number:04d}", "postal_address": f"{self.number} Elm Street"}
        self.typed |= {f"contact {name}": value for name, value in contact.items()}
        await self.person.call("PUT", "identity", f"{path}/contacts", body={"disclosed": contact})
        asked = (await self.person.get("identity", f"{path}/consents"))["consents"]
        for consent in people.consents(self.account, asked):
            await self.person.post("identity", f"{path}/consents", consent, _key())
        details, parts = people.identity(self.account, self.number)
        self.typed |= {name: str(details[name]) for name in ("registration_number", "corporate_name")}
        self.typed["licence image"] = parts[0].content
        await self.person.call(
            "POST", "identity", f"{path}/identity", body=details, body_part="details", parts=parts, key=_key()
        )

    async def _hire(self) -> None:
        email, password = f"reviewer-{uuid.uuid4().hex[:8]}@platform.example", f"reviewer-{uuid.uuid4().hex}"
        body = {"email": email, "password": password, "roles": ["reviewer"]}
        await self.operator.post("identity", "/v1/staff", body, _key())
        self.reviewer = Person(self.client, email, password)

    async def _submit_right(self) -> None:
        registered = Right(
            key=f"right-{self.number}",
            account=self.account.key,
            name="ZYLOPHANE",
            place="US",
            registration_number=f"US{self.number:07d}",
            registrant=self.account.name,
            expires_on=date(2036, 1, 1),
            nice_classes=(25,),
        )
        body, certificates = people.right(registered, self.number)
        self.typed |= {"registrant": registered.registrant, "certificate": certificates[0].content}
        given = await self.person.call(
            "POST", "ipr", "/v1/rights", body=body, body_part="submission", parts=certificates, key=_key()
        )
        self.right_id = given["right_id"]

    async def _verify(self) -> None:
        decision = f"/v1/verifications/{self.account_id}/decision"
        account = f"/v1/accounts/{self.account_id}"
        await self.until(account, lambda seen: seen["verification"]["status"] == "queued")
        await self.reviewer.post("identity", decision, {"result": "verified"}, _key())
        authentication = f"/v1/authentications/{self.right_id}/decision"
        await self.reviewer.post("ipr", authentication, {"result": "authenticated", "reasons": []}, _key())
        # Intake has heard of both when it takes a complaint; until then it says what it does not know yet.
        await asyncio.gather(
            self.until(account, lambda seen: seen["verification"]["status"] == "verified"),
            self.until(f"/v1/rights/{self.right_id}", lambda seen: seen["status"] == "authenticated", "ipr"),
        )


def _key() -> str:
    return uuid.uuid4().hex
