"""A process: order of start and stop, what it says of itself, what its logs leave out."""

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import pytest

from shared.runtime import ALL_ROLES, Assembly, Background, ProcessRole
from shared.runtime.logs import REDACTED, redact
from shared.runtime.process import roles_of
from shared.runtime.surroundings import SettingMissing, Surroundings


@dataclass
class Traced:
    name: str
    trace: list[str] = field(default_factory=list)
    fails: bool = False

    async def start(self) -> None:
        if self.fails:
            raise OSError("port taken")
        self.trace.append(f"start {self.name}")

    async def stop(self) -> None:
        self.trace.append(f"stop {self.name}")


async def test_components_stop_in_reverse_also_when_a_start_fails() -> None:
    trace: list[str] = []
    with pytest.raises(OSError, match="port taken"):
        async with AsyncExitStack() as stack:
            assembly = Assembly(stack)
            await assembly.start(Traced("broker", trace))
            await assembly.start(Traced("relay", trace))
            await assembly.start(Traced("http", trace, fails=True))
    assert trace == ["start broker", "start relay", "stop relay", "stop broker"]


async def test_readiness_names_what_is_wrong() -> None:
    async def well() -> str:
        return ""

    async def broken() -> str:
        raise ConnectionError("no store")

    async with AsyncExitStack() as stack:
        assembly = Assembly(stack)
        assembly.watch("broker", health=well)
        assembly.watch("store", health=broken)
        assert await assembly.readiness() == {"broker": "", "store": "ConnectionError: no store"}


async def test_backlogs_are_put_together() -> None:
    async def outbox() -> dict[str, int]:
        return {"outbox": 2}

    async def inbox() -> dict[str, int]:
        return {"inbox": 0}

    async with AsyncExitStack() as stack:
        assembly = Assembly(stack)
        await assembly.start(Traced("a"), backlog=outbox)
        await assembly.start(Traced("b"), backlog=inbox)
        assert await assembly.backlog() == {"outbox": 2, "inbox": 0}


async def test_a_background_task_that_ends_by_itself_is_noticed() -> None:
    async def fails() -> None:
        raise RuntimeError("bug")

    async def runs() -> None:
        await asyncio.Event().wait()

    async with AsyncExitStack() as stack:
        assembly = Assembly(stack)
        await assembly.start(Background("good", runs))
        await assembly.start(Background("bad", fails))
        async with asyncio.timeout(5):
            assert await assembly.first_end() == "bad: RuntimeError('bug')"
        assert (await assembly.readiness())["bad"] == "has ended"


def test_roles_of_the_command_line() -> None:
    assert roles_of([]) == ALL_ROLES
    assert roles_of(["api", "streams"]) == {ProcessRole.API, ProcessRole.STREAMS}
    with pytest.raises(SystemExit, match="unknown role web"):
        roles_of(["web"])


def test_logs_hold_no_personal_data() -> None:
    event = {
        "event": "refused for alice@example.com",
        "password": "hunter2",
        "account": "acc-intl-1",
        "details": {"phone": "+8613800138000", "steps": ["mongodb://root:secret@store/"]},
        "header": "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJ4In0.c2ln",
    }
    assert redact(None, "", event) == {
        "event": f"refused for {REDACTED}",
        "password": REDACTED,
        "account": "acc-intl-1",
        "details": {"phone": REDACTED, "steps": [f"mongodb://{REDACTED}@store/"]},
        "header": REDACTED,
    }


def test_a_missing_setting_is_named() -> None:
    with pytest.raises(SettingMissing, match="IPP_KAFKA_BOOTSTRAP"):
        Surroundings.read("identity", {})


def test_settings_are_read_from_the_environment() -> None:
    env = {
        "IPP_KAFKA_BOOTSTRAP": "localhost:9092",
        "IPP_MONGO_URL": "mongodb://localhost",
        "IPP_IDENTITY_PORT": "8101",
        "IPP_ISSUERS": "identity=http://a/jwks.json, notifications=http://b/jwks.json",
    }
    read = Surroundings.read("identity", env)
    assert (read.database, read.http_port, read.clock_file) == ("ipp_identity", 8101, None)
    assert read.issuers == {"identity": "http://a/jwks.json", "notifications": "http://b/jwks.json"}
