"""A change of an event that breaks readers is found, and one that does not is let through."""

import json
import shutil
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from pydantic import BaseModel, Field, create_model

from shared.contracts.schemas import __main__ as schemas
from shared.contracts.schemas.compatibility import breaks


class Part(BaseModel):
    id: str
    size: int = 0


class NarrowPart(BaseModel):
    id: str
    size: int = Field(default=0, ge=1)


class PartWithMore(Part):
    colour: str


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


def schema(**fields: Any) -> dict[str, Any]:
    """`field=(type, default)`; `...` is required."""
    model: type[BaseModel] = create_model("Event", **fields)
    return model.model_json_schema()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (schema(a=(str, ...)), schema(a=(str, ...), b=(int, 0))),
        (schema(a=(str, ...)), schema(a=(str, ""))),
        (schema(a=(str, ...)), schema(a=(str | None, ...))),
        (schema(a=(str | None, None)), schema(a=(str | int | None, None))),
        (schema(a=(int, ...)), schema(a=(float, ...))),
        (schema(a=(Literal["x"], ...)), schema(a=(Literal["x", "y"], ...))),
        (schema(a=(Literal["x", "y"], ...)), schema(a=(str, ...))),
        (schema(a=(Colour, ...)), schema(a=(Literal["red", "blue", "green"], ...))),
        (schema(a=(tuple[NarrowPart, ...], ())), schema(a=(tuple[Part, ...], ()))),
        (schema(a=(tuple[str, int], ...)), schema(a=(tuple[str, float], ...))),
    ],
)
def test_what_old_records_still_fit_breaks_nothing(old: dict[str, Any], new: dict[str, Any]) -> None:
    assert breaks(old, new) == []
    assert breaks(old, old) == breaks(new, new) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (schema(a=(str, ...), b=(int, 0)), schema(a=(str, ...)), ["b: removed"]),
        (schema(a=(str, ...)), schema(a=(str, ...), b=(int, ...)), ["b: newly required"]),
        (schema(a=(str, "")), schema(a=(str, ...)), ["a: newly required"]),
        (schema(a=(str, ...)), schema(a=(int, ...)), ["a: string became integer"]),
        (schema(a=(float, ...)), schema(a=(int, ...)), ["a: number became integer"]),
        (schema(a=(str | None, None)), schema(a=(str, "")), ["a: no longer takes null"]),
        (schema(a=(Literal["x", "y"], ...)), schema(a=(Literal["x"], ...)), ["a: no longer takes every value"]),
        (schema(a=(str, ...)), schema(a=(Literal["x"], ...)), ["a: no longer takes every value"]),
        (schema(a=(str, ...)), schema(a=(str, Field(max_length=5))), ["a: maxLength became 5"]),
        (schema(a=(str, ...)), schema(a=(str, Field(pattern="x"))), ["a: pattern became 'x'"]),
        (schema(a=(tuple[Part, ...], ())), schema(a=(tuple[NarrowPart, ...], ())), ["a[].size: minimum became 1"]),
        (schema(a=(Part, ...)), schema(a=(PartWithMore, ...)), ["a.colour: newly required"]),
        (schema(a=(tuple[str, str], ...)), schema(a=(tuple[str, int], ...)), ["a[1]: string became integer"]),
    ],
)
def test_what_old_records_do_not_fit_is_told(old: dict[str, Any], new: dict[str, Any], said: list[str]) -> None:
    assert breaks(old, new) == said


def test_a_number_of_fixed_items_that_changes_is_told() -> None:
    assert breaks(schema(a=(tuple[str, str], ...)), schema(a=(tuple[str, str, str], ...))) != []


def test_a_type_that_is_gone_is_told() -> None:
    assert list(schemas.broken({"ipp.x.gone.v1.json": schema(a=(str, ...))}, {})) == [
        "ipp.x.gone.v1.json: the type is gone, and its records are kept"
    ]


def test_what_was_agreed_on_is_what_the_code_says() -> None:
    assert schemas.main(["--check"]) == 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for path in schemas.FOLDER.glob("*.json"):
        shutil.copy(path, tmp_path)
    return tmp_path


FILED = "ipp.complaints.complaint-filed.v1.json"


def test_a_new_type_must_be_written_and_is(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / FILED).unlink()

    assert schemas.main(["--check"], folder) == 1
    assert f"{FILED}: not as written" in capsys.readouterr().err
    assert schemas.main(["--write"], folder) == 0
    assert (folder / FILED).read_text() == (schemas.FOLDER / FILED).read_text()
    assert schemas.main(["--check"], folder) == 0


def test_what_breaks_is_told_and_never_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agreed = json.loads((folder / FILED).read_text())
    agreed["properties"]["once_there"] = {"type": "string"}
    (folder / FILED).write_text(json.dumps(agreed))

    for arguments in (["--check"], ["--write"]):
        assert schemas.main(arguments, folder) == 1
        assert f"{FILED}: once_there: removed" in capsys.readouterr().err
    assert json.loads((folder / FILED).read_text()) == agreed
