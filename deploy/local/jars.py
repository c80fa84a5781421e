"""The broker's jars: read from a lock, downloaded once, checked, kept in the cache folder."""

import asyncio
import hashlib
import os
import ssl
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from deploy.local.cache import cache_folder

LOCK_FILE = Path(__file__).with_name("kafka-jars.lock")
MAVEN_CENTRAL = "https://repo1.maven.org/maven2"
_AT_ONCE = 8
_ATTEMPTS = 3
_CHUNK = 1 << 16


class JarRefused(Exception):
    """A jar could not be had, or is not the one that the lock names."""


@dataclass(frozen=True)
class Jar:
    """One pinned jar; `size` in bytes, `sha256` in hex."""

    group: str
    artifact: str
    version: str
    size: int
    sha256: str

    @property
    def file(self) -> str:
        return f"{self.artifact}-{self.version}.jar"

    @property
    def path(self) -> str:
        """Where a Maven repository keeps it."""
        return f"{self.group.replace('.', '/')}/{self.artifact}/{self.version}/{self.file}"


@dataclass(frozen=True)
class Lock:
    kafka: str
    jars: tuple[Jar, ...]


def read_lock(text: str) -> Lock:
    """Read the lock's text: `kafka VERSION`, then one line a jar; `#` starts a comment."""
    lines = [line.split() for line in text.splitlines() if line and not line.startswith("#")]
    (_, version), *rest = lines
    jars = []
    for coordinates, size, digest in rest:
        group, artifact, jar_version = coordinates.split(":")
        jars.append(Jar(group, artifact, jar_version, int(size), digest))
    return Lock(version, tuple(jars))


async def installed(lock: Lock) -> Path:
    """The folder that holds all jars of the lock; downloads what is missing. A second call downloads nothing."""
    folder = cache_folder() / f"kafka-{lock.kafka}"
    folder.mkdir(parents=True, exist_ok=True)
    missing = [jar for jar in lock.jars if not _is_there(folder / jar.file, jar)]
    if missing:
        await _download(missing, folder)
    return folder


def _is_there(path: Path, jar: Jar) -> bool:
    """Only a checked jar ever gets its name (see `_fetch`), so that the size is enough here."""
    return path.is_file() and path.stat().st_size == jar.size


async def _download(jars: Sequence[Jar], folder: Path) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    # certifi is not asked: SSL_CERT_FILE and SSL_CERT_DIR hold for the default context.
    connector = aiohttp.TCPConnector(ssl=ssl.create_default_context(), limit=_AT_ONCE)
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=30, sock_read=60)
    with Progress(*columns) as progress:
        bar = progress.add_task(f"Kafka broker: {len(jars)} jars", total=sum(jar.size for jar in jars))
        async with aiohttp.ClientSession(connector=connector, timeout=timeout, trust_env=True) as session:
            await asyncio.gather(*(_with_retry(session, jar, folder, progress, bar) for jar in jars))


async def _with_retry(session: aiohttp.ClientSession, jar: Jar, folder: Path, progress: Progress, bar: TaskID) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            await _fetch(session, jar, folder)
        except (aiohttp.ClientError, TimeoutError) as error:
            if attempt == _ATTEMPTS:
                raise JarRefused(f"{jar.file} could not be downloaded: {error!r}") from error
            await asyncio.sleep(attempt)
        else:
            progress.advance(bar, jar.size)
            return


async def _fetch(session: aiohttp.ClientSession, jar: Jar, folder: Path) -> None:
    """Download under another name, check, and only then give it its own: a cut download leaves nothing behind
    that could be taken for a jar, and two runners at once do no harm."""
    repository = os.environ.get("IPP_MAVEN_REPOSITORY", MAVEN_CENTRAL).rstrip("/")
    handle, name = tempfile.mkstemp(prefix=f".{jar.file}.", dir=folder)
    partial = Path(name)
    try:
        digest = hashlib.sha256()
        with os.fdopen(handle, "wb") as file:
            async with session.get(f"{repository}/{jar.path}", raise_for_status=True) as response:
                async for chunk in response.content.iter_chunked(_CHUNK):
                    digest.update(chunk)
                    file.write(chunk)
        if digest.hexdigest() != jar.sha256:
            raise JarRefused(f"{jar.file} from {repository} has SHA-256 {digest.hexdigest()}, not {jar.sha256}")
        partial.replace(folder / jar.file)
    finally:
        partial.unlink(missing_ok=True)
