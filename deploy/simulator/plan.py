"""What a run will do and what must come of it, from a seed. The oracle: it knows nothing of the services."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Literal

from deploy.simulator.fates import ENDS, RELEASED, UPHELD, End, Fate
from deploy.simulator.listings import PLATFORMS, Listing
from deploy.simulator.timetable import Appointment, timetable

Conduct = Literal["usual", "diligent", "careless"]
# DOMAIN, Penalties [ours]: points of an upheld case on the platforms whose ladder groups nothing.
POINTS: Mapping[str, int] = {"alibaba": 6, "lazada": 6}
# 003 六 on every platform; 002 §4 on two of them.
STATEMENTS = ("sincere_belief", "capacity_and_right")
STATEMENTS_UNDER_PERJURY = (*STATEMENTS, "good_faith_under_perjury", "indemnity")


@dataclass(frozen=True)
class Account:
    """A rights holder. `conduct`: diligent (gets Good Faith), careless (never does), usual (files too little)."""

    key: str
    email: str
    password: str
    country: str
    category: Literal["individual", "enterprise"]
    language: Literal["zh", "en"]
    name: str
    conduct: Conduct


@dataclass(frozen=True)
class Right:
    """A registered trademark; `place`: ISO 3166 alpha-2."""

    key: str
    account: str
    place: str
    name: str
    registration_number: str
    registrant: str
    nice_classes: tuple[int, ...]
    expires_on: date


@dataclass(frozen=True)
class Row:
    """One row of a submission. `case` is the key of the case it must make, None where it must be refused."""

    url: str
    case: str | None


@dataclass(frozen=True)
class Submission:
    key: str
    wave: int
    account: str
    right: str
    platform: str
    reason: str
    rows: tuple[Row, ...]

    @property
    def statements(self) -> tuple[str, ...]:
        return STATEMENTS_UNDER_PERJURY if self.platform in ("aliexpress", "alibaba") else STATEMENTS


@dataclass(frozen=True)
class Case:
    """One accepted row. `shared_with`: the case of another right that holds the same listing."""

    key: str
    wave: int
    account: str
    right: str
    listing: Listing
    fate: Fate
    shared_with: str | None = None

    @property
    def platform(self) -> str:
        return self.listing.platform

    @property
    def end(self) -> End:
        return ENDS[self.fate]


@dataclass(frozen=True)
class Plan:
    seed: int
    accounts: Mapping[str, Account]
    rights: Mapping[str, Right]
    submissions: tuple[Submission, ...]
    cases: Mapping[str, Case]

    @property
    def complaints(self) -> int:
        return len(self.cases)

    @property
    def refused_rows(self) -> int:
        return sum(row.case is None for submission in self.submissions for row in submission.rows)

    @cached_property
    def diligent(self) -> Account | None:
        """The account that gets Good Faith and loses it again; None in a run too small for one."""
        return next((account for account in self.accounts.values() if account.conduct == "diligent"), None)

    @cached_property
    def appointments(self) -> tuple[Appointment, ...]:
        return timetable(faith=self.diligent is not None)

    def by_state(self) -> dict[str, int]:
        return dict(sorted(Counter(case.end.state for case in self.cases.values()).items()))

    def by_platform(self) -> dict[str, int]:
        counted = Counter(case.platform for case in self.cases.values())
        return {platform: counted[platform] for platform in PLATFORMS}

    def down(self) -> frozenset[str]:
        """Ids of the listings that some case still holds down at the end."""
        return frozenset(case.listing.id for case in self.cases.values() if case.end.holds)

    def down_by_platform(self) -> dict[str, int]:
        """Listings down at each marketplace at the end."""
        listings = {case.listing.id: case.platform for case in self.cases.values() if case.end.holds}
        counted = Counter(listings.values())
        return {platform: counted[platform] for platform in PLATFORMS}

    def merchants(self) -> dict[str, str]:
        """The seller of each listing, by the listing's id."""
        return {case.listing.id: case.listing.merchant_id for case in self.cases.values()}

    def held_by_others(self, case: Case) -> bool:
        """Whether something else held the listing when this case let it go (only the first of two to let go)."""
        if case.shared_with is None or case.fate not in RELEASED:
            return False
        other = self.cases[case.shared_with]
        # Of a pair, the one that is withdrawn after the takedown lets go first (see the timetable).
        return case.fate == Fate.WITHDRAWN_AFTER and other.fate in UPHELD

    def merchant_points(self) -> dict[str, int]:
        """Points of merchants by `platform:merchant`, where nothing about them is left to an operator's decision."""
        points: Counter[str] = Counter()
        left_open: set[str] = set()
        for case in self.cases.values():
            if case.platform not in POINTS or case.fate not in UPHELD:
                continue
            key = f"{case.platform}:{case.listing.merchant_id}"
            points[key] += POINTS[case.platform] if case.end.holds else 0
            if case.fate == Fate.WITHDRAWN_AFTER:  # uncountered: an operator decides about the points [ours]
                left_open.add(key)
        return {key: points[key] for key in sorted(points) if key not in left_open}

    def of(self, wave: int, *fates: Fate) -> Iterator[Case]:
        """The cases of a wave with one of these fates."""
        return (case for case in self.cases.values() if case.wave == wave and case.fate in fates)
