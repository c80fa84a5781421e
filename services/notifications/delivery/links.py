"""The merchant's link: a signed token for one case, which complaints checks with our published keys."""

from shared.access import Actor, Role, Signer

ISSUER = "notifications"

LIFETIME_S = 90 * 24 * 3600
"""Real time [ours]: well past the longest way of a case; the deadlines themselves are judged by complaints."""


class MerchantLinks:
    """portal: where merchants open their links; audience: for whom tokens of our APIs are."""

    def __init__(self, signer: Signer, portal: str, audience: str) -> None:
        self._signer = signer
        self._portal = portal.rstrip("/")
        self._audience = audience

    def for_case(self, merchant_id: str, case_id: str) -> str:
        """The link shows this case and takes the merchant's answer to it, and nothing else."""
        merchant = Actor(id=merchant_id, roles=frozenset({Role.MERCHANT}), scopes=frozenset({f"case:{case_id}"}))
        token = self._signer.issue(merchant, self._audience, LIFETIME_S)
        return f"{self._portal}/v1/merchant/cases/{case_id}?token={token}"
