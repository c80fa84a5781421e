"""How commands for operators speak: what was asked for on standard output, all else on standard error, and one line
with exit status 2 where it cannot be done."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import structlog
import typer
from aiokafka.errors import KafkaError

from shared.kernel.failures import Transient


class CannotDo(Exception):
    """What was asked makes no sense or cannot be done; the message is the line that says so."""


@contextmanager
def one_line() -> Iterator[None]:
    """Broker or store that do not answer, and input that makes no sense. The client's own lines about it are kept back:
    the one line says it."""
    client = logging.getLogger("aiokafka")
    level = client.level
    client.setLevel(logging.CRITICAL)
    try:
        yield
    except CannotDo as problem:
        end(str(problem))
    except (KafkaError, TimeoutError, OSError) as problem:
        end(f"the broker does not answer: {type(problem).__name__} {problem}")
    except Transient as problem:
        end(f"no answer: {type(problem).__name__} {problem}")
    finally:
        client.setLevel(level)


def end(said: str) -> NoReturn:
    """Says it on standard error and ends with 2."""
    typer.echo(" ".join(said.split()), err=True)
    raise typer.Exit(2)


@contextmanager
def logs_to_stderr(level: int) -> Iterator[None]:
    """For the block, from this level on."""
    before = structlog.get_config()
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.configure(**before)
