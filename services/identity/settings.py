"""What identity needs to know of where it runs; read once, in `__main__`."""

from collections.abc import Mapping
from dataclasses import dataclass

from shared.runtime.surroundings import Surroundings

CLIENTS = ("ipr", "complaints", "notifications", "scoring")
TOKEN_LIFETIME_S = 1800


@dataclass(frozen=True)
class Settings:
    """operator: e-mail and password of the first operator, None once there are others; service_secrets: what each of
    our services shows for its token; provider_url: of the mainland's verification methods, empty: not offered;
    token_lifetime_s: seconds of an access token."""

    surroundings: Surroundings
    operator: tuple[str, str] | None
    service_secrets: Mapping[str, str]
    provider_url: str
    token_lifetime_s: int

    @classmethod
    def read(cls, env: Mapping[str, str]) -> "Settings":
        """IPP_OPERATOR_EMAIL, IPP_OPERATOR_PASSWORD, IPP_SERVICE_SECRET (of all services) or
        IPP_SERVICE_SECRET_<SERVICE>, IPP_IDENTITY_PROVIDER_URL, IPP_TOKEN_LIFETIME_S."""
        surroundings = Surroundings.read("identity", env)
        email, password = env.get("IPP_OPERATOR_EMAIL"), env.get("IPP_OPERATOR_PASSWORD")
        shared_secret = env.get("IPP_SERVICE_SECRET", "")
        secrets = {name: env.get(f"IPP_SERVICE_SECRET_{name.upper()}", shared_secret) for name in CLIENTS}
        return cls(
            surroundings=surroundings,
            operator=(email, password) if email and password else None,
            service_secrets={name: secret for name, secret in secrets.items() if secret},
            provider_url=env.get("IPP_IDENTITY_PROVIDER_URL", "").rstrip("/"),
            token_lifetime_s=int(env.get("IPP_TOKEN_LIFETIME_S", str(TOKEN_LIFETIME_S))),
        )
