"""Stored submissions and cases as the person gets them, from the documents as they are: ten thousand cases are not
decoded into their classes to be written out again.

The other side's texts are left out: a counter-notification is the merchant's own statement, may name people, and
nobody may disclose data of merchants (003 六.6). That there is one, and when it came, is told. Merchants are ids;
people of the platform are told by their part.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from services.complaints.bulk.model import BulkImport
from services.complaints.places import of_case, of_submission
from services.complaints.records.views import LEFT_OUT, by_whom
from shared.exports import Cell

Stored = Mapping[str, Any]
REMOVED = "removed"
_OTHER_SIDE = "CounterNotified"
_EVIDENCE_SUMMARY = ("evidence_id", "platform", "kind", "size", "status", "file", "begun_at")
_BULK_SUMMARY = ("import_id", "taken_at", "rows", "cases", "refused", "status")
_ENDS_OF_CASE = ("right_fingerprint", "evidence", "reviewer_id", "upheld_by", "running", "lapsed", "first_window")
_CASE_SUMMARY = (
    "case_id",
    "platform",
    "listing_id",
    "complaint_type",
    "reason",
    "state",
    "ended_because",
    "filed_at",
)
_SUBMISSION_SUMMARY = ("submission_id", "platform", "complaint_type", "reason", "filed_at")


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text that the person wrote: where it is in the vault."""

    ref: str
    place: str


def texts_of_submission(state: Stored) -> list[Sealed]:
    place = of_submission(state["platform"], state["id"])
    return [Sealed(ref, place) for ref in state["evidence"]]


def texts_of_case(state: Stored, history: Sequence[Stored]) -> list[Sealed]:
    """Supplements and statements in disputes; the evidence of the complaint itself is its submission's."""
    found = []
    for entry in history:
        for what, ref in _written(entry):
            found.append(Sealed(ref, of_case(state["platform"], state["id"], what)))
    return found


def _written(entry: Stored) -> Iterator[tuple[str, str]]:
    data = entry["data"]
    if entry["type"] == "SupplementReceived":
        yield from (("supplement", ref) for ref in data["evidence"])
    elif entry["type"] == "DisputeOpened" and data["statement"]:
        yield "dispute", data["statement"]


def submission(state: Stored, texts: Mapping[str, str]) -> dict[str, Any]:
    left_out = ("id", "evidence", "right_fingerprint", "filed_by")
    told = {name: value for name, value in state.items() if name not in left_out}
    return {"submission_id": state["id"], **told, "evidence": [texts[ref] for ref in state["evidence"]]}


def summary_of_submission(told: Stored) -> dict[str, Cell]:
    return {name: told[name] for name in _SUBMISSION_SUMMARY} | {"cases": len(told["cases"])}


def file(state: Stored, *, is_there: bool) -> dict[str, Any]:
    """Of a file of evidence, also of one that was uploaded and never used."""
    told = {name: value for name, value in state.items() if name not in ("id", "party", "ref")}
    place = f"files/complaints/{path_of_file(state)}" if is_there else REMOVED
    return {"evidence_id": state["id"], **told, "file": place}


def path_of_file(state: Stored) -> str:
    return f"evidence/{state['id']}.{state['kind']}"


def summary_of_file(told: Stored) -> dict[str, Cell]:
    return {name: told[name] for name in _EVIDENCE_SUMMARY}


def bulk_import(found: BulkImport) -> dict[str, Any]:
    """A file of complaints; what became of its rows are records of their own, as they may be many."""
    state = {name: value for name, value in asdict(found).items() if name not in ("id", "account_id", "batches")}
    return {"import_id": found.id, **state, "taken_at": found.taken_at.isoformat()}


def summary_of_bulk(told: Stored) -> dict[str, Cell]:
    return {name: told[name] for name in _BULK_SUMMARY}


def case(state: Stored, history: Sequence[Stored], texts: Mapping[str, str]) -> dict[str, Any]:
    told = {name: value for name, value in state.items() if name != "id" and name not in _ENDS_OF_CASE}
    records = [_record(entry, state, texts) for entry in history]
    return {"case_id": state["id"], **told, "deadline": state["running"], "records": records}


def summary_of_case(told: Stored) -> dict[str, Cell]:
    return {name: told[name] for name in _CASE_SUMMARY}


def _record(entry: Stored, state: Stored, texts: Mapping[str, str]) -> dict[str, Any]:
    data = entry["data"]
    details = {name: value for name, value in data.items() if name not in LEFT_OUT}
    if data.get("files"):
        details["files"] = data["files"] if entry["type"] != _OTHER_SIDE else "left out"
    written = [texts[ref] for _, ref in _written(entry)]
    if written:
        details["written_by_you"] = written
    if entry["type"] == _OTHER_SIDE:
        details["statement_of_the_other_side"] = "left out" if data["statement"] else None
    return {
        "number": entry["n"],
        "step": entry["type"],
        "at": entry["at"],
        "by": by_whom(data["by"], state["account_id"], state["merchant_id"]),
        "policy_version": data["policy_version"],
        "details": details,
    }
