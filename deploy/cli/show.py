"""What the commands print."""

from collections.abc import Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from deploy.cli.dead_letters import Waiting
from deploy.simulator import driver
from deploy.simulator.demo import Result
from deploy.simulator.evidence import CASES
from deploy.simulator.fates import Fate
from deploy.simulator.listings import PLATFORMS
from deploy.simulator.telling import tell
from deploy.simulator.timetable import SHANGHAI
from deploy.simulator.verdict import told_in_part
from shared.reactions.decisions import Decision

_NOT_SHOWN = (
    "differences",
    "by_platform",
    "listings_down",
    "planned_by_state",
    "store_writes_per_case_by_collection",
)
_TOLD = (Fate.DISPUTE_OVERTURNED, Fate.COUNTER_UNANSWERED, Fate.SUPPLEMENT_ANSWERED)


class RunProgress:
    """A bar of the run's appointments, with business time and how many cases are in which state; lines instead where
    nobody looks at a terminal."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (
            TextColumn("{task.description}"),
            BarColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[states]}"),
        )
        self._progress = Progress(*columns, console=console)
        self._bar: TaskID | None = None

    def __enter__(self) -> "RunProgress":
        self._progress.start()
        self._bar = self._progress.add_task("preparing", total=None, states="")
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def say(self, sentence: str) -> None:
        if not self._console.is_terminal:
            self._console.print(sentence)
        if self._bar is not None:
            self._progress.update(self._bar, description=sentence)

    def told(self, progress: driver.Progress) -> None:
        if self._bar is None:
            return
        day = progress.now.astimezone(SHANGHAI).strftime("%a %d %b %H:%M")
        states = ", ".join(f"{count} {state}" for state, count in sorted(progress.by_state.items()))
        if not self._console.is_terminal:
            done = f"{progress.done:2d} of {progress.total}"
            self._console.print(f"{done}  {day}  {progress.happening:40s} {states}", highlight=False, soft_wrap=True)
        self._progress.update(
            self._bar,
            completed=progress.done,
            total=progress.total,
            description=f"{day}  {progress.happening}",
            states=states,
        )


def show_result(console: Console, result: Result) -> None:
    """What happened: a table, a few cases told, the figures, and every difference from the plan."""
    console.print(_happened(result))
    for title, case_id in _worth_telling(result):
        console.print(f"\n[bold]{case_id}[/]  {title}")
        for sentence in tell(result.evidence.of(CASES).get(case_id, ())):
            console.print(f"  {sentence}", highlight=False, markup=False, soft_wrap=True)
    console.print(_figures(result))
    for title, sentences in (("Lost", result.verdict.lost), ("Otherwise than planned", result.verdict.mismatched)):
        if sentences:
            console.print(f"[bold red]{title}: {len(sentences)}[/]")
            for sentence in told_in_part(sentences):
                console.print(f"  {sentence}", highlight=False, markup=False, soft_wrap=True)
    if result.verdict.right:
        console.print("[bold green]Every accepted complaint is in the state that the seed says.[/]")


def _happened(result: Result) -> Table:
    table = Table(title="What became of the complaints", title_justify="left")
    table.add_column("as planned by the seed")
    for platform in PLATFORMS:
        table.add_column(platform, justify="right")
    table.add_column("all", justify="right")
    counts: dict[Fate, dict[str, int]] = {}
    for key in result.world.case_ids:
        case = result.plan.cases[key]
        row = counts.setdefault(case.fate, {})
        row[case.platform] = row.get(case.platform, 0) + 1
    for fate in (fate for fate in Fate if fate in counts):
        row = counts[fate]
        table.add_row(fate, *(str(row.get(platform, 0)) for platform in PLATFORMS), str(sum(row.values())))
    down = result.figures["listings_down"]
    table.add_section()
    table.add_row("listings down at the end", *(str(down[name]) for name in PLATFORMS), str(sum(down.values())))
    return table


def _worth_telling(result: Result) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    known = [case for key, case in result.plan.cases.items() if key in result.world.case_ids]
    for fate in _TOLD:
        case = next((case for case in reversed(known) if case.fate == fate), None)
        if case is not None:
            found.append((f"{fate}, on {case.platform}", result.case_id(case.key)))
    pair = next((case for case in known if case.shared_with and case.fate == Fate.WITHDRAWN_AFTER), None)
    if pair is not None:
        found.append((f"two cases on one listing of {pair.platform}", result.case_id(pair.key)))
    return found


def _figures(result: Result) -> Table:
    table = Table(title="Figures", title_justify="left", show_header=False)
    for name, value in result.figures.items():
        if name not in _NOT_SHOWN:
            table.add_row(name.replace("_", " "), _plain(value))
    return table


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {count}" for key, count in value.items())
    if isinstance(value, list):
        return "; ".join(" ".join(map(str, each)) if isinstance(each, list) else str(each) for each in value)
    return str(value)


def show_waiting(console: Console, entries: Sequence[Waiting]) -> None:
    if not entries:
        console.print("Nothing is parked, and no dead letter waits.")
        return
    for each in entries:
        # Ids are to be copied: never cut off, never folded.
        console.print(each.id, style="bold", markup=False, highlight=False, soft_wrap=True)
        said = f"  {each.kind} of {each.group}, key {each.key or '-'}, from {each.source}: {each.why}"
        console.print(said, markup=False, highlight=False, soft_wrap=True)
        if decided := _decided(each):
            console.print(f"  {decided}", markup=False, highlight=False, soft_wrap=True)
    console.print(f"{len(entries)} records")


def show_decisions(console: Console, decisions: Sequence[Decision]) -> None:
    if not decisions:
        console.print("Nobody has decided anything yet.")
        return
    table = Table("when (UTC)", "by", "verdict", "about", "why")
    for each in decisions:
        table.add_row(*_plainly(f"{each.at:%Y-%m-%d %H:%M:%S}", each.by, each.verdict, each.about, each.why))
    console.print(table)


def _plainly(*cells: str) -> list[Text]:
    """What others wrote: square brackets in it are no markup."""
    return [Text(cell) for cell in cells]


def _decided(entry: Waiting) -> str:
    if entry.decided is None:
        return entry.verdict
    # A parked record that failed again waits again; its verdict is spent.
    done = entry.verdict or ("" if entry.kind == "parked" else entry.decided.verdict)
    return f"{done} by {entry.decided.by}" if done else ""


def show_record(console: Console, entry: Waiting) -> None:
    table = Table(show_header=False)
    for name in ("id", "kind", "group", "source", "key", "why", "verdict"):
        table.add_row(*_plainly(name, getattr(entry, name)))
    if decided := entry.decided:
        table.add_row(*_plainly("decided", f"{decided.verdict} by {decided.by} at {decided.at:%Y-%m-%d %H:%M}"))
        table.add_row(*_plainly("because", decided.why))
    for header, value in entry.headers:
        table.add_row(*_plainly(f"header {header}", value))
    console.print(table)
    console.print(entry.value, markup=False, highlight=False, soft_wrap=True)
