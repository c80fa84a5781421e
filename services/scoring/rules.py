"""The policy book as the models of scoring want it."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from services.scoring.goodfaith.model import Rules as GoodFaithRules
from services.scoring.penalties.model import Rules as PenaltyRules
from shared.policies.policy import Policy
from shared.policies.terms import NoPolicyInForceError, PolicyBook


class RuleBook:
    """What was in force when. Before the first policy its rules hold: a record is never left unjudged for that."""

    def __init__(self, book: PolicyBook) -> None:
        self._book = book
        self.zone = ZoneInfo(book.version(book.versions[-1]).deadlines.zone)

    def good_faith(self, day: date) -> GoodFaithRules:
        policy = self._at(datetime.combine(day, time(), self.zone))
        return GoodFaithRules(policy.good_faith, policy.version)

    def penalties(self, platform: str, at: datetime) -> PenaltyRules:
        policy = self._at(at)
        return PenaltyRules(policy.ladder(platform), policy.version)

    def _at(self, instant: datetime) -> Policy:
        try:
            return self._book.at(instant)
        except NoPolicyInForceError:
            return self._book.version(self._book.versions[0])
