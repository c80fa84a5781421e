"""What every service needs to know of where it runs, read from the environment in one place."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

SERVICES = ("identity", "ipr", "complaints", "notifications", "scoring")


class SettingMissing(SystemExit):
    """A setting without a default is not in the environment."""

    def __init__(self, name: str, meaning: str) -> None:
        super().__init__(f"the environment lacks {name}: {meaning}")


@dataclass(frozen=True)
class Surroundings:
    """The part of a service's settings that all services share.

    mainland_mongo_url: the store of the China region, for data from operations there. clock_file: business time shared
    with a driver that steps it; None: the machine's time. state_folder: keys and other files of this service's own.
    issuers: token issuer → URL of its key set. instance: names this process among those of its service, the same after
    a restart (static membership of stream workers). peers: service → `http://…` of those that are known here, without
    a slash at the end; service_secret: what this service shows to identity for its token. scanner_url: of clamd, empty:
    files are not scanned for malware, and that is said.
    """

    kafka_bootstrap: str
    mongo_url: str
    mainland_mongo_url: str
    database: str
    http_host: str
    http_port: int
    clock_file: Path | None
    state_folder: Path
    issuers: Mapping[str, str]
    instance: str = "1"
    scanner_url: str = ""
    peers: Mapping[str, str] = field(default_factory=dict)
    service_secret: str = ""

    @classmethod
    def read(cls, service: str, env: Mapping[str, str]) -> "Surroundings":
        """IPP_KAFKA_BOOTSTRAP, IPP_MONGO_URL, IPP_MONGO_URL_CN (where the China region has a store of its own),
        IPP_DATABASE_PREFIX, IPP_HTTP_HOST, IPP_<SERVICE>_PORT, IPP_CLOCK_FILE,
        IPP_STATE_FOLDER, IPP_INSTANCE, IPP_CLAMD_URL, IPP_<SERVICE>_URL of the others, IPP_SERVICE_SECRET (of all
        services) or IPP_SERVICE_SECRET_<SERVICE>, IPP_ISSUERS (`identity=http://…/jwks.json,notifications=…`)."""
        clock_file = env.get("IPP_CLOCK_FILE")
        kafka_bootstrap = required(env, "IPP_KAFKA_BOOTSTRAP", "host:port of the broker")
        mongo_url = required(env, "IPP_MONGO_URL", "mongodb://… of the store")
        pairs = (pair.partition("=") for pair in env.get("IPP_ISSUERS", "").split(",") if pair.strip())
        return cls(
            kafka_bootstrap=kafka_bootstrap,
            mongo_url=mongo_url,
            mainland_mongo_url=env.get("IPP_MONGO_URL_CN") or mongo_url,
            database=f"{env.get('IPP_DATABASE_PREFIX', 'ipp')}_{service}",
            http_host=env.get("IPP_HTTP_HOST", "127.0.0.1"),
            http_port=int(env.get(f"IPP_{service.upper()}_PORT", "0")),
            clock_file=Path(clock_file) if clock_file else None,
            state_folder=Path(env.get("IPP_STATE_FOLDER", "build/state")) / service,
            issuers={name.strip(): url.strip() for name, _, url in pairs},
            instance=env.get("IPP_INSTANCE", "1"),
            scanner_url=env.get("IPP_CLAMD_URL", ""),
            peers={name: url.rstrip("/") for name in SERVICES if (url := env.get(f"IPP_{name.upper()}_URL"))},
            service_secret=env.get(f"IPP_SERVICE_SECRET_{service.upper()}") or env.get("IPP_SERVICE_SECRET", ""),
        )


def required(env: Mapping[str, str], name: str, meaning: str) -> str:
    value = env.get(name)
    if not value:
        raise SettingMissing(name, meaning)
    return value
