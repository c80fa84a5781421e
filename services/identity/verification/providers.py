"""The mainland's verification methods are carried out by an external provider; only its finding is kept here."""

from dataclasses import dataclass
from typing import Protocol

import aiohttp

from services.identity.verification.details import AnyDetails
from shared.kernel.decider import Refusal
from shared.kernel.failures import Transient

TIMEOUT_S = 10.0


class ProviderUnavailable(Transient):
    """The provider did not answer; the same submission may succeed later."""


class IdentityProvider(Protocol):
    async def confirm(self, details: AnyDetails) -> str:
        """The provider's reference of its finding. Raises Refusal `provider-not-confirmed`. Asking twice is fine."""
        ...


@dataclass
class HttpIdentityProvider:
    """POST `<url>/confirmations` with the details → `{"confirmed": true, "reference": "…"}`."""

    url: str

    async def confirm(self, details: AnyDetails) -> str:
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        try:
            async with (
                aiohttp.ClientSession(timeout=timeout) as session,
                session.post(f"{self.url}/confirmations", json=details.model_dump(mode="json")) as response,
            ):
                response.raise_for_status()
                finding = await response.json()
        except (aiohttp.ClientError, TimeoutError) as problem:
            raise ProviderUnavailable(type(problem).__name__) from problem
        if finding.get("confirmed") is not True:
            mend = "Check the name and the number, or choose another method."
            raise Refusal("provider-not-confirmed", "The provider did not confirm the identity.", mend)
        return str(finding["reference"])


class NoIdentityProvider:
    """Where none is configured: the methods that need one are not offered."""

    async def confirm(self, details: AnyDetails) -> str:
        raise Refusal("method-not-offered", f"{details.method} is not offered here.", "Choose another method.")
