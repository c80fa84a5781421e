"""Logs as JSON lines without personal data: ids, codes and figures only."""

import logging
import re
import sys
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any

import orjson
import structlog
from structlog.tracebacks import ExceptionDictTransformer

REDACTED = "[redacted]"

# Names whose values are personal or secret, wherever they turn up (000 I: what is collected of a person).
PERSONAL_NAMES = frozenset({
    "address", "authorization", "cookie", "email", "fax", "full_name", "id_number", "mobile", "passport", "password",
    "phone", "postal_address", "postcode", "recipient", "secret", "subject_number", "token", "verification_code",
})  # fmt: skip

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_TOKEN = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+")
_CREDENTIALS = re.compile(r"(?<=://)[^/\s:@]+:[^/\s@]+(?=@)")

Event = MutableMapping[str, Any]


def redact(_: Any, __: str, event: Event) -> Event:
    """Values under personal names, and e-mail addresses, tokens and credentials in any text."""
    return {name: _redacted(name, value) for name, value in event.items()}


def _redacted(name: str, value: Any) -> Any:
    if name.lower() in PERSONAL_NAMES and value is not None:
        return REDACTED
    if isinstance(value, str):
        if not ("@" in value or "eyJ" in value):  # none of the three can be in it
            return value
        return _CREDENTIALS.sub(REDACTED, _EMAIL.sub(REDACTED, _TOKEN.sub(REDACTED, value)))
    if isinstance(value, Mapping):
        return {key: _redacted(str(key), each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_redacted("", each) for each in value]
    return value


_FOREIGN = ("aiokafka", "faust", "mode", "aiohttp.access")


class Patience(logging.Filter):
    """Lets a library say the same thing, told by where in its code it is said, `most` times in `seconds` of real time.
    While a broker is away, its clients say hundreds of times a second that it is. What was held back is counted in the
    next line from there, as `held_back`."""

    def __init__(self, most: int = 3, seconds: float = 10.0, *, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._most = most
        self._seconds = seconds
        self._clock = clock
        self._said: dict[tuple[str, int], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in _FOREIGN:
            return True
        place, now = (record.pathname, record.lineno), self._clock()
        since, count = self._said.get(place, (now, 0))
        if now - since >= self._seconds:
            if count > self._most:
                record.held_back = count - self._most
            since, count = now, 0
        self._said[place] = (since, count + 1)
        return count < self._most


def configure_logs(service: str, level: str = "INFO") -> None:
    """Once for each process; the standard library's loggers (aiokafka, aiohttp, faust) write the same lines."""

    def name_service(_: Any, __: str, event: Event) -> Event:
        event["service"] = service
        return event

    ours: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        name_service,
        structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False, max_frames=20)),
    ]
    structlog.configure(
        processors=[*ours, redact, _render],
        logger_factory=_lines,
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level)),
        cache_logger_on_first_use=True,
    )
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*ours, structlog.stdlib.ExtraAdder(), redact],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _render],
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(formatter)
    handler.addFilter(Patience())
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in _FOREIGN:
        logging.getLogger(noisy).setLevel(max(logging.WARNING, logging.getLevelName(level)))


class _Lines(structlog.PrintLogger):
    """Writes our own lines straight out: the standard library's way costs three times as much for each. `name` is what
    the line says as its logger."""

    def __init__(self, name: str) -> None:
        super().__init__(sys.stdout)
        self.name = name


def _lines(*arguments: Any) -> _Lines:
    return _Lines(structlog.stdlib.LoggerFactory(ignore_frame_names=[__name__])(*arguments).name)


def _render(_: Any, __: str, event: Event) -> str:
    return orjson.dumps(event, default=repr, option=orjson.OPT_NON_STR_KEYS).decode()
