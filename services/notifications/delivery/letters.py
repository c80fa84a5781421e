"""What a letter says: the facts of its notice, the policy of its marketplace, and what the peers know."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from services.notifications.delivery.links import MerchantLinks
from services.notifications.delivery.peers import Complainant, Peers, Reader, RightOnFile
from services.notifications.delivery.texts import Letter, Texts, Words
from services.notifications.notices.model import Notice
from shared.kernel.clock import Clock
from shared.policies.platforms import platform
from shared.policies.policy import PlatformPolicy
from shared.policies.terms import PolicyBook

TAKEDOWN = "takedown"
INCIDENT = "incident"
_ZONE = "Asia/Shanghai"  # in which days are counted where no marketplace's own zone applies

# Control characters, and those that turn the direction of writing: with them a name can look like another text.
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]")


@dataclass(frozen=True)
class Matter:
    """What is asked of the peers for one notice, the same for all its readers. A code is the registrant's own."""

    complainant: Complainant | None = None
    right: RightOnFile | None = None
    code: str = ""


class LetterWriter:
    """Nothing of a letter is kept; it is written anew for each attempt."""

    def __init__(self, texts: Texts, peers: Peers, links: MerchantLinks, book: PolicyBook, clock: Clock) -> None:
        self._texts = texts
        self._peers = peers
        self._links = links
        self._book = book
        self._clock = clock

    async def gather(self, notice: Notice) -> Matter:
        """Raises PeerAway, or NotKnown where a peer has not what the letter must say."""
        if notice.template != TAKEDOWN:
            return Matter()
        to = notice.recipient_id
        right = await self._peers.right(notice.fact("right_id"), about=notice.about, to=to)
        purpose = purpose_of(notice)
        complainant = await self._peers.complainant(notice.account_id, purpose, about=notice.about, to=to)
        return Matter(complainant, right)

    def write(self, notice: Notice, matter: Matter, reader: Reader) -> Letter:
        words = self._texts.words(reader.language)
        context: dict[str, Any] = {
            "reader": {"name": _line(reader.name)},
            "notice_id": notice.id,
            "account_id": notice.account_id,
            "code": matter.code,
            **_plain(notice, words),
        }
        if notice.about_kind == "case":
            context |= {**self._case(notice, words), **self._takedown(notice, matter, words)}
        elif notice.about_kind == "right":
            context |= {"right_id": notice.about, "right_type": words.of("right_type", notice.fact("right_type"))}
        elif notice.template == INCIDENT:
            context |= self._incident(notice, words)
        return self._texts.write(reader.language, notice.party, notice.template, context)

    def _incident(self, notice: Notice, words: Words) -> Mapping[str, Any]:
        """What 000 IV asks for: the situation, its possible impact, the measures; and what the person can do."""
        zone = self._book.default_calendar(self._clock.now()).zone
        times = {
            name: words.moment(datetime.fromisoformat(notice.fact(name)), zone)
            for name in ("since", "until", "detected_at")
        }
        impact = notice.fact("impact")
        said = {
            "id": notice.fact("incident_id"),
            "what": words.of("incident", notice.fact("what")),
            "impact": words.of("incident_impact", impact),
            "measures": words.of_each("incident_measure", notice.fact("measures")),
            "data": list(dict.fromkeys(words.of_each("personal_data", notice.fact("data")))),
            "advice": words.of("incident_advice", impact),
            **times,
        }
        return {"incident": said}

    def _case(self, notice: Notice, words: Words) -> Mapping[str, Any]:
        """`period`: the time to answer that this notice, or the one that it speaks of, starts when it is served."""
        rules = self._rules(notice)
        filed_at = datetime.fromisoformat(notice.fact("filed_at"))
        received = notice.fact("received_at")
        case = {
            "id": notice.about,
            "listing": notice.fact("listing_id"),
            "type": words.of("complaint_type", notice.fact("complaint_type")),
            "reason": words.of("reason", notice.fact("reason")),
            "filed": words.day_of(filed_at, rules.zone),
        }
        names = platform(notice.fact("platform"))
        return {
            "case": case,
            "platform": names.name_zh if words.language == "zh" else names.name_en,
            "zone": rules.zone,
            "period": words.business_days(_days(notice.template, rules)),
            "direct_resolution": rules.invites_direct_resolution,
            "adjudicates": rules.adjudicates_rights,
            "received": words.moment(datetime.fromisoformat(received), rules.zone) if received else "",
        }

    def _takedown(self, notice: Notice, matter: Matter, words: Words) -> Mapping[str, Any]:
        if matter.right is None or matter.complainant is None:
            return {}
        right, who = matter.right, matter.complainant
        links = self._links.of_notice(notice.recipient_id, notice.about, notice.fact("right_id"))
        lines = (who.name, who.email, who.phone, who.mobile, who.postal_address)
        return {
            "right": {
                "name": _line(right.name),
                "registration_number": _line(right.registration_number),
                "place": words.place(right.place),
                "certificates": right.certificates,
            },
            "complainant": [_line(line) for line in lines if line.strip()],
            "link": links.case,
            "certificates_link": links.certificates,
        }

    def _rules(self, notice: Notice) -> PlatformPolicy:
        """A canonical listing id of a platform with country sites begins with both: `lazada.sg:item:456`."""
        name, _, site = notice.fact("listing_id").partition(":")[0].partition(".")
        terms = self._book.terms(name, site.upper() or None, self._clock.now())
        return terms.platform


def purpose_of(notice: Notice) -> str:
    """Why a contact is asked for, as the log of disclosures keeps it: a code that names the notice."""
    return f"{notice.template}-{notice.id.lower()}"


def _days(template: str, rules: PlatformPolicy) -> int:
    return {
        "supplement-requested": rules.supplement_business_days,
        "counter-received": rules.owner_response_business_days,
    }.get(template, rules.counter_notification_business_days)


def _line(text: str) -> str:
    """What others wrote stays in its line of the letter, and is read as it is written."""
    return " ".join(_UNSEEN.sub(" ", text).split())


def _plain(notice: Notice, words: Words) -> Mapping[str, Any]:
    """Codes among the facts, in words. What a notice does not have is empty, and its template does not speak of it."""
    reasons = notice.fact("reasons")
    return {
        "missing": words.of_each("missing", notice.fact("missing")),
        "rejection": words.of("rejection", notice.fact("reason_code")),
        "how": words.of("how", notice.fact("how")),
        "determination": words.of("determination", notice.fact("determination")),
        "closing": words.of("closing", notice.fact("why")),
        "after_takedown": notice.fact("after_takedown") == "yes",
        "reasons": words.of_each("failure", reasons),
        "request": _request(notice, words),
        "unmet": words.of_each("unmet", notice.fact("unmet")),
        "figures": _figures(notice, words),
        "obstacles": words.of_each("obstacle", reasons),
        "case_id": notice.fact("case_id"),
    }


def _request(notice: Notice, words: Words) -> Mapping[str, str]:
    """A request about personal data. `day`: the last one on which the answer is in time; `due` is the first instant
    after it, in the calendar of the platform."""
    due = notice.fact("due")
    last = datetime.fromisoformat(due) - timedelta(seconds=1) if due else None
    return {
        "id": notice.fact("request_id"),
        "kind": words.of("request_kind", notice.fact("kind")),
        "day": words.day_of(last, _ZONE) if last else "",
        "reason": words.of("request_refusal", notice.fact("reason")),
    }


def _figures(notice: Notice, words: Words) -> Mapping[str, str]:
    days = {
        name: words.day(date.fromisoformat(notice.fact(name))) if notice.fact(name) else ""
        for name in ("day", "window_from", "window_to", "barred_until")
    }
    rates = {name: words.share(notice.fact(name)) for name in ("success_rate", "counter_success_rate")}
    return {**days, **rates, "requests": notice.fact("requests")}
