"""I2: one idempotency key, one set of cases; and a case belongs to one submission."""

from collections.abc import Iterator

from tests.chaos.checker.breach import Breach
from tests.chaos.checker.evidence import Evidence
from tests.chaos.checker.histories import kept

NAME = "I2"
_CORRECTED = "corrected:"


def breaches(evidence: Evidence) -> Iterator[Breach]:
    yield from _answers(evidence)
    yield from _stores(evidence)


def _answers(evidence: Evidence) -> Iterator[Breach]:
    """Retries are told of the same cases, other keys of others, and no key is taken with two bodies."""
    told: dict[tuple[str, str], tuple[str, ...]] = {}
    bodies: dict[tuple[str, str], str] = {}
    owner: dict[str, tuple[str, str]] = {}
    for promise in evidence.promises:
        if promise.kind != "submission" or not promise.kept_to:
            continue
        key = (promise.by, promise.key)
        if told.setdefault(key, promise.case_ids) != promise.case_ids:
            story = f"of {promise.by} was answered with {list(told[key])}, and in a retry with {list(promise.case_ids)}"
            yield Breach(NAME, promise.key, story)
        if bodies.setdefault(key, promise.body_hash) != promise.body_hash:
            yield Breach(NAME, promise.key, f"of {promise.by} was taken with two different bodies")
        for case in promise.case_ids:
            if owner.setdefault(case, key) != key:
                yield Breach(NAME, case, f"was promised under two keys: {owner[case][1]} and {promise.key}")


def _stores(evidence: Evidence) -> Iterator[Breach]:
    """Receipts say under which key a submission was taken; cases say of which submission they are."""
    by_key: dict[tuple[str, str], str] = {}
    named: dict[str, str] = {}
    for submission in kept(evidence, "complaints.submissions"):
        state = submission.state
        for receipt in submission.body["receipts"]:
            key = (state["account_id"], receipt["key"].removeprefix(_CORRECTED))
            if by_key.setdefault(key, submission.id) != submission.id:
                story = f"of {key[0]} made two submissions: {by_key[key]} and {submission.id}"
                yield Breach(NAME, key[1], story)
        for row in state["cases"]:
            if named.setdefault(row["case_id"], submission.id) != submission.id:
                yield Breach(NAME, row["case_id"], f"is of two submissions: {named[row['case_id']]}, {submission.id}")
    for case in kept(evidence, "complaints.cases"):
        if (of := case.state["submission_id"]) != named.get(case.id, of):
            yield Breach(NAME, case.id, f"says it is of {of}, and {named[case.id]} names it")
        elif case.id not in named:
            yield Breach(NAME, case.id, f"is of submission {of}, which does not name it")
