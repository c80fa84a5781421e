"""The sender: open notices, at once when they are planned, and again from the store after crashes.

Notices take turns in lanes: owners in one, the merchants of each marketplace in their own, so that a peer that hangs
holds up nobody but those who need it. Back-off is real time.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import structlog
from prometheus_client import Counter

from services.notifications.delivery.post import Attempt, Post
from services.notifications.notices.commands import Recording
from services.notifications.notices.model import Event, Notice
from services.notifications.notices.store import SHARDS, OpenNotice, lane_of
from shared.eventstore import Repository
from shared.kernel.failures import Transient

ATTEMPTS = Counter("ipp_notice_attempts", "Attempts at notices, by what came of them.", ("result",))

log = structlog.get_logger(__name__)


class OpenNotices(Protocol):
    """See `NoticeIndex`."""

    async def open(self, shard: int, after: str, limit: int) -> Sequence[OpenNotice]: ...
    async def count_open(self) -> int: ...


@dataclass
class _Lane:
    """turns: how many notices of the lane are tried at once; known: in hand or waiting for their next attempt."""

    turns: asyncio.Semaphore
    known: set[str] = field(default_factory=set)


class Sender:
    """Delays and intervals are seconds of real time. Any number of senders may race: a letter may then go out twice,
    with the same Message-ID, and is recorded once."""

    def __init__(
        self,
        notices: Repository[Notice, Event],
        index: OpenNotices,
        recording: Recording,
        post: Post,
        *,
        lane_width: int = 12,
        most_known: int = 5_000,
        first_delay: float = 0.5,
        longest_delay: float = 300.0,
        sweep_every: float = 5.0,
        page: int = 500,
    ) -> None:
        self._notices = notices
        self._index = index
        self._recording = recording
        self._post = post
        self._lane_width = lane_width
        self._most_known = most_known
        self._first_delay = first_delay
        self._longest_delay = longest_delay
        self._sweep_every = sweep_every
        self._page = page
        self._lanes: dict[str, _Lane] = {}
        self._ready: asyncio.Queue[tuple[str, str]] = asyncio.Queue()
        self._seen_open: set[str] = set()

    def planned(self, notice: Notice) -> None:
        """A notice was planned just now."""
        self._offer(notice.id, lane_of(notice))

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._sweeps())
            while True:
                notice_id, lane = await self._ready.get()
                group.create_task(self._deliver(notice_id, self._lanes[lane]))

    async def backlog(self) -> Mapping[str, int]:
        """Notices that are not settled yet; 0 = the mail is quiet."""
        return {"planned-notices": await self._index.count_open()}

    def _offer(self, notice_id: str, lane: str) -> None:
        """A full lane takes no more: the sweep finds what it left."""
        place = self._lanes.get(lane)
        if place is None:
            place = self._lanes[lane] = _Lane(asyncio.Semaphore(self._lane_width))
        if notice_id not in place.known and len(place.known) < self._most_known:
            place.known.add(notice_id)
            self._ready.put_nowait((notice_id, lane))

    async def _deliver(self, notice_id: str, lane: _Lane) -> None:
        """Attempts until the notice is settled. Whatever happens to one notice stays with it."""
        attempts = 0
        try:
            while not await self._attempt(notice_id, lane):
                attempts += 1
                await asyncio.sleep(min(self._first_delay * 2.0 ** min(attempts - 1, 20), self._longest_delay))
        finally:
            lane.known.discard(notice_id)

    async def _attempt(self, notice_id: str, lane: _Lane) -> bool:
        """Whether nothing is left to do."""
        async with lane.turns:
            try:
                loaded = await self._notices.load(notice_id)
                if loaded is None or not loaded.state.open:
                    return True
                attempt = await self._post.attempt(loaded.state)
            except Transient as problem:
                log.warning("notice.postponed", notice=notice_id, cause=str(problem))
                return False
            except Exception:
                ATTEMPTS.labels("error").inc()
                log.exception("notice.failed-here", notice=notice_id)
                return False
        if attempt.results:
            ATTEMPTS.labels("settled").inc()
            await self._record(loaded.state, attempt)
        if attempt.postponed:
            ATTEMPTS.labels("postponed").inc()
            log.warning("notice.postponed", notice=notice_id, cause=attempt.postponed)
        return not attempt.postponed

    async def _record(self, notice: Notice, attempt: Attempt) -> None:
        """A letter that is out is not sent again because the store is away for a moment."""
        delay = self._first_delay
        while True:
            try:
                await self._recording.record(notice, attempt.results, attempt.at)
                return
            except Transient as problem:
                log.warning("notice.not-recorded", notice=notice.id, cause=str(problem))
                await asyncio.sleep(delay)
                delay = min(delay * 2, self._longest_delay)

    async def _sweeps(self) -> None:
        """At the start everything open is taken; later only what was open in the sweep before as well: that is left
        over from another process, while what is new is being sent by whoever planned it."""
        takes_all = True
        while True:
            try:
                await self._sweep(takes_all)
                takes_all = False
            except Transient as problem:
                log.warning("sender.sweep-failed", cause=str(problem))
            await asyncio.sleep(self._sweep_every)

    async def _sweep(self, takes_all: bool) -> None:
        seen: set[str] = set()
        for shard in range(SHARDS):
            after = ""
            while found := await self._index.open(shard, after, self._page):
                for each in found:
                    if takes_all or each.id in self._seen_open:
                        self._offer(each.id, each.lane)
                    seen.add(each.id)
                after = found[-1].id
                if len(found) < self._page:
                    break
        self._seen_open = seen
