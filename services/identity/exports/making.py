"""Putting the archive together: data by service, originals, pages for people, and last what it all is."""

import asyncio
from collections.abc import AsyncGenerator, Iterable
from dataclasses import asdict, dataclass, field

import orjson

from services.identity.accounts.model import Account
from services.identity.exports.archive import LARGEST, Archive, PackedRows
from services.identity.exports.holders import Holders
from services.identity.exports.log import ExportLog, Outcome
from services.identity.exports.own import OwnHolding
from services.identity.exports.pages import Pages, Shown, Telling
from services.identity.exports.sheet import sheet
from shared.exports import Entry, Original, Record
from shared.kernel.clock import Clock

VERSION = 1
SHEETS = (("complaints", "cases"),)
_INDENTED = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE


@dataclass
class Making:
    """One archive while it is made. Its methods compute only and may run in a thread, one at a time."""

    archive: Archive
    tables: dict[tuple[str, str], PackedRows] = field(default_factory=dict)
    records: dict[str, int] = field(default_factory=dict)
    _open: tuple[str, str] | None = None
    _written: int = 0
    _ready: bytearray = field(default_factory=bytearray)

    def take(self, service: str, entries: Iterable[Entry]) -> None:
        for entry in entries:
            match entry:
                case Original(path, content):
                    self.end_table()
                    self.archive.add(f"files/{service}/{path}", content, packed=False)
                case Record(table, summary, record):
                    self._begin_table(service, table)
                    self._ready += (b",\n" if self._written else b"[\n") + (said := orjson.dumps(record))
                    self._written += len(said)
                    self.records[service] = self.records.get(service, 0) + 1
                    if summary:
                        self.tables.setdefault((service, table), PackedRows()).add(summary)
        self._flush()

    def end_table(self) -> None:
        if self._open is not None:
            self._ready += b"\n]\n"
            self._flush()
            self.archive.end()
            self._open = None

    def _begin_table(self, service: str, table: str) -> None:
        if self._open != (service, table) or self._written > LARGEST:
            self.end_table()
            number = 1 + sum(each.path.startswith(f"{service}/{table}.") for each in self.archive.files)
            self.archive.begin(f"{service}/{table}.json" if number == 1 else f"{service}/{table}.{number}.json")
            self._open, self._written = (service, table), 0

    def _flush(self) -> None:
        if self._ready:
            self.archive.write(bytes(self._ready))
            self._ready.clear()

    def close(self, telling: Telling, pages: Pages) -> None:
        """Sheets, pages, manifest, directory."""
        self.end_table()
        for (service, table), rows in self.tables.items():
            if (service, table) in SHEETS:
                self._add(f"{service}/{table}.csv", sheet(rows.columns, rows))
        shown = [Shown(service, table, rows) for (service, table), rows in self.tables.items()]
        for each in shown:
            if each.has_own_page:
                self._add(each.page, pages.table(telling, each))
        self._add("index.html", pages.index(telling, shown, self.archive.files))
        self.archive.add("manifest.json", orjson.dumps(self._manifest(telling, pages), option=_INDENTED))
        self.archive.finish()

    def _add(self, path: str, pieces: Iterable[bytes]) -> None:
        self.archive.begin(path)
        for piece in pieces:
            self.archive.write(piece)
        self.archive.end()

    def _manifest(self, telling: Telling, pages: Pages) -> dict[str, object]:
        """It names every other file."""
        return {
            "version": VERSION,
            "export_id": telling.export_id,
            "account_id": telling.account_id,
            "made_at": telling.at.isoformat(),
            "language": telling.language,
            "records": self.records,
            "notice": pages.notice(telling.language),
            "left_out": pages.left_out(telling.language),
            "files": [asdict(each) for each in self.archive.files],
        }


@dataclass
class ArchiveMaker:
    own: OwnHolding
    holders: Holders
    log: ExportLog
    pages: Pages
    clock: Clock

    async def make(self, account: Account, export_id: str, correlation_id: str) -> AsyncGenerator[bytes, None]:
        """The archive in pieces. Raises PeerAway before the first where a holder cannot be reached, and after it where
        one breaks off: then there is no archive, rather than one that lacks a part."""
        outcome: Outcome = "failed"
        making, sent = Making(Archive(self.clock.now())), 0
        try:
            async with self.holders.streams(account.id, correlation_id) as streams:
                async for entry in self.own.entries(account):
                    await asyncio.to_thread(making.take, "identity", (entry,))
                for stream in streams:
                    async for batch in stream.entries():
                        await asyncio.to_thread(making.take, stream.service, batch)
                        if piece := making.archive.take():
                            outcome, sent = "broken-off", sent + len(piece)
                            yield piece
            telling = Telling(export_id, account.id, account.language, self.clock.now())
            await asyncio.to_thread(making.close, telling, self.pages)
            piece = making.archive.take()
            sent += len(piece)
            yield piece
            outcome = "answered"
        finally:
            await self.log.end(export_id, outcome, len(making.archive.files), sent)
