"""`python -m shared.contracts.schemas --check | --write`.

`--check` fails where a schema differs from the one beside this file: a change that breaks readers must become a new
version of its type, any other is written. `--write` writes what is new or changed, and refuses what breaks.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shared.contracts.catalogue import TOPICS
from shared.contracts.schemas.compatibility import breaks

FOLDER = Path(__file__).parent


def current() -> dict[str, Mapping[str, Any]]:
    """The schema of every event type of the catalogue, by the name of its file."""
    events = {event for topic in TOPICS for event in topic.events}
    return {f"{event.type}.v{event.version}.json": _bare(event.model_json_schema()) for event in events}


def _bare(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Without what is only said about it: a better sentence is no change of a contract."""
    bare = {name: value for name, value in schema.items() if name not in ("title", "description")}
    for name, value in bare.items():
        if name in ("properties", "$defs"):
            bare[name] = {inner: _bare(of) for inner, of in value.items()}
        elif isinstance(value, dict):
            bare[name] = _bare(value)
        elif name in ("anyOf", "prefixItems"):
            bare[name] = [_bare(of) for of in value]
    return bare


def agreed(folder: Path = FOLDER) -> dict[str, Mapping[str, Any]]:
    return {path.name: json.loads(path.read_text()) for path in folder.glob("*.json")}


def broken(before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Every break, each beginning with its file's name."""
    for name, schema in sorted(before.items()):
        if name not in after:
            yield f"{name}: the type is gone, and its records are kept"
        else:
            yield from (f"{name}: {what}" for what in breaks(schema, after[name]))


def text(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, sort_keys=True, ensure_ascii=False) + "\n"


def main(arguments: list[str] | None = None, folder: Path = FOLDER) -> int:
    parser = argparse.ArgumentParser(prog="python -m shared.contracts.schemas", description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--check", action="store_true")
    what.add_argument("--write", action="store_true")
    writes = parser.parse_args(arguments).write
    before, after = agreed(folder), current()
    problems = list(broken(before, after))
    stale = sorted(name for name, schema in after.items() if before.get(name) != json.loads(text(schema)))
    if problems:
        said = [*problems, "A change that breaks readers is a new version of the type. Nothing was written."]
    elif stale and not writes:
        said = [f"{name}: not as written" for name in stale] + [
            "`python -m shared.contracts.schemas --write` writes it."
        ]
    else:
        for name in stale:
            (folder / name).write_text(text(after[name]))
        said = []
    sys.stderr.writelines(f"{line}\n" for line in said)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
