"""A file of evidence: every state × every command, and what is named of files that cannot be used."""

from datetime import UTC, datetime, timedelta

import pytest

from services.complaints.evidence import model as m
from shared.kernel.decider import Obsolete, Refusal, fold

NOW = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
RULES = m.Rules("2026-01", unused_period=timedelta(hours=24), max_files=3)
BEGIN = m.BeginEvidence(
    file_id="evf-1",
    party="acc-intl-1",
    platform="taobao",
    kind="png",
    media_type="image/png",
    size=70,
    sha256="ab" * 32,
    scan="clean",
    holds_location=False,
)
USE = m.Use(kind="submission", id="IPP-1")
OTHER_USE = m.Use(kind="submission", id="IPP-2")
CLAIM = m.Claim(party="acc-intl-1", platform="taobao", case_id=None, use=USE)
KEEP = m.KeepEvidence(ref="vlt-1")
TAKE = m.ClaimEvidence(claim=CLAIM)
ATTACH = m.AttachEvidence(use=USE)
LATER = NOW + timedelta(hours=24)


def after(*commands: m.Command, now: datetime = NOW) -> m.EvidenceFile:
    file: m.EvidenceFile | None = None
    for command in (BEGIN, *commands):
        at = LATER if isinstance(command, m.ForgetEvidence | m.ConfirmRemoved) else now
        file = fold(m.evolve, file, m.decide(file, command, at, RULES))
    assert file is not None
    return file


STATES: dict[str, m.EvidenceFile | None] = {
    "none": None,
    "begun": after(),
    "kept": after(KEEP),
    "claimed": after(KEEP, TAKE),
    "attached": after(KEEP, TAKE, ATTACH),
    "forgotten": after(KEEP, m.ForgetEvidence()),
    "removed": after(KEEP, m.ForgetEvidence(), m.ConfirmRemoved()),
}
COMMANDS: dict[str, m.Command] = {
    "begin": BEGIN,
    "keep": KEEP,
    "claim": TAKE,
    "attach": ATTACH,
    "forget": m.ForgetEvidence(),
    "confirm": m.ConfirmRemoved(),
}
UNKNOWN, GONE = "evidence-file-unknown", "evidence-file-gone"
# What each command comes to in each state: the class of the event, or the code of the refusal.
TABLE = {
    "none": ("EvidenceBegun", UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN),
    "begun": ("already-begun", "EvidenceKept", UNKNOWN, UNKNOWN, "EvidenceForgotten", "not-forgotten"),
    "kept": ("already-begun", "already-kept", "EvidenceClaimed", UNKNOWN, "EvidenceForgotten", "not-forgotten"),
    "claimed": (
        "already-begun",
        "already-kept",
        "already-claimed",
        "EvidenceAttached",
        "EvidenceForgotten",
        "not-forgotten",
    ),
    "attached": (
        "already-begun",
        "already-kept",
        "already-claimed",
        "already-attached",
        "already-attached",
        "not-forgotten",
    ),
    "forgotten": ("already-begun", GONE, GONE, GONE, "already-forgotten", "EvidenceRemoved"),
    "removed": ("already-begun", GONE, GONE, GONE, "already-forgotten", "not-forgotten"),
}


@pytest.mark.parametrize("state", STATES)
def test_every_command_in_every_state(state: str) -> None:
    for name, expected in zip(COMMANDS, TABLE[state], strict=True):
        assert told(STATES[state], COMMANDS[name], LATER) == expected, name


def told(file: m.EvidenceFile | None, command: m.Command, now: datetime) -> str:
    try:
        [event] = m.decide(file, command, now, RULES)
    except Refusal as refusal:
        return refusal.code
    return type(event).__name__


@pytest.mark.parametrize("state", ["begun", "kept", "claimed"])
def test_nothing_is_forgotten_before_its_period_is_over(state: str) -> None:
    with pytest.raises(Obsolete, match="not-due"):
        m.decide(STATES[state], m.ForgetEvidence(), LATER - timedelta(microseconds=1), RULES)


def test_a_claim_gives_the_file_its_period_again() -> None:
    kept = after(KEEP)
    [claimed] = m.decide(kept, TAKE, NOW + timedelta(hours=23), RULES)
    file = m.evolve(kept, claimed)
    assert told(file, m.ForgetEvidence(), NOW + timedelta(hours=46)) == "not-due"
    assert told(file, m.ForgetEvidence(), NOW + timedelta(hours=47)) == "EvidenceForgotten"


def test_the_same_key_with_another_file_is_refused() -> None:
    other = m.BeginEvidence(**{name: getattr(BEGIN, name) for name in BEGIN.__dataclass_fields__} | {"sha256": "cd"})
    assert told(after(), other, NOW) == "idempotency-key-reused"


@pytest.mark.parametrize(
    ("claim", "code"),
    [
        (m.Claim(party="acc-intl-2", platform="taobao", case_id=None, use=USE), UNKNOWN),
        (m.Claim(party="acc-intl-1", platform="lazada", case_id=None, use=USE), "evidence-file-elsewhere"),
        (m.Claim(party="acc-intl-1", platform="taobao", case_id=None, use=OTHER_USE), "evidence-file-used"),
        (CLAIM, None),
    ],
    ids=["another's", "another platform", "another use", "the same"],
)
def test_who_may_use_a_file_that_is_claimed(claim: m.Claim, code: str | None) -> None:
    assert m.problem_with(STATES["claimed"], claim) == code


def test_a_file_for_one_case_is_for_no_other() -> None:
    for_case = m.EvidenceFile(
        **{name: getattr(after(KEEP), name) for name in m.EvidenceFile.__dataclass_fields__}
        | {"party": "m-1", "case_id": "IPP-1-001"}
    )
    for case_id, code in (
        ("IPP-1-001", None),
        ("IPP-1-002", "evidence-file-elsewhere"),
        (None, "evidence-file-elsewhere"),
    ):
        claim = m.Claim(party="m-1", platform="taobao", case_id=case_id, use=m.Use(kind="case", id=str(case_id)))
        assert m.problem_with(for_case, claim) == code


def test_everything_wrong_is_named_at_once_up_to_the_limit() -> None:
    found: dict[str, m.EvidenceFile | None] = {"evf-1": STATES["kept"], "evf-2": STATES["removed"]}
    assert m.problems_with(("evf-1", "evf-2", "evf-1", "evf-3", "evf-4"), found, CLAIM, RULES) == (
        (1, GONE),
        (2, "evidence-file-repeated"),
        (3, "evidence-files-too-many"),
    )
    assert m.problems_with(("evf-1",), found, CLAIM, RULES) == ()
