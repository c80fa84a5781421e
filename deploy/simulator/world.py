"""What the actors have learned so far: which number each planned thing got, and what went otherwise than planned."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from deploy.simulator.plan import Case, Plan, Submission


@dataclass
class World:
    """`files_sent`: ids of evidence; `files_seen`: how often somebody was shown one; `surprises`: one sentence for each
    answer that the plan did not expect."""

    plan: Plan
    account_ids: dict[str, str] = field(default_factory=dict)
    right_ids: dict[str, str] = field(default_factory=dict)
    case_ids: dict[str, str] = field(default_factory=dict)
    submission_ids: dict[str, str] = field(default_factory=dict)
    files_sent: set[str] = field(default_factory=set)
    files_seen: int = 0
    refused_rows: int = 0
    expected_refusals: int = 0
    surprises: list[str] = field(default_factory=list)

    @property
    def cases_by_id(self) -> dict[str, Case]:
        return {case_id: self.plan.cases[key] for key, case_id in self.case_ids.items()}

    def surprise(self, sentence: str) -> None:
        self.surprises.append(sentence)

    def filed(self, submission: Submission, answer: Mapping[str, Any]) -> None:
        """Compares the answer row by row with the plan and keeps the case numbers."""
        self.submission_ids[submission.key] = answer["submission_id"]
        cases = {_row(entry): entry for entry in answer["cases"]}
        refused = {_row(entry): entry for entry in answer["refused"]}
        for number, row in enumerate(submission.rows, start=1):
            if row.case is None:
                self.refused_rows += number in refused
                if number not in refused:
                    self.surprise(f"{submission.key} row {number} was taken: {row.url}")
            elif number not in cases:
                code = refused.get(number, {}).get("code", "not mentioned")
                self.surprise(f"{submission.key} row {number} was refused ({code}): {row.url}")
            else:
                self._case(row.case, cases[number])

    def _case(self, key: str, entry: Mapping[str, Any]) -> None:
        self.case_ids[key] = entry["case_id"]
        expected = self.plan.cases[key].listing.id
        if entry["listing_id"] != expected:
            self.surprise(f"{entry['case_id']}: listing {entry['listing_id']}, planned {expected}")


def _row(entry: Mapping[str, Any]) -> int:
    return int(entry["row"])
