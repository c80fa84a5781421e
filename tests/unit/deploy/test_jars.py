"""The broker's jars: pinned, downloaded once, checked."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from deploy.local.jars import LOCK_FILE, Jar, JarRefused, Lock, installed, read_lock

_CONTENT = b"the jar's bytes"
_JAR = Jar("org.apache.kafka", "kafka_2.13", "4.0.0", len(_CONTENT), hashlib.sha256(_CONTENT).hexdigest())
_PATH = "/org/apache/kafka/kafka_2.13/4.0.0/kafka_2.13-4.0.0.jar"


class Repository:
    """A Maven repository with one jar, which can be told to fail."""

    def __init__(self) -> None:
        self.asked: Counter[str] = Counter()
        self.content = _CONTENT
        self.failures = 0

    async def answer(self, request: web.Request) -> web.Response:
        self.asked[request.path] += 1
        if self.asked[request.path] <= self.failures:
            return web.Response(status=503)
        return web.Response(body=self.content)


@pytest.fixture
async def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Repository]:
    repository = Repository()
    app = web.Application()
    app.router.add_get("/{path:.*}", repository.answer)
    async with TestServer(app) as server:
        monkeypatch.setenv("IPP_MAVEN_REPOSITORY", str(server.make_url("/")))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        yield repository


async def test_a_jar_is_downloaded_once(repository: Repository, tmp_path: Path) -> None:
    lock = Lock("4.0.0", (_JAR,))

    folder = await installed(lock)
    again = await installed(lock)

    assert folder == again == tmp_path / "ip-protection-platform" / "kafka-4.0.0"
    assert (folder / "kafka_2.13-4.0.0.jar").read_bytes() == _CONTENT
    assert repository.asked == {_PATH: 1}


async def test_a_jar_that_is_not_the_locked_one_is_refused_and_not_kept(repository: Repository, tmp_path: Path) -> None:
    repository.content = b"the jar's other"

    with pytest.raises(JarRefused, match=r"kafka_2\.13-4\.0\.0\.jar .* has SHA-256"):
        await installed(Lock("4.0.0", (_JAR,)))

    assert list((tmp_path / "ip-protection-platform" / "kafka-4.0.0").iterdir()) == []


async def test_a_repository_that_fails_once_is_asked_again(repository: Repository) -> None:
    repository.failures = 1

    folder = await installed(Lock("4.0.0", (_JAR,)))

    assert (folder / _JAR.file).is_file()
    assert repository.asked == {_PATH: 2}


def test_the_lock_pins_the_broker_and_a_logging_binding() -> None:
    lock = read_lock(LOCK_FILE.read_text())

    coordinates = {(jar.artifact, jar.version) for jar in lock.jars}
    assert ("kafka_2.13", lock.kafka) in coordinates
    assert any(artifact == "slf4j-simple" for artifact, _ in coordinates)
    assert all(len(jar.sha256) == 64 and jar.size > 0 for jar in lock.jars)
