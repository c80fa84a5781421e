"""The five services and the environment that they run in; compose and other runners name the same settings."""

from collections.abc import Mapping
from pathlib import Path

from deploy.local.ports import LOOPBACK, free_ports

SERVICES = ("identity", "ipr", "complaints", "notifications", "scoring")
ISSUERS = ("identity", "notifications")
"""Services that sign tokens; the others fetch their public keys."""

KEY_SET = "/.well-known/jwks.json"


def free_addresses() -> dict[str, str]:
    """`http://…` of each service, on ports that are free now."""
    ports = free_ports(len(SERVICES))
    return {name: f"http://{LOOPBACK}:{port}" for name, port in zip(SERVICES, ports, strict=True)}


def environment(
    *,
    kafka_bootstrap: str,
    mongo_url: str,
    addresses: Mapping[str, str],
    state_folder: Path,
    mail: str,
    marketplace_contacts: str,
    service_secret: str,
    host: str = LOOPBACK,
    database_prefix: str = "ipp",
    clock_file: Path | None = None,
) -> dict[str, str]:
    """What all services find in their environment (`shared.runtime.Surroundings` says what each setting means).

    addresses: service → `http://host:port` as the other services reach it; mail: `host:port` of an SMTP server;
    marketplace_contacts: `http://…` that knows merchants' contacts; service_secret: what services show to identity.
    """
    issuers = ",".join(f"{name}={addresses[name]}{KEY_SET}" for name in ISSUERS)
    env = {
        "IPP_KAFKA_BOOTSTRAP": kafka_bootstrap,
        "IPP_MONGO_URL": mongo_url,
        "IPP_DATABASE_PREFIX": database_prefix,
        "IPP_HTTP_HOST": host,
        "IPP_STATE_FOLDER": str(state_folder),
        "IPP_ISSUERS": issuers,
        "IPP_SERVICE_SECRET": service_secret,
        "IPP_MARKETPLACE_CONTACT_URL": marketplace_contacts,
        "IPP_SMTP_HOST": mail.rpartition(":")[0],
        "IPP_SMTP_PORT": mail.rpartition(":")[2],
    }
    for name, address in addresses.items():
        env[f"IPP_{name.upper()}_PORT"] = address.rpartition(":")[2]
        env[f"IPP_{name.upper()}_URL"] = address
    if clock_file is not None:
        env["IPP_CLOCK_FILE"] = str(clock_file)
    return env
