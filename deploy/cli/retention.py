"""`ipp retention`: how long what is kept, what is due, what was removed and why."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

import typer

from deploy.cli.ending import CannotDo, logs_to_stderr, one_line
from deploy.cli.platform import Platform, find
from services.complaints import retention as of_complaints
from services.complaints.bulk.store import BULK
from services.complaints.cases.store import CASES
from services.complaints.evidence.store import EVIDENCE
from services.complaints.intake.store import SUBMISSIONS
from services.identity import retention as of_identity
from services.identity.accounts.store import ACCOUNTS
from services.identity.incidents.store import INCIDENTS
from services.identity.privacy_requests.queries import RequestQueries
from services.identity.privacy_requests.store import REQUESTS
from services.ipr import retention as of_ipr
from services.ipr.rights.accounts import AccountReplica
from services.ipr.rights.store import RIGHTS
from shared.eventstore import AggregateType, Repository
from shared.eventstore.aggregate import Event, State
from shared.eventstore.mongo_store import MongoAggregateStore
from shared.kernel.clock import Clock, clock_from
from shared.kernel.ids import random_id
from shared.mongo import Database, connect
from shared.policies.retention import RetentionBook
from shared.policies.retention_loading import load_retention_book
from shared.policies.terms import NoPolicyInForceError
from shared.retention import Entry, Judges, Report, RetentionJob, retention_job
from shared.vault import MongoVaultStore

KEEPERS = ("identity", "ipr", "complaints")
"""Services with a daily run."""

retention = typer.Typer(help="How long what is kept; what is due, and what was removed and why.", no_args_is_help=True)
Keeper = StrEnum("Keeper", {name: name for name in KEEPERS})  # type: ignore[misc]  # the names are data
_Which = Annotated[Keeper | None, typer.Option("--service", help="Only this service's.")]
Answer = TypeVar("Answer")


@retention.command()
def rules(
    on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="On this day; without it, today.")] = None,
    service: _Which = None,
) -> None:
    """Print the rules in force: what, from when on it counts, how long, why, by which source. Needs no platform."""
    with one_line():
        try:
            version = load_retention_book().at(on.replace(tzinfo=UTC) if on else datetime.now(UTC))
        except NoPolicyInForceError as problem:
            raise CannotDo(str(problem)) from problem
    typer.echo(f"version {version.version}, days of {version.zone}")
    for name, rule in version.rules.items():
        if service is None or rule.is_of(str(service)):
            where = rule.place or f"collection {rule.collection}"
            typer.echo(f"{name}: {rule.service} {where}, {rule.period} from {rule.counts_from}, by {rule.enforced_by}")
            typer.echo(f"    {rule.what.en}. {rule.why.en} [{rule.source}]")


@retention.command()
def due(
    by: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="On this day; without it, now.")] = None,
    service: _Which = None,
) -> None:
    """Say how much each rule would remove, and how much is kept back. Changes nothing."""
    with one_line():
        asyncio.run(_each(service, lambda job: _tell_due(job, by.date() if by else None)))


@retention.command()
def run(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Change nothing, only say whose would be removed.")
    ] = False,
    service: _Which = None,
) -> None:
    """Remove what is due now, while the services run; once a day they do it themselves. Exit status 1 where something
    due could not be removed, or something is sealed that no rule is for."""
    with one_line():
        results = asyncio.run(_each(service, _tell_persons if dry_run else _run))
    raise typer.Exit(1 if any(results) else 0)


@retention.command()
def report(
    day: Annotated[
        str | None, typer.Option("--run", help="A run, for instance 2026-03-04; without it, the latest.")
    ] = None,
    person: Annotated[str | None, typer.Option(help="What was removed of this account, merchant or other id.")] = None,
    service: _Which = None,
) -> None:
    """Tell what a run removed and why, or what was removed of one person: never content. Exit status 1 where a run has
    not ended, or could not remove something; 2 where there is no such run."""
    with one_line():
        if person is not None:
            asyncio.run(_each(service, lambda job: _tell_person(job, person)))
            return
        results = asyncio.run(_each(service, lambda job: _tell_run(job, day)))
        if not any(found for found, _ in results):
            raise CannotDo(f"there is no run {day}" if day else "there was no run yet")
    raise typer.Exit(1 if any(wrong for _, wrong in results) else 0)


async def _tell_due(job: RetentionJob, by: date | None) -> None:
    found = await job.preview(_at(job, by))
    removed, kept = Counter[str](), Counter[str]()
    for (rule, _), count in found.removed.items():
        removed[rule] += count
    for (rule, _, _), count in found.kept_back.items():
        kept[rule] += count
    for rule in sorted({*removed, *kept}):
        typer.echo(f"{job.service} {rule}: {removed[rule]} due, {kept[rule]} kept back")
    if not found.removed and not found.kept_back:
        typer.echo(f"{job.service}: nothing is due")


async def _tell_persons(job: RetentionJob) -> bool:
    found = await job.preview(job.clock.now())
    for (rule, subject), count in sorted(found.removed.items()):
        typer.echo(f"{job.service} {rule}: {count} of {subject} would be removed")
    for (rule, subject, because), count in sorted(found.kept_back.items()):
        typer.echo(f"{job.service} {rule}: {count} of {subject} would be kept back because of a {because}")
    return _tell_lacking(job, found.run.without_rule) or bool(found.run.failed)


async def _run(job: RetentionJob) -> bool:
    if await job.ledger.under_way():
        raise CannotDo(f"{job.service}: another run is under way")
    day = job.book.at(job.clock.now()).day(job.clock.now())
    done = await job.perform(random_id(f"{day.isoformat()}-asked"))
    if done is None:
        raise CannotDo(f"{job.service}: another run is under way")
    return _tell_report(done)


async def _tell_run(job: RetentionJob, day: str | None) -> tuple[bool, bool]:
    """Whether there is one, and whether something is wrong with it."""
    latest = await job.ledger.latest(1)
    found = await job.ledger.run(day) if day else latest[0] if latest else None
    if found is None:
        return False, False
    return True, _tell_report(found)


def _tell_report(said: Report) -> bool:
    ended = "has not ended" if said.finished_at is None else f"looked at {said.looked_at}"
    typer.echo(f"{said.service} run {said.run}, rules {said.version}: {ended}")
    for line in said.lines:
        since = (
            f", counted from {line.oldest:%Y-%m-%d} to {line.newest:%Y-%m-%d}" if line.oldest and line.newest else ""
        )
        failed = f", {line.failed} COULD NOT BE REMOVED" if line.failed else ""
        typer.echo(f"{said.service}   {line.rule}: {line.removed} removed{since}, {line.kept_back} kept back{failed}")
        if line.removed and line.ground:
            typer.echo(f"{said.service}     {line.ground}")
    lacking = _tell_lacking_of(said.service, said.without_rule)
    return lacking or said.finished_at is None or any(line.failed for line in said.lines)


def _tell_lacking(job: RetentionJob, without_rule: Mapping[str, int]) -> bool:
    return _tell_lacking_of(job.service, without_rule)


def _tell_lacking_of(service: str, without_rule: Mapping[str, int]) -> bool:
    for place, count in sorted(without_rule.items()):
        typer.echo(f"{service}: {count} sealed at {place}, and NO RULE is for it", err=True)
    return bool(without_rule)


async def _tell_person(job: RetentionJob, person: str) -> None:
    for entry, count in await job.ledger.of_person(person):
        typer.echo(_sentence(job, entry, count))


def _sentence(job: RetentionJob, entry: Entry, count: int) -> str:
    version = job.book.at(entry.at)
    rule = version.rules.get(entry.rule)
    what, why = (rule.what.en, rule.why.en) if rule else (entry.place, "")
    on = version.day(entry.at)
    if entry.because:
        return f"{on}: {what} ({count}) was due and was kept back because of a {entry.because}"
    since = version.day(entry.oldest)
    counted = f"{rule.period} from {rule.counts_from}, {since}" if rule else f"from {since}"
    about = f", of {', '.join(entry.about)}" if entry.about else ""
    return f"{on}: {what} ({count}{about}) was removed: {counted}, rule {entry.rule} of {entry.version}. {why}"


def _at(job: RetentionJob, by: date | None) -> datetime:
    """The end of that day in the zone of the rules."""
    now = job.clock.now()
    if by is None:
        return now
    zone = ZoneInfo(job.book.at(now).zone)
    return datetime.combine(by + timedelta(days=1), time(), zone).astimezone(UTC) - timedelta(seconds=1)


async def _each(service: Keeper | None, work: Callable[[RetentionJob], Awaitable[Answer]]) -> list[Answer]:
    platform = find(broker=False)
    if not platform.mongo:
        raise CannotDo("the store is not known: name it by MONGO_URL")
    clock, book = clock_from(platform.clock_file), load_retention_book()
    answers = []
    with logs_to_stderr(logging.WARNING):
        async with _database(platform, "identity") as identity:
            for name in KEEPERS:
                if service in (None, name):
                    async with _database(platform, name) as own, _database(platform, name, cn=True) as mainland:
                        answers.append(await work(_job(name, own, mainland, identity, clock, book)))
    return answers


def _job(
    name: str, own: Database, mainland: Database, identity: Database, clock: Clock, book: RetentionBook
) -> RetentionJob:
    """As the service's own, but for who is kept back: that is read where identity keeps it."""
    stores = {"intl": MongoVaultStore(own), "cn": MongoVaultStore(mainland)}
    kept_back = of_identity.KeptBackHere(identity)
    judges = _judges(name, own, clock)
    return retention_job(name, own, stores, judges, book, clock, kept_back, holder=random_id("ipp"))


def _judges(name: str, database: Database, clock: Clock) -> Judges:
    def repository(aggregate: AggregateType[State, Event]) -> Repository[State, Event]:
        store = MongoAggregateStore(database, aggregate.collection, aggregate.indexes)
        return Repository(aggregate, store, clock, name)

    match name:
        case "identity":
            requests = RequestQueries(database, repository(REQUESTS))
            return of_identity.judges(repository(ACCOUNTS), repository(INCIDENTS), requests)
        case "ipr":
            return of_ipr.judges(database, repository(RIGHTS), AccountReplica(database))
        case _:
            return of_complaints.judges(
                repository(EVIDENCE), repository(BULK), repository(SUBMISSIONS), repository(CASES)
            )


@asynccontextmanager
async def _database(platform: Platform, service: str, *, cn: bool = False) -> AsyncIterator[Database]:
    name = f"{platform.database_prefix}_{service}{'_cn' if cn else ''}"
    database = connect(platform.mainland or platform.mongo if cn else platform.mongo, name)
    try:
        yield database
    finally:
        database.close()
