"""The look at all that tests write finds what is planted, wherever it is: else it would be a look that never fails."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry, Counter, generate_latest

from deploy.local.child import spawn
from deploy.local.kafka import KafkaBroker
from deploy.local.mongo import MongoServer
from deploy.local.ports import free_ports
from deploy.local.stack import LocalStack
from deploy.local.supervisor import Program, Supervisor
from shared.httpkit import HttpServer
from shared.kafka.producer import Producer
from shared.mongo import Database, InsertOne, UpdateOne, connect
from tests.support.eventually import eventually
from tests.support.kafka import broker
from tests.support.memory_broker import MemoryBroker
from tests.support.nothing_personal import KNOWN
from tests.support.overhearing import Overhearing
from tests.support.typed_in import TypedIn
from tests.support.written import Written

# Of no shape that the look of the session itself would know, and never sent to a service.
PLANTED = "Planted Person of Nowhere Lane"


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[Overhearing]:
    """A second one, which alone knows that the planted value is personal."""
    typed_in = TypedIn()
    typed_in.add("planted", PLANTED)
    overhearing = Overhearing(Written(tmp_path / "written"), typed_in)
    with pytest.MonkeyPatch.context() as patch:
        overhearing.begin(patch)
        yield overhearing


def _told(heard: Overhearing) -> list[str]:
    heard.end()
    assert heard.troubles == []
    return sorted(
        leak.partition(", during")[0].replace("planted #1", "planted")
        for leak in heard.written.leaks(heard.typed_in.values, KNOWN)
    )


class _NotOurs(LocalStack):
    """The session's stack as one that is about to be stopped; what the session still needs goes on."""

    def __init__(self, stack: LocalStack) -> None:
        super().__init__()
        running = SimpleNamespace(child=SimpleNamespace(running=True, stop=self._spared, kill=lambda: None))
        self.kafka_bootstrap, self.mongo_url = stack.kafka_bootstrap, stack.mongo_url
        self.kafka, self.mongo = cast("KafkaBroker", running), cast("MongoServer", running)

    async def _spared(self) -> None:
        pass


async def test_on_a_topic_in_key_header_or_value(heard: Overhearing, stack: LocalStack) -> None:
    async with broker(stack.kafka_bootstrap) as made:
        await made.make_topics("planted.v1")
    producer = Producer(stack.kafka_bootstrap, "test")
    await producer.start()
    await producer.send("planted.v1", PLANTED.encode(), b"{}", ())
    await producer.send("planted.v1", b"key", b"{}", [("who", PLANTED.lower().encode())])
    await producer.send("planted.v1", b"key", PLANTED.encode().hex().encode(), ())
    await producer.stop()
    await _NotOurs(stack).stop()
    assert _told(heard) == [
        "planted (as it is) in topic planted.v1",
        "planted (hex) in topic planted.v1",
        "planted (lower case as it is) in topic planted.v1",
    ]


async def test_in_a_plain_field_of_a_store(heard: Overhearing, stack: LocalStack) -> None:
    """Not heard when it was written: another process did. It is seen at the end."""
    elsewhere = await _written_elsewhere(heard, stack, "planted-elsewhere")
    await _NotOurs(stack).stop()
    await elsewhere.drop()
    elsewhere.close()
    in_stores = [leak for leak in _told(heard) if " in store " in leak]  # the broker has what another test planted
    assert in_stores == ["planted (as it is) in store planted-elsewhere.people"]


async def test_in_a_database_that_is_dropped(heard: Overhearing, stack: LocalStack) -> None:
    dropped = await _written_elsewhere(heard, stack, "planted-dropped")
    await dropped.drop()
    dropped.close()
    assert _told(heard) == ["planted (as it is) in store planted-dropped.people"]


async def _written_elsewhere(heard: Overhearing, stack: LocalStack, name: str) -> Database:
    database = connect(stack.mongo_url, name)
    heard.listening = False
    await database.collection("people").write([InsertOne({"name": PLANTED})])
    heard.listening = True
    return database


async def test_in_a_field_that_is_overwritten_before_anybody_looks(
    heard: Overhearing, fresh_database: Database, stack: LocalStack
) -> None:
    database = connect(stack.mongo_url, fresh_database.name)  # made while somebody listens
    people = database.collection("people")
    await people.write([InsertOne({"_id": 1, "note": f"of {PLANTED}"})])
    await people.write([UpdateOne({"_id": 1}, {"$set": {"note": PLANTED[::-1]}})])
    await people.write([UpdateOne({"_id": 1}, {"$set": {"note": "nobody"}})])
    database.close()
    place = f"store {fresh_database.name}.people"
    assert _told(heard) == [f"planted (as it is) in {place}", f"planted (backwards) in {place}"]


async def test_in_the_log_of_a_process(heard: Overhearing, tmp_path: Path) -> None:
    command = [sys.executable, "-c", f"print('cannot serve', {PLANTED!r})"]
    child = spawn("one", command, tmp_path / "one.log")
    await eventually(lambda: _ended(child.running))
    await child.stop()
    assert _told(heard) == ["planted (as it is) in log one.log"]


async def _ended(running: bool) -> bool:
    return not running


async def test_in_the_label_of_a_metric(heard: Overhearing, tmp_path: Path) -> None:
    registry = CollectorRegistry()
    Counter("planted", "For this test.", ("who",), registry=registry).labels(PLANTED).inc()

    async def exposition(_: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry))

    app = web.Application()
    app.router.add_get("/metrics", exposition)
    server = HttpServer(app, "127.0.0.1", free_ports(1)[0])
    await server.start()
    idle = [sys.executable, "-c", "import time; time.sleep(60)"]
    async with Supervisor([Program("idle", idle, f"http://127.0.0.1:{server.port}")], tmp_path):
        pass
    await server.stop()
    assert _told(heard) == ["planted (as it is) in metrics of idle/metrics"]


async def test_on_a_topic_in_memory(heard: Overhearing) -> None:
    MemoryBroker().append("planted.v1", b"key", PLANTED.encode())
    assert _told(heard) == ["planted (as it is) in topic planted.v1 in memory"]


async def test_what_cannot_be_looked_at_is_told_and_hides_nothing(heard: Overhearing, tmp_path: Path) -> None:
    heard.written.file = tmp_path / "no folder" / "written"
    assert MemoryBroker().append("planted.v1", b"key", b"value").offset == 0
    [trouble] = heard.troubles
    assert trouble.startswith("a topic in memory: FileNotFoundError")


def test_a_run_of_tests_fails_for_it_and_says_where_but_not_what(tmp_path: Path) -> None:
    """From a test's printed line and its own metrics to the exit code of the run."""
    (tmp_path / "conftest.py").write_text(
        "from tests.support.nothing_personal import NothingPersonal\n"
        "def pytest_configure(config):\n"
        "    config.pluginmanager.register(NothingPersonal())\n"
    )
    (tmp_path / "test_it.py").write_text(
        "import logging\n"
        "from prometheus_client import Counter\n"
        "def test_that_passes():\n"
        "    logging.getLogger('a').warning('a mail to %s', 'alice' + '@brand.example')\n"
        "    Counter('calls', 'of people', ('who',)).labels('+86 571 8502 2088').inc()\n"
    )
    project = Path(__file__).parents[2]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(tmp_path), str(tmp_path)]
    ended = subprocess.run(  # noqa: S603 - our own
        command, cwd=project, env={"PYTHONPATH": str(project)}, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == pytest.ExitCode.TESTS_FAILED
    assert "an e-mail address (al….example) in Captured log call of test_it.py::test_that_passes" in ended.stdout
    assert "a phone number (+86 …) in metrics of the tests' process" in ended.stdout
    assert "1 passed, 1 error" in ended.stdout
    assert "alice" not in ended.stdout
