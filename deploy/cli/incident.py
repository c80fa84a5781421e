"""`ipp incident`: who was touched, those affected told, the authority's form filled in (000 IV)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from deploy.cli import incident_show as show
from deploy.cli.ending import CannotDo, one_line
from deploy.cli.platform import Platform, find
from deploy.incidents.question import Answer, NotAnAnswer, Question, in_utc, pages, read_answer
from deploy.incidents.report import Incident, as_json, markdown
from deploy.incidents.touched import LOGS, StoreAddresses, touched
from deploy.simulator.client import Client, Refused
from deploy.simulator.people import Person
from shared.kernel.clock import clock_from
from shared.kernel.ids import derived_id

LISTED_AT_ONCE = 500
_PATIENCE_S = 10.0

incident = typer.Typer(help="Incidents with personal data: who was touched, who was told.", no_args_is_help=True)
_console = Console()
Logged = StrEnum("Logged", {name: name for name in LOGS})  # type: ignore[misc]  # the names are data

_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Id = Annotated[str, typer.Argument(help="The incident, for instance inc-4T0ZJ7Y2KQ9XW5C1M8RD.")]
_Email = Annotated[str, typer.Option(envvar="IPP_OPERATOR_EMAIL", help="Who asks: an operator's or auditor's log-in.")]
_Password = Annotated[str, typer.Option(envvar="IPP_OPERATOR_PASSWORD", help="Better left to be asked for.")]


@incident.command()
def query(
    since: Annotated[str, typer.Option(help="From this time on, for instance 2026-03-02T08:00 (UTC unless said).")],
    until: Annotated[str, typer.Option(help="Until this time, not included.")],
    actor: Annotated[str, typer.Option(help="Only what this id received: staff, a service, a merchant.")] = "",
    service: Annotated[Logged | None, typer.Option(help="Only what left this service.")] = None,
    account: Annotated[str, typer.Option(help="Only this data subject's.")] = "",
    store: Annotated[
        Logged | None, typer.Option(help="Instead of the logs: everybody with something sealed in this store.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Write the answer there, for `ipp incident open`.")] = None,
    persons: Annotated[int, typer.Option(help="How many persons are shown; --json and --out have all.", min=1)] = 20,
    json_: _Json = False,
) -> None:
    """Say which people and what data were touched: from the logs of disclosures of all services.

    Exit status 0: answered; 1: answered, and nobody was touched; 2: the stores do not answer, or the question makes no
    sense.
    """
    with one_line():
        asked = _question(since, until, actor, service, account, store)
        answer = asyncio.run(touched(_stores(find(broker=False)), asked))
        if out is not None:
            out.write_text(answer.model_dump_json(indent=2), encoding="utf-8")
    if json_:
        typer.echo(answer.model_dump_json(indent=2))
    else:
        show.answer(_console, answer, persons)
    raise typer.Exit(0 if answer.persons else 1)


@incident.command("open")
def open_incident(
    from_query: Annotated[Path, typer.Option(help="The file that `ipp incident query --out` wrote.")],
    what: Annotated[str, typer.Option(help="What happened, as a code: credentials-stolen, store-copied, …")],
    impact: Annotated[str, typer.Option(help="What it may lead to, as a code: identity-misuse, …")],
    measures: Annotated[list[str], typer.Option(help="What was done, as a code; repeatable: access-revoked, …")],
    at: Annotated[str, typer.Option(help="When it was detected; else now.")] = "",
    note: Annotated[str, typer.Option(help="For operators and auditors; kept sealed.")] = "",
    email: _Email = "",
    password: _Password = "",
    json_: _Json = False,
) -> None:
    """Declare an incident and list those affected. Nobody is written to before `ipp incident notify`.

    The same question and finding are the same incident: called again, it goes on where it was. Exit status 0: all
    accounts are listed; 1: some ids are no accounts; 2: nothing was opened.
    """
    with one_line():
        answer = _answer_in(from_query)
        platform = find(broker=False)
        now = clock_from(platform.clock_file).now()
        body = {
            "what": what,
            "impact": impact,
            "measures": measures,
            **_said_of(answer),
            "detected_at": (_time(at) if at else now).isoformat(),
            "note": note,
        }
        known, unknown = asyncio.run(_as_operator(platform, email, password, lambda who: _open(who, body, answer)))
    if json_:
        typer.echo(json.dumps({**known.model_dump(mode="json"), "unknown": unknown}, indent=2))
    else:
        show.incident(_console, known)
        for each in unknown:
            typer.echo(f"{each} is no account here, and gets no notice", err=True)
        if known.notices.listed:
            command = f"ipp incident notify {known.incident_id} --persons {known.notices.listed}"
            typer.echo(f"Nobody was written to yet. To tell them: {command}")
    raise typer.Exit(1 if unknown else 0)


@incident.command()
def notify(
    incident_id: _Id,
    persons: Annotated[int, typer.Option(help="How many you mean to write to, as `show` says.", min=1)],
    email: _Email = "",
    password: _Password = "",
    json_: _Json = False,
) -> None:
    """Tell everybody on the list who was not told yet, at every address that we have."""
    _do(incident_id, "notification", {"persons": persons}, email, password, json_)


@incident.command()
def informed(
    incident_id: _Id,
    authority: Annotated[str, typer.Option(help="Which authority, as a code: cac, ico, …")],
    at: Annotated[str, typer.Option(help="When it was told.")],
    email: _Email = "",
    password: _Password = "",
    json_: _Json = False,
) -> None:
    """Note that an authority was told, and when: it goes into the report."""
    with one_line():
        body = {"authority": authority, "informed_at": _time(at).isoformat()}
    _do(incident_id, "authorities", body, email, password, json_)


@incident.command()
def close(incident_id: _Id, email: _Email = "", password: _Password = "", json_: _Json = False) -> None:
    """Close an incident whose notices are all served or have failed."""
    _do(incident_id, "end", {}, email, password, json_)


@incident.command("show")
def show_incident(incident_id: _Id, email: _Email = "", password: _Password = "", json_: _Json = False) -> None:
    """Show an incident, and how many of those affected were told. Exit status 1 while something is to be done: persons
    not written to, an announcement, an authority."""
    with one_line():
        known = asyncio.run(_as_operator(find(broker=False), email, password, lambda who: _known(who, incident_id)))
    _tell(known, json_)
    raise typer.Exit(1 if show.to_do(known) else 0)


@incident.command("list")
def list_incidents(email: _Email = "", password: _Password = "", json_: _Json = False) -> None:
    """Show all incidents, the latest first."""
    with one_line():
        found = asyncio.run(
            _as_operator(find(broker=False), email, password, lambda who: who.get("identity", "/v1/incidents"))
        )
    if json_:
        typer.echo(json.dumps(found["incidents"], indent=2))
    else:
        show.incidents(_console, found["incidents"])


@incident.command()
def report(
    incident_id: _Id,
    out: Annotated[Path, typer.Option(help="Two files are written: FILE.md for people, FILE.json for programs.")],
    email: _Email = "",
    password: _Password = "",
) -> None:
    """Fill in the form for the authority (GDPR Art. 33, PIPL Art. 57): counts, categories, times; nothing personal."""
    with one_line():
        known = asyncio.run(_as_operator(find(broker=False), email, password, lambda who: _known(who, incident_id)))
        for suffix, text in ((".md", markdown(known)), (".json", json.dumps(as_json(known), indent=2) + "\n")):
            file = out.with_suffix(suffix)
            file.write_text(text, encoding="utf-8")
            typer.echo(f"written: {file}")


def _question(
    since: str, until: str, actor: str, service: Logged | None, account: str, store: Logged | None
) -> Question:
    if store is not None and (actor or service):
        raise CannotDo("--store asks a store, not the logs: leave out --actor and --service")
    asked = Question(
        actor=actor.strip(),
        service=str(service or ""),
        account=account.strip(),
        store=str(store or ""),
        since=_time(since),
        until=_time(until),
    )
    if asked.since >= asked.until:
        raise CannotDo("--since is not before --until")
    return asked


def _time(text: str) -> datetime:
    try:
        return in_utc(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        raise CannotDo(f"{text!r} is no time: write 2026-03-02T08:00, or with a zone 2026-03-02T16:00+08:00") from None


def _stores(platform: Platform) -> StoreAddresses:
    if not platform.mongo:
        raise CannotDo("the store is not known: name it by MONGO_URL")
    return StoreAddresses(platform.mongo, platform.database_prefix, platform.mainland)


def _answer_in(path: Path) -> Answer:
    try:
        answer = read_answer(path)
    except NotAnAnswer as problem:
        raise CannotDo(str(problem)) from problem
    except OSError as problem:
        raise CannotDo(f"{path} cannot be read: {problem.strerror}") from problem
    if not answer.persons:
        raise CannotDo("nobody was touched: there is nothing to open")
    return answer


def _said_of(answer: Answer) -> dict[str, Any]:
    asked = answer.question
    scope = {name: getattr(asked, name) or None for name in ("actor", "service", "account", "store")}
    kinds = [{"what": what, "persons": count} for what, count in answer.persons_by_kind.items()]
    accounts = len(answer.accounts)
    extent = {"persons": accounts, "records": answer.records, "others": len(answer.persons) - accounts, "kinds": kinds}
    return {"scope": scope, "extent": extent, "since": asked.since.isoformat(), "until": asked.until.isoformat()}


async def _open(who: Person, body: dict[str, Any], answer: Answer) -> tuple[Incident, list[str]]:
    declared = await who.post("identity", "/v1/incidents", body, _key(body))
    incident_id, unknown = declared["incident_id"], []
    if declared["state"] != "closed":
        for page in pages(answer.accounts, LISTED_AT_ONCE):
            sent = {
                "persons": [
                    {"account_id": each.subject, "touched": [kind.model_dump(mode="json") for kind in each.kinds]}
                    for each in page
                ]
            }
            listed = await who.post("identity", f"/v1/incidents/{incident_id}/affected", sent, "")
            unknown += listed["unknown"]
    return await _known(who, incident_id), unknown


async def _known(who: Person, incident_id: str) -> Incident:
    return Incident.model_validate(await who.get("identity", f"/v1/incidents/{incident_id}"))


def _do(incident_id: str, path: str, body: dict[str, Any], email: str, password: str, as_json_: bool) -> None:
    async def done(who: Person) -> Incident:
        before = await _known(who, incident_id)
        key = _key({"path": path, "body": body, "state": before.model_dump(mode="json")})
        await who.post("identity", f"/v1/incidents/{incident_id}/{path}", body, key)
        return await _known(who, incident_id)

    with one_line():
        known = asyncio.run(_as_operator(find(broker=False), email, password, done))
    _tell(known, as_json_)


def _tell(known: Incident, as_json_: bool) -> None:
    if as_json_:
        typer.echo(json.dumps(known.model_dump(mode="json"), indent=2))
    else:
        show.incident(_console, known)


def _key(said: object) -> str:
    """The same request has the same key: a repeat is answered as the first time."""
    return derived_id("key", json.dumps(said, sort_keys=True))


async def _as_operator(platform: Platform, email: str, password: str, work: Callable[[Person], Awaitable[Any]]) -> Any:
    address = platform.services.get("identity")
    if not address:
        raise CannotDo("the address of identity is not known: name it by IPP_IDENTITY_URL")
    if not email:
        raise CannotDo("say who asks: --email, or IPP_OPERATOR_EMAIL")
    secret = password or typer.prompt("Password", hide_input=True, err=True)
    async with Client({"identity": address}, patience=_PATIENCE_S) as client:
        try:
            return await work(Person(client, email, secret))
        except Refused as refusal:
            raise CannotDo(str(refusal)) from refusal
