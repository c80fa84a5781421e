"""The policy in force at an instant, with the calendar that belongs to a platform: what deciders are given."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.policies.calendars import (
    Calendar,
    CalendarBook,
    Deadline,
    Undated,
    business_days_later,
    business_hours_later,
    calendar_days_later,
)
from shared.policies.policy import PlatformPolicy, Policy

# What a deadline is for; travels as its `kind`.
COUNTER_NOTIFICATION = "counter-notification"
OWNER_RESPONSE = "owner-response"
SUPPLEMENT = "supplement"
REVIEW_TARGET = "review-target"
ACCOUNT_VERIFICATION = "account-verification"
RIGHT_AUTHENTICATION = "right-authentication"
PRIVACY_ANSWER = "privacy-answer"
PRIVACY_ANSWER_WARNING = "privacy-answer-warning"


class NoPolicyInForceError(LookupError):
    """No version of the policy holds at this instant, or none has this name."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a decider needs of one platform (or Lazada site): the policy, its part for it, the calendar."""

    policy: Policy
    platform: PlatformPolicy
    calendar: Calendar

    @property
    def version(self) -> str:
        """The policy's version, recorded with every decision."""
        return self.policy.version

    @property
    def expiry_grace(self) -> timedelta:
        return self.policy.deadlines.expiry_grace

    def counter_notification(self, deadline_id: str, served_at: datetime) -> Deadline | Undated:
        """Until when the merchant may answer, from service of the notice."""
        days = self.platform.counter_notification_business_days
        return self.business_days(days, served_at, deadline_id, COUNTER_NOTIFICATION)

    def owner_response(self, deadline_id: str, served_at: datetime) -> Deadline | Undated:
        """Until when the owner may answer a counter-notification, from being told of it."""
        return self.business_days(self.platform.owner_response_business_days, served_at, deadline_id, OWNER_RESPONSE)

    def supplement(self, deadline_id: str, served_at: datetime) -> Deadline | Undated:
        """Until when the filer may send what was missing."""
        return self.business_days(self.platform.supplement_business_days, served_at, deadline_id, SUPPLEMENT)

    def review_target(self, deadline_id: str, filed_at: datetime) -> Deadline | Undated:
        """When the first decision should be there; a target that warns, never a deadline that decides."""
        target = self.platform.service_target
        if target.business_days:
            return self.business_days(target.business_days, filed_at, deadline_id, REVIEW_TARGET)
        return business_hours_later(
            self.calendar,
            filed_at,
            target.business_hours,
            deadline_id=deadline_id,
            kind=REVIEW_TARGET,
            policy_version=self.version,
        )

    def business_days(self, days: int, start: datetime, deadline_id: str, kind: str) -> Deadline | Undated:
        """Any period of business days in this platform's calendar."""
        return business_days_later(
            self.calendar, start, days, deadline_id=deadline_id, kind=kind, policy_version=self.version
        )


class PolicyBook:
    """Every version of the policy and every calendar that was loaded."""

    def __init__(self, policies: Iterable[Policy], calendars: CalendarBook) -> None:
        self._policies = tuple(sorted(policies, key=lambda policy: policy.effective_from))
        self.calendars = calendars
        if not self._policies:
            raise ValueError("a policy book holds at least one policy")
        if len({policy.version for policy in self._policies}) != len(self._policies):
            raise ValueError("two policies have the same version")
        if len({policy.effective_from for policy in self._policies}) != len(self._policies):
            raise ValueError("two policies take effect at the same instant")

    @property
    def versions(self) -> tuple[str, ...]:
        """The versions in the order in which they take effect."""
        return tuple(policy.version for policy in self._policies)

    def at(self, instant: datetime) -> Policy:
        """The policy in force at this instant; raises `NoPolicyInForceError` before the first."""
        in_force = [policy for policy in self._policies if policy.effective_from <= instant]
        if not in_force:
            raise NoPolicyInForceError(f"no policy was in force at {instant.isoformat()}")
        return in_force[-1]

    def version(self, version: str) -> Policy:
        """The policy of this version, for a decision that is replayed."""
        for policy in self._policies:
            if policy.version == version:
                return policy
        raise NoPolicyInForceError(f"policy {version} is not loaded")

    def terms(self, platform: str, site: str | None, at: datetime) -> Terms:
        """What holds on a platform at an instant; raises `UnknownPlatformError`."""
        policy = self.at(at)
        part = policy.for_platform(platform, site)
        return Terms(policy, part, self.calendars.get(part.calendar))

    def default_calendar(self, at: datetime) -> Calendar:
        """The calendar where no platform applies (ours: the PRC's)."""
        return self.calendars.get(self.at(at).deadlines.calendar)

    def account_verification(self, deadline_id: str, start: datetime) -> Deadline | Undated:
        """Until when an account is to be verified: three working days (001, Step 4)."""
        return self._verification(deadline_id, start, ACCOUNT_VERIFICATION)

    def right_authentication(self, deadline_id: str, start: datetime) -> Deadline | Undated:
        """Until when a right is to be authenticated: the same three working days (001, Step 4)."""
        return self._verification(deadline_id, start, RIGHT_AUTHENTICATION)

    def privacy_answer_warning(self, deadline_id: str, start: datetime) -> Deadline:
        """When operators are warned that such an answer is due soon."""
        days = self.at(start).privacy.answer_warning_calendar_days
        return self._calendar_days(days, deadline_id, start, PRIVACY_ANSWER_WARNING)

    def privacy_answer(self, deadline_id: str, start: datetime, kind: str) -> Deadline:
        """Until when a person's request about their data is answered: thirty days, days off counting (000 V.5)."""
        return self._calendar_days(self.at(start).accounts.privacy_answer_calendar_days, deadline_id, start, kind)

    def _calendar_days(self, days: int, deadline_id: str, start: datetime, kind: str) -> Deadline:
        policy = self.at(start)
        return calendar_days_later(
            self.calendars.get(policy.deadlines.calendar),
            start,
            days,
            deadline_id=deadline_id,
            kind=kind,
            policy_version=policy.version,
        )

    def _verification(self, deadline_id: str, start: datetime, kind: str) -> Deadline | Undated:
        policy = self.at(start)
        return business_days_later(
            self.calendars.get(policy.deadlines.calendar),
            start,
            policy.accounts.verification_business_days,
            deadline_id=deadline_id,
            kind=kind,
            policy_version=policy.version,
        )
