"""How commands for operators end when they cannot do what was asked: one line, exit status 2."""

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from aiokafka.errors import KafkaError

from shared.kernel.failures import Transient


class CannotDo(Exception):
    """What was asked makes no sense or cannot be done; the message is the line that says so."""


@contextmanager
def one_line() -> Iterator[None]:
    """Broker or store that do not answer, and input that makes no sense."""
    try:
        yield
    except CannotDo as problem:
        end(str(problem))
    except (KafkaError, TimeoutError, OSError) as problem:
        end(f"the broker does not answer: {type(problem).__name__} {problem}")
    except Transient as problem:
        end(f"no answer: {type(problem).__name__} {problem}")


def end(said: str) -> None:
    """Says it on standard error and ends with 2."""
    typer.echo(" ".join(said.split()), err=True)
    raise typer.Exit(2)
