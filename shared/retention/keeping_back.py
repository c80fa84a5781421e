"""Whose data must not be removed now, whatever their age: accounts under a legal hold, and restricted ones."""

from collections.abc import Mapping, Set
from typing import Any, Protocol

from shared.peers import PeerAway, Peers
from shared.reactions.replica import Replica

LEGAL_HOLD = "legal-hold"
RESTRICTION = "restriction"


class KeptBack(Protocol):
    async def among(self, accounts: Set[str]) -> Mapping[str, str]:
        """Those of the accounts that are kept back, each with the reason. Raises Transient where nobody knows now: then
        nothing is removed."""
        ...


class NobodyKeptBack:
    """For what is of no account."""

    async def among(self, accounts: Set[str]) -> Mapping[str, str]:
        return {}


class AskedIdentity:
    """What our replica knows is believed where it keeps something back. Where it does not, it may be behind: identity
    is asked before anything is destroyed."""

    def __init__(self, peers: Peers, identity: str, replica: Replica) -> None:
        self._peers = peers
        self._url = f"{identity}/v1/internal/kept-back"
        self._replica = replica

    async def among(self, accounts: Set[str]) -> Mapping[str, str]:
        known = {each: _reason(await self._replica.get(each)) for each in accounts if each}
        held = {account: reason for account, reason in known.items() if reason}
        asked = known.keys() - held.keys()
        if asked:
            told = await self._told()
            held |= {account: told[account] for account in asked & told.keys()}
        return held

    async def _told(self) -> dict[str, str]:
        """All that identity keeps back; they are few."""
        found: dict[str, str] = {}
        after = ""
        while True:
            status, body = await self._peers.get(self._url, {"after": after} if after else {})
            if status != 200:
                raise PeerAway(f"identity answered {status} when asked what is kept back")
            page: list[dict[str, Any]] = body["accounts"]
            found |= {each["account_id"]: each["because"] for each in page}
            if not body["more"]:
                return found
            after = page[-1]["account_id"]


def reason_of(legal_hold: bool, restricted: bool) -> str:
    """Empty where it is not kept back."""
    return LEGAL_HOLD if legal_hold else RESTRICTION if restricted else ""


def _reason(facts: Mapping[str, Any] | None) -> str:
    return reason_of(facts.get("legal_hold", False), facts.get("restricted", False)) if facts else ""
