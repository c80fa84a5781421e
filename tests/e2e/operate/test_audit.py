"""`ipp audit verify` on a running platform: whole as it is, and every kind of tampering is found and named."""

import asyncio
import copy
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from shared.mongo import InsertOne, connect
from tests.e2e.operate.conftest import Ipp
from tests.support.standing import Standing

Document = dict[str, Any]


def _verified(ipp: Ipp, *arguments: str) -> Any:
    done = ipp("audit", "verify", "--json", *arguments)
    said = json.loads(done.stdout)
    assert done.exit_code == (0 if said["whole"] else 1), done.output
    return said


@contextmanager
def _tampered(
    platform: Standing, changes: dict[str, Callable[[Document], Document | None]]
) -> Iterator[dict[str, Document]]:
    """Documents of cases replaced behind the application's back, and put back at the end. Gives the originals."""

    async def replaced(work: dict[str, Callable[[Document], Document | None]]) -> dict[str, Document]:
        database = connect(platform.stage.stack.mongo_url, f"{platform.stage.scene.database_prefix}_complaints")
        cases = database.collection("cases")
        found = {}
        for case_id, change in work.items():
            found[case_id] = await cases.find_one({"_id": case_id}) or {}
            await cases.delete({"_id": case_id})
            if document := change(copy.deepcopy(found[case_id])):
                await cases.write([InsertOne(document)])
        database.close()
        return found

    originals = asyncio.run(replaced(changes))
    try:
        yield originals
    finally:
        asyncio.run(replaced({case_id: _to(document) for case_id, document in originals.items()}))


def _to(document: Document) -> Callable[[Document], Document]:
    return lambda _: document


def _edit(document: Document) -> Document:
    document["history"][1]["at"] = "2020-01-01T00:00:00+00:00"
    return document


def _removal(document: Document) -> Document:
    del document["history"][1]
    return document


def _reordering(document: Document) -> Document:
    history = document["history"]
    history[0], history[1] = history[1], history[0]
    return document


def _lost_tail(document: Document) -> Document:
    """With the head, as a restored old copy would be."""
    document["history"].pop()
    document["version"] = len(document["history"])
    document["chainhash"] = document["history"][-1]["hash"]
    return document


def _vanished(_: Document) -> None:
    return None


def test_a_running_platform_is_whole(ipp: Ipp, platform: Standing) -> None:
    done = ipp("audit", "verify")

    assert done.exit_code == 0, done.output
    said = _verified(ipp)
    assert said["findings"] == []
    assert said["unread"] == 0
    assert said["aggregates"] > len(platform.result.world.case_ids)
    assert said["events"] >= said["anchors"] / 2
    assert f"{said['aggregates']} aggregates, {said['events']} events, {said['anchors']} anchors: whole" in done.output


def test_what_was_done_behind_the_applications_back_is_found_and_named(ipp: Ipp, platform: Standing) -> None:
    ids = sorted(platform.result.world.case_ids.values())[:5]
    changes: list[Callable[[Document], Document | None]] = [_edit, _removal, _reordering, _lost_tail, _vanished]
    with _tampered(platform, dict(zip(ids, changes, strict=True))) as originals:
        said = _verified(ipp, "--service", "complaints")
        one = _verified(ipp, "--aggregate", ids[3])
    whole = _verified(ipp, "--service", "complaints")

    found = {each["aggregate"]: each for each in said["findings"]}
    last = len(originals[ids[3]]["history"])
    assert {aggregate: (each["number"], each["what"]) for aggregate, each in found.items()} == {
        ids[0]: (2, "was edited"),
        ids[1]: (2, "missing: the next is 3"),
        ids[2]: (1, "out of order: event 2 stands before it"),
        ids[3]: (last, f"missing: {last} was published"),
        ids[4]: (0, "the document is missing, though its events were published"),
    }
    assert all(each["anchor"]["topic"] == "complaints.cases.v1" for each in found.values())
    assert {each["anchor"]["number"] for each in found.values()} == {1, 2, last}
    assert [each["aggregate"] for each in one["findings"]] == [ids[3]]
    assert one["aggregates"] == 1
    assert whole["whole"]


@pytest.mark.parametrize("wrong", [["--aggregate", "IPP-0000000000-999"], ["--service", "nobody"]])
def test_what_makes_no_sense_ends_with_two(ipp: Ipp, wrong: list[str]) -> None:
    assert ipp("audit", "verify", *wrong).exit_code == 2
