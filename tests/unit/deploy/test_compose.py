"""The compose file: right by the specification's schema, and with the same settings as the local runner."""

import importlib
import importlib.util
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from deploy.local.jars import LOCK_FILE, read_lock
from deploy.local.services import SERVICES, environment

_PROJECT = Path(__file__).parents[3]
_COMPOSE: dict[str, Any] = yaml.safe_load((_PROJECT / "docker-compose.yml").read_text())
# What compose is given by whoever calls it stands as `${NAME:?why}` or `${NAME:-default}`.
_GIVEN = re.compile(r"\$\{(\w+):[?-][^}]*\}")
_PROCESSES = {
    name: process
    for name, process in _COMPOSE["services"].items()
    if process.get("command", [""])[0][:9] == "services."
}


def _settings(process: str) -> dict[str, str]:
    """A process's environment, with what its caller gives made up."""
    given = {"IPP_SMTP_HOST": "mail", "IPP_SMTP_PORT": "25", "BASE_IMAGE": "python"}
    given |= {"IPP_SERVICE_SECRET": "long random text", "IPP_MARKETPLACE_CONTACT_URL": "http://contacts"}
    given |= {"IPP_OPERATOR_EMAIL": "first@ipp.example", "IPP_OPERATOR_PASSWORD": "operator's password"}
    environment: dict[str, str] = _PROCESSES[process]["environment"]
    return {name: _GIVEN.sub(lambda found: given[found[1]], value) for name, value in environment.items()}


def test_it_is_a_compose_file_by_the_specifications_schema() -> None:
    spec = importlib.util.find_spec("check_jsonschema")  # only its data are wanted: it is not imported
    assert spec is not None
    assert spec.origin is not None
    schema = json.loads((Path(spec.origin).parent / "builtin_schemas/vendor/compose-spec.json").read_text())

    jsonschema.validate(_COMPOSE, schema)


def test_what_it_refers_to_is_there() -> None:
    for name, service in _COMPOSE["services"].items():
        assert set(service.get("depends_on", {})) <= set(_COMPOSE["services"]), name
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(_COMPOSE["volumes"]), name
        if build := service.get("build"):
            assert (_PROJECT / build["dockerfile"]).is_file(), name


def test_every_service_has_its_api_and_its_reactions() -> None:
    commands = {tuple(process["command"]) for process in _PROCESSES.values()}

    assert {(f"services.{name}", role) for name in SERVICES for role in ("api", "reactions")} <= commands


def test_no_process_starts_before_the_topics_are_there() -> None:
    for name, process in _PROCESSES.items():
        assert process["depends_on"]["provision"]["condition"] == "service_completed_successfully", name
        assert process["healthcheck"]["test"][0] == "CMD", name
    assert _COMPOSE["services"]["provision"]["depends_on"]["kafka"]["condition"] == "service_healthy"


def test_the_settings_are_those_of_the_local_runner() -> None:
    expected = environment(
        kafka_bootstrap="kafka:9092",
        mongo_url="mongodb://mongo:27017/?replicaSet=rs0",
        addresses={name: f"http://{name}:8080" for name in SERVICES},
        state_folder=Path("/var/lib/ipp"),
        mail="mail:25",
        marketplace_contacts="http://contacts",
        service_secret="long random text",
        host="0.0.0.0",  # noqa: S104 - inside a container
    )

    # Only the process that makes the first operator is told about it.
    operator = {"IPP_OPERATOR_EMAIL": "first@ipp.example", "IPP_OPERATOR_PASSWORD": "operator's password"}
    for name in _PROCESSES:
        assert _settings(name) == expected | (operator if name == "identity" else {}), name


def test_the_broker_is_the_one_that_the_lock_names() -> None:
    version = read_lock(LOCK_FILE.read_text()).kafka

    assert _COMPOSE["services"]["kafka"]["image"] == f"apache/kafka:{version}"


class _Recording(Mapping[str, str]):
    """An environment that remembers which of its settings were asked for."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> str:
        self.asked.add(name)
        return self._values[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)


def _asked_by(service: str, settings: Mapping[str, str]) -> set[str]:
    """What the service reads; fails where a setting without a default is not in `settings`."""
    env = _Recording(settings)
    importlib.import_module(f"services.{service}.settings").Settings.read(env)
    return env.asked


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_finds_every_setting_that_it_needs(service: str) -> None:
    _asked_by(service, _settings(service))


def test_no_setting_is_given_that_nobody_reads() -> None:
    asked = set().union(*(_asked_by(name, _settings(name)) for name in SERVICES))

    # Where a service is, all are told alike, whether or not somebody asks it something by now.
    addresses = {f"IPP_{name.upper()}_URL" for name in SERVICES}
    assert set(_settings("identity")) - addresses <= asked
