"""Which platform a command speaks to: what the environment names, or the one that `ipp up` or `ipp demo` runs here."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from deploy.cli.ending import end
from deploy.local.services import SERVICES
from deploy.simulator.stage import RUNNING

UP = Path(".local/up")
DEMO = Path("build/demo")
_NOWHERE = "No platform runs here: start one with `ipp up`, or name one by KAFKA_BOOTSTRAP and MONGO_URL."
_ANOTHER_STORE = "MONGO_URL names another store than that of the platform here: name its broker too, by KAFKA_BOOTSTRAP"


@dataclass(frozen=True)
class Platform:
    """Addresses of broker, store and services. Services without an address are not asked.

    mainland: the China region's store, empty where it has none of its own; clock_file: business time, where a driver
    steps it; state_folder: with a folder for each service that holds its keys.
    """

    kafka: str
    mongo: str
    database_prefix: str = "ipp"
    services: Mapping[str, str] = field(default_factory=dict)
    mainland: str = ""
    clock_file: Path | None = None
    state_folder: Path | None = None


def find(
    env: Mapping[str, str] = os.environ, folders: tuple[Path, ...] = (UP, DEMO), *, broker: bool = True
) -> Platform:
    """`KAFKA_BOOTSTRAP`, `MONGO_URL`, `IPP_<SERVICE>_URL`, … come first; what they leave open is read from the file of
    a platform that runs here, but of none with another broker or store than the environment names: two platforms are
    never taken for one. Ends the command where no broker is known, unless it needs none (`broker`)."""
    here = _running(folders)
    running = next((each for each in here if _agrees(each, env)), Platform("", ""))
    found = Platform(
        kafka=env.get("KAFKA_BOOTSTRAP") or running.kafka,
        mongo=env.get("MONGO_URL") or running.mongo,
        database_prefix=env.get("IPP_DATABASE_PREFIX") or running.database_prefix,
        services=_services(env) or running.services,
        mainland=env.get("IPP_MONGO_URL_CN", ""),
        clock_file=_path(env.get("IPP_CLOCK_FILE")) or running.clock_file,
        state_folder=_path(env.get("IPP_STATE_FOLDER")) or running.state_folder,
    )
    if not found.kafka and (broker or not found.mongo):
        end(_ANOTHER_STORE if found.mongo and here else _NOWHERE)
    return found


def _services(env: Mapping[str, str]) -> dict[str, str]:
    """`IPP_<SERVICE>_URL`, as the services themselves find each other."""
    named = {name: env.get(f"IPP_{name.upper()}_URL", "") for name in SERVICES}
    return {name: url for name, url in named.items() if url}


def _agrees(running: Platform, env: Mapping[str, str]) -> bool:
    named = ((env.get("KAFKA_BOOTSTRAP"), running.kafka), (env.get("MONGO_URL"), running.mongo))
    return all(said in (None, "", known) for said, known in named)


def _running(folders: tuple[Path, ...]) -> list[Platform]:
    found = []
    for folder in folders:
        file = folder / RUNNING
        if file.is_file():
            said = json.loads(file.read_text())
            if _alive(said["pid"]):
                platform = Platform(
                    said["kafka"],
                    said["mongo"],
                    said["database_prefix"],
                    said["services"],
                    clock_file=_path(said.get("clock_file")),
                    state_folder=_path(said.get("state_folder")),
                )
                found.append(platform)
    return found


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _alive(pid: int) -> bool:
    """A file may be left behind by a process that was killed."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
