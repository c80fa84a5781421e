"""What a service seals and every collection that it keeps has a rule: a new one without a rule fails here."""

import ast
import importlib
import inspect
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest

from services.complaints import retention as of_complaints
from services.identity import retention as of_identity
from services.ipr import retention as of_ipr
from shared.policies.retention import UNREFERENCED
from shared.policies.retention_loading import load_retention_book
from shared.retention.standing import judge_of
from tests.support.subscriptions import NOTHING, NoDatabase

ROOT = Path(__file__).parents[3]
RULES = load_retention_book().at(datetime(2026, 3, 2, tzinfo=UTC))
SEALING = ("identity", "ipr", "complaints")
SERVICES = (*SEALING, "notifications", "scoring")
JUDGES = {
    "identity": of_identity.judges(NOTHING, NOTHING, NOTHING),
    "ipr": of_ipr.judges(NoDatabase(), NOTHING, NOTHING),  # type: ignore[arg-type]
    "complaints": of_complaints.judges(NOTHING, NOTHING, NOTHING, NOTHING),
}
COUNTS_FROM = {
    "identity": of_identity.COUNTS_FROM,
    "ipr": of_ipr.COUNTS_FROM,
    "complaints": of_complaints.COUNTS_FROM,
}


def _modules(service: str) -> Iterator[Path]:
    return (ROOT / "services" / service).rglob("*.py")


def _places_of(service: str) -> ModuleType:
    return importlib.import_module(f"services.{service}.places")


def constants(module: ModuleType) -> Iterator[str]:
    for name, value in vars(module).items():
        if name.isupper() and name != "PLATFORMS":
            yield from value.values() if isinstance(value, Mapping) else (value,)


def called(service: str, module: ModuleType) -> Iterator[str]:
    """What `of_case(…, "counter")` and its like come to, wherever they are called; other arguments are samples."""
    makers = {name: made for name, made in vars(module).items() if name.startswith("of_") and inspect.isfunction(made)}
    for path in _modules(service):
        for node in ast.walk(ast.parse(path.read_text())):
            name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
            if isinstance(node, ast.Call) and name in makers:
                literal = [each.value if isinstance(each, ast.Constant) else "X" for each in node.args]
                if name == "of_case" and literal[-1] == "X":
                    continue  # reads what others sealed, by a name out of the history
                yield makers[name]("taobao", *literal[1:])


def places_of(service: str) -> set[str]:
    module = _places_of(service)
    return {*constants(module), *called(service, module)}


def test_the_places_are_found() -> None:
    assert "contact/platform" in places_of("identity")
    assert places_of("ipr") == {"right/registrant", "right/brand", "right/document", "right/disclosed-page"}
    assert {"taobao:submission/X/evidence", "taobao:case/X/counter", "taobao:case/X/supplement"} <= places_of(
        "complaints"
    )


@pytest.mark.parametrize("service", SEALING)
def test_every_place_has_a_rule_and_somebody_who_judges_it(service: str) -> None:
    for place in places_of(service):
        assert RULES.of_place(service, place), (
            f"{service} seals under {place}: say for how long, in the retention rules"
        )
        assert judge_of(JUDGES[service], place), f"nobody in {service} says what {place} counts from"


@pytest.mark.parametrize("service", SERVICES)
def test_what_is_sealed_names_a_place_of_the_places_module(service: str) -> None:
    """The place is the second argument of `seal`; a parameter called `place` carries one on."""
    for path in _modules(service):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or len(node.args) < 3:
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name != "seal":
                continue
            assert service in SEALING, f"{path} seals: add {service} to the rules and to this test"
            said = ast.unparse(node.args[1])
            root = said.partition(".")[0].partition("(")[0].partition("[")[0]
            known = {"places", "place", *vars(_places_of(service))}
            assert root in known, f"{path}:{node.lineno}: {said} is not from places.py"


@pytest.mark.parametrize("service", SEALING)
def test_what_a_rule_counts_from_is_known_to_its_service(service: str) -> None:
    for name, rule in RULES.rules.items():
        if rule.place and rule.is_of(service) and rule.counts_from != UNREFERENCED:
            assert rule.counts_from in COUNTS_FROM[service], name


@pytest.mark.parametrize("service", SEALING)
def test_no_rule_is_for_a_place_that_is_not_there(service: str) -> None:
    covering = {name for place in places_of(service) for name in RULES.of_place(service, place)}
    assert covering == {name for name, rule in RULES.rules.items() if rule.place and rule.service == service}


def collections_in(folder: str) -> set[str]:
    """Named in a call of `collection(…)` or as a `collection=…`; f-strings with `*` for what is put in."""
    found = set()
    for path in (ROOT / folder).rglob("*.py"):
        tree = ast.parse(path.read_text())
        named = {
            target.id: node.value.value
            for node in tree.body
            if isinstance(node, ast.Assign)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "collection":
                argument = node.args[0] if node.args else None
            elif isinstance(node, ast.keyword) and node.arg == "collection":
                argument = node.value
            else:
                continue
            match argument:
                case ast.Constant(value=str(name)):
                    found.add(name)
                case ast.JoinedStr(values=parts):
                    found.add("".join(str(part.value) if isinstance(part, ast.Constant) else "X" for part in parts))
                case ast.Name(id=name) if name in named:
                    found.add(named[name])
    return found


def test_every_collection_has_a_rule() -> None:
    own = {service: collections_in(f"services/{service}") for service in SERVICES}
    assert {"accounts", "staff", "sessions", "attempts"} <= own["identity"]
    assert own["notifications"] == {"notices"}
    shared = collections_in("shared")
    assert {"vault.keys", "vault.sealed", "disclosures", "inbox.parked", "replica.X", "retention.runs"} <= shared
    shared.discard("X.segments")  # of an aggregate's collection, whose rule covers it
    for service, names in own.items():
        for name in names | {f"{name}.segments" for name in names & {"accounts", "rights", "cases"}} | shared:
            assert RULES.of_collection(service, name), (
                f"{service} keeps {name}: say for how long, in the retention rules"
            )
