"""The merchant's links: a signed token for one case and the right that it is based on, which complaints and ipr check
with our published keys."""

from dataclasses import dataclass

from shared.access import Actor, Role, Signer

ISSUER = "notifications"

LIFETIME_S = 90 * 24 * 3600
"""Real time [ours]: well past the longest way of a case; the deadlines themselves are judged by complaints."""


@dataclass(frozen=True)
class Portals:
    """Where merchants open their links: to cases, and to certificates."""

    cases: str
    certificates: str


@dataclass(frozen=True)
class NoticeLinks:
    """case: shows the case and takes the merchant's answer; certificates: what is disclosed of the right."""

    case: str
    certificates: str


class MerchantLinks:
    """audience: for whom tokens of our APIs are."""

    def __init__(self, signer: Signer, portals: Portals, audience: str) -> None:
        self._signer = signer
        self._portals = portals
        self._audience = audience

    def of_notice(self, merchant_id: str, case_id: str, right_id: str) -> NoticeLinks:
        """One token for both: this case and this right, and nothing else."""
        scopes = frozenset({f"case:{case_id}", f"right:{right_id}"})
        merchant = Actor(id=merchant_id, roles=frozenset({Role.MERCHANT}), scopes=scopes)
        token = self._signer.issue(merchant, self._audience, LIFETIME_S)
        return NoticeLinks(
            case=f"{self._portals.cases}/v1/merchant/cases/{case_id}?token={token}",
            certificates=f"{self._portals.certificates}/v1/merchant/rights/{right_id}/certificates?token={token}",
        )
