"""The pages hold together: links lead somewhere, pictures are there, what is named exists."""

import json
import re
from pathlib import Path

import pytest
import yaml
from typer.main import get_command

from deploy.cli.main import app
from deploy.local.services import SERVICES

ROOT = Path(__file__).parents[3]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_CODE_BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_SETTING = re.compile(r"\bIPP_[A-Z_]*[A-Z]\b")
_READ = re.compile(r"""(?:env|environ)(?:\.get\(|\[)\s*f?["']([A-Z][A-Z_]*)|required\(env, ["'](IPP_[A-Z_]+)""")


def _name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def _prose(page: Path) -> str:
    """The page without its blocks of code."""
    return _CODE_BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings; a repeated heading gets a number."""
    found: dict[str, int] = {}
    for heading in re.findall(r"^#{1,6} (.+)$", _prose(page), re.MULTILINE):
        text = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        found[text] = found.get(text, -1) + 1
    return {text if not number else f"{text}-{number}" for text, count in found.items() for number in range(count + 1)}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_relative_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    broken = []
    for link in _LINK.findall(_prose(page)):
        if link.startswith(("http://", "https://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_picture_draws_something(page: Path) -> None:
    kinds = ("flowchart", "sequenceDiagram", "stateDiagram-v2", "xychart-beta")
    for language, block in _CODE_BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "mermaid":
            assert block.split(maxsplit=1)[0] in kinds
            assert len(block.strip().splitlines()) > 3
            # A semicolon ends a line of a sequence; what follows would be read as another.
            assert not (block.startswith("sequence") and ";" in block)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_program_on_a_page_can_be_read(page: Path) -> None:
    for language, block in _CODE_BLOCK.findall(page.read_text(encoding="utf-8")):
        if language == "python":
            compile(block, _name(page), "exec")
        if language == "json":
            json.loads(block)


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_no_page_names_a_path_of_one_machine(page: Path) -> None:
    assert not re.search(r"(?<![\w.])/(?:home|root|work|tmp|Users)/", page.read_text(encoding="utf-8"))


def _commands(name: str) -> set[str]:
    """Words after `make` or `ipp` at the beginning of a line or of a piece of code, in all pages."""
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES if "state-table" not in page.name)
    return set(re.findall(rf"(?:^|`|[A-Z]+=\S+ ){name} ([a-z]+(?: (?:list|show|replay|discard))?)", text, re.MULTILINE))


def test_every_make_target_that_is_named_exists() -> None:
    targets = set(re.findall(r"^([a-z][\w-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {command.split()[0] for command in _commands("make")}
    assert {"demo", "test", "up", "check"} <= named
    assert named - targets == set()


def test_every_command_of_ipp_that_is_named_exists() -> None:
    root = get_command(app)
    groups = getattr(root, "commands", {})
    known = set(groups) | {f"{group} {name}" for group in groups for name in getattr(groups[group], "commands", {})}
    named = _commands("ipp")
    assert {"provision", "dlq list", "dlq replay", "lag"} <= named
    assert named - known == set()


def test_the_architecture_names_every_consumer_group() -> None:
    groups = yaml.safe_load((ROOT / "deploy" / "topics.yaml").read_text(encoding="utf-8"))["reaction_groups"]
    page = (ROOT / "docs" / "architecture" / "README.md").read_text(encoding="utf-8")
    assert [group for group in groups if f"`{group}`" not in page] == []


def test_every_measure_that_is_named_is_one_that_the_code_keeps() -> None:
    kept: set[str] = set()
    for path in (path for folder in ("shared", "services") for path in (ROOT / folder).rglob("*.py")):
        kept.update(re.findall(r"(?:Counter|Gauge|Histogram)\(\s*\"(ipp_\w+)\"", path.read_text(encoding="utf-8")))
    page = (ROOT / "docs" / "operate-at-night.md").read_text(encoding="utf-8")
    named = {re.sub(r"_(total|count|sum|bucket)$", "", name) for name in re.findall(r"\bipp_\w+", page)}
    assert named
    assert named - kept == set()


def test_the_settings_on_the_page_are_those_that_are_read() -> None:
    read: set[str] = set()
    for path in (path for folder in ("shared", "services", "deploy") for path in (ROOT / folder).rglob("*.py")):
        for plain, needed in _READ.findall(path.read_text(encoding="utf-8")):
            read.add(plain or needed)
    page = (ROOT / "docs" / "run-it.md").read_text(encoding="utf-8")
    told = set(_SETTING.findall(page))
    ports = {f"IPP_{name.upper()}_PORT" for name in SERVICES}
    # Read by a name that is put together from the service's.
    put_together = {"IPP_NOTIFICATIONS_URL", "IPP_SCORING_URL"}
    of_ours = {name for name in read if name.startswith("IPP_") and not name.endswith("_")}
    assert of_ours - told == set()
    assert told - of_ours - ports - put_together == {name for name in told if name.startswith("IPP_<")}
