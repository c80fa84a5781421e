"""Who acts in the simulated world, with their log-ins, and what they send; when they do is the actors' part."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from stdnum.cn import ric, uscc

from deploy.simulator.client import Client, Part, Refused
from deploy.simulator.documents import png
from deploy.simulator.plan import Account, Right

OPERATOR = "operator@platform.example"
OPERATOR_PASSWORD = "operator-only-for-demonstrations"  # noqa: S105 - of a throw-away stack
REVIEWERS = 4
EVIDENCE = "A test purchase shows that the goods do not come from us."
SUPPLEMENT = "Photographs of the original beside the copy."
STATEMENT = "The goods were bought from the brand's own distributor; invoices are at hand."


@dataclass
class Person:
    """Somebody with a log-in; the token is fetched when first needed and again when it is refused."""

    client: Client
    email: str
    password: str
    token: str = ""
    _logging_in: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def call(self, method: str, service: str, path: str, **more: Any) -> Any:
        """As the client's `call`, with this person's token."""
        token = self.token or await self.log_in("")
        try:
            return await self.client.call(method, service, path, token=token, **more)
        except Refused as refusal:
            if refusal.status != 401:
                raise
        return await self.client.call(method, service, path, token=await self.log_in(token), **more)

    async def post(self, service: str, path: str, body: Any, key: str) -> Any:
        return await self.call("POST", service, path, body=body, key=key)

    async def get(self, service: str, path: str) -> Any:
        return await self.call("GET", service, path)

    async def log_in(self, stale: str) -> str:
        """One log-in at a time; whoever comes second takes what the first one got."""
        async with self._logging_in:
            if self.token == stale:
                body = {"email": self.email, "password": self.password}
                answer = await self.client.post("identity", "/v1/sessions", body)
                self.token = answer["access_token"]
            return self.token


def registration(account: Account, agreements: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
    """What an owner types in first; `agreements` are the ones in force, accepted in the owner's language."""
    named = ("document", "version", "language", "sha256")
    return {
        "email": account.email,
        "password": account.password,
        "country": account.country,
        "category": account.category,
        "registrant": "rights_holder",
        "language": account.language,
        "accepted": [
            {name: agreement[name] for name in named}
            for agreement in agreements
            if agreement["language"] == account.language
        ],
    }


def disclosed_contact(account: Account) -> Mapping[str, Any]:
    """The contact set that merchants complained of may see (003 三.2)."""
    return {
        "name": account.name,
        "email": f"brand-protection.{account.email}",
        "phone": "+86 571 8502 2088" if account.country == "CN" else "+1 212 555 0100",
        "postal_address": _address(account),
    }


def consents(account: Account, asked: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """What an owner agrees to, each by itself, in the owner's language: that merchants complained of are given the
    contact; on the mainland, that the provider of identity verification is given what it confirms."""
    wanted = {"contact-disclosure"} | ({"identity-provider"} if account.country == "CN" else set())
    return [
        {
            "purpose": each["purpose"],
            "version": each["version"],
            "language": text["language"],
            "sha256": text["sha256"],
        }
        for each in asked
        if each["purpose"] in wanted
        for text in each["texts"]
        if text["language"] == account.language
    ]


def identity(account: Account, number: int) -> tuple[Mapping[str, Any], tuple[Part, ...]]:
    """The proof of identity of an enterprise (001, Step 2): abroad its licence, on the mainland the data of its licence
    and of its legal representative, which the simulated provider confirms."""
    document = (Part("document", png(number), "licence.png"),)
    if account.country != "CN":
        return {
            "method": "business-licence",
            "country": account.country,
            "registration_number": f"NY-{number:07d}",
            "corporate_name": account.name,
            "address": _address(account),
            "permanent": True,
        }, document
    return {
        "method": "legal-representative",
        "legal_representative": "王晓明",
        "id_number": resident_number(number),
        "corporate_name": account.name,
        "licence_code": unified_social_credit_code(number),
        "permanent": True,
    }, document


def _address(account: Account) -> str:
    return "杭州市文三路100号" if account.country == "CN" else "350 Fifth Avenue, New York"


def right(registered: Right, number: int) -> tuple[Mapping[str, Any], tuple[Part, ...]]:
    """A trademark with its certificate (001, Step 3)."""
    submission = {
        "right_type": "trademark",
        "place": registered.place,
        "name": registered.name,
        "registration_number": registered.registration_number,
        "registrant": registered.registrant,
        "expires_on": registered.expires_on.isoformat(),
        "nice_classes": list(registered.nice_classes),
        "brand": registered.name,
    }
    return submission, (Part("certificate", png(1000 + number), "certificate.png"),)


def unified_social_credit_code(number: int) -> str:
    """A well-formed code (GB 32100) of a company that does not exist."""
    stem = f"91330106MA{number:07d}"[:17]
    return f"{stem}{uscc.calc_check_digit(stem)}"


def resident_number(number: int) -> str:
    """A well-formed resident identity number (GB 11643) of a person who does not exist."""
    stem = f"11010119900101{number % 1000:03d}"
    return f"{stem}{ric.calc_check_digit(f'{stem}0')}"  # the last character is not looked at
