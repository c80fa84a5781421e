"""The Faust app of a processor, with every default that does not fit changed. Built by a factory, never at import."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shared.streams import faust_parts
from shared.streams.processor import Shape

BATCH_RECORDS = 2000
"""At most in a batch, of all partitions together."""


@dataclass(frozen=True)
class StreamSettings:
    """How a processor meets the broker.

    instance: names this worker among those of the processor, the same after a restart (static membership), so that it
    has its partitions back at once; session_seconds: how long a dead worker keeps its partitions, and how long a
    paused one may go on; commit_seconds: how much is done again after a crash, at most; send_seconds: deadline of
    each send; stop_seconds: after which a stop is cut short; dead_letters_at_most: since start, then the worker stops;
    state_folder: where rows of the tables are kept, so that a restart need not read the whole changelog; of this
    instance alone; None keeps none.
    """

    bootstrap: str
    instance: str = "1"
    session_seconds: float = 8.0
    heartbeat_seconds: float = 1.5
    commit_seconds: float = 0.25
    send_seconds: float = 20.0
    stop_seconds: float = 8.0
    dead_letters_at_most: int = 1000
    state_folder: Path | None = None


def create_app(shape: Shape, settings: StreamSettings, partitions: int, host: faust_parts.Host) -> Any:
    """A Faust app for one processor, with its table. `partitions`: those of the inputs; the changelog has as many."""
    app = faust_parts.EmbeddedApp(
        shape.app_id,
        broker=[f"kafka://{address.strip()}" for address in settings.bootstrap.split(",")],
        env_prefix="IPP_FAUST_",
        autodiscover=False,
        origin=None,
        store="memory://",
        processing_guarantee="at_least_once",
        key_serializer="raw",
        value_serializer="raw",
        consumer_group_instance_id=f"{shape.app_id}-{settings.instance}",
        consumer_auto_offset_reset="earliest",
        broker_session_timeout=settings.session_seconds,
        broker_heartbeat_interval=settings.heartbeat_seconds,
        broker_rebalance_timeout=settings.session_seconds,
        # Longer than a rebalance may take; as short as can be, for so long does a connection that died without a word
        # hold a request.
        broker_request_timeout=max(15.0, settings.session_seconds * 1.5),
        broker_commit_interval=settings.commit_seconds,
        broker_commit_every=None,
        producer_acks=-1,
        producer_linger=0.01,
        producer_request_timeout=settings.send_seconds,
        producer_max_batch_size=512 * 1024,
        stream_wait_empty=False,
        stream_recovery_delay=0.0,
        stream_buffer_maxsize=8,  # batches
        broker_max_poll_records=BATCH_RECORDS,
        table_standby_replicas=0,
        topic_allow_declare=False,
        topic_disable_leader=True,
        topic_partitions=partitions,
        topic_replication_factor=1,
        web_enabled=False,
        # Part of what members tell each other; a name of the machine in it would break a static member that moved.
        web_host=settings.instance,
        TableManager=faust_parts.PromptTableManager,
        PartitionAssignor=faust_parts.SetwiseAssignor,
    )
    app.host = host
    app.tables.add(
        faust_parts.ChangelogTable(
            app, name=shape.table, key_type=bytes, value_type=bytes, partitions=partitions, recovery_buffer_size=2
        )
    )
    return app


def source(app: Any, shape: Shape) -> Any:
    """All inputs as one Faust topic of plain bytes; records are decoded by us, so that none can stop the stream."""
    return app.topic(
        *shape.inputs,
        key_type=bytes,
        value_type=bytes,
        key_serializer="raw",
        value_serializer="raw",
        allow_empty=True,
    )
