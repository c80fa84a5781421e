"""Draws a plan from a seed: who exists, who files what, and what becomes of it."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date

from deploy.simulator.fates import Fate, deck
from deploy.simulator.listings import LAZADA_DOMAINS, PLATFORMS, Listing, address, new_number, refused_address
from deploy.simulator.plan import Account, Case, Conduct, Plan, Right, Row, Submission
from deploy.simulator.timetable import WAVES

DEFAULT_COMPLAINTS = 700
SITES = tuple(LAZADA_DOMAINS)
# Enough for one account with at least 100 requests in three months, on seven platforms, and half as many in a wave.
_FAITH_CASES = 16
_FAITH_FROM = 2 * _FAITH_CASES + 8  # complaints a platform from which the program's two accounts take part
_USUAL_MOST = 84  # requests of any other account: below 100, so that it is never eligible
_REPEATED_ROWS_EVERY = 3
_REASONS = {"taobao": ("counterfeit", "counterfeit_features"), "other": ("counterfeit", "trademark_misuse")}
_BRANDS = ("Aurelle", "北澜", "Kestrow", "云杉记", "Marlune", "青禾坊", "Norvane", "石溪", "Tessaly", "望海楼")
_COUNTRY = {"zh": "CN", "en": "US"}


@dataclass
class _Draft:
    rng: random.Random
    accounts: dict[str, Account] = field(default_factory=dict)
    rights: dict[str, Right] = field(default_factory=dict)
    sites: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    numbers: set[str] = field(default_factory=set)
    merchants: int = 3


def make_plan(seed: int, complaints: int = DEFAULT_COMPLAINTS) -> Plan:
    """The plan of a seed: so many accepted complaints, evenly over the seven marketplaces."""
    if complaints < len(PLATFORMS):
        raise ValueError(f"at least {len(PLATFORMS)} complaints: one a marketplace")
    draft = _Draft(random.Random(seed))
    each, more = divmod(complaints, len(PLATFORMS))
    sizes = {platform: each + (position < more) for position, platform in enumerate(PLATFORMS)}
    draft.merchants = max(3, each // 5)
    faith = each >= _FAITH_FROM
    if faith:
        _account(draft, "diligent")
        _account(draft, "careless")
    taken = 2 * _FAITH_CASES if faith else 0
    usual = [_account(draft, "usual") for _ in range(_number_of_usual(complaints - taken * len(PLATFORMS)))]
    for position, platform in enumerate(PLATFORMS):
        if faith:
            _program_cases(draft, platform, position)
        _usual_cases(draft, platform, sizes[platform] - taken, usual)
    submissions = tuple(_submissions(draft))
    return Plan(seed, draft.accounts, draft.rights, submissions, draft.cases)


def _number_of_usual(complaints: int) -> int:
    return max(2, -(-complaints // (_USUAL_MOST - len(PLATFORMS))))


def _account(draft: _Draft, conduct: Conduct) -> str:
    number = len(draft.accounts) + 1
    key = f"owner-{number}"
    language = "zh" if number % 2 == 0 else "en"
    brand = f"{_BRANDS[(number - 1) % len(_BRANDS)]}{number}"
    name = f"{brand}商贸有限公司" if language == "zh" else f"{brand} Goods Ltd"
    draft.accounts[key] = Account(
        key=key,
        email=f"{key}@owners.example",
        password=f"correct-horse-{number}-battery-staple",
        country=_COUNTRY[language],
        category="enterprise",
        language="zh" if language == "zh" else "en",
        name=name,
        conduct=conduct,
    )
    draft.sites[key] = (SITES[number % len(SITES)], SITES[(number + 1) % len(SITES)])
    for place in ("CN", "US", *draft.sites[key]):
        draft.rights[_right(key, place)] = Right(
            key=_right(key, place),
            account=key,
            place=place,
            name=brand,
            registration_number=f"{number:03d}{draft.rng.randint(10**5, 10**6 - 1)}",
            registrant=name,
            nice_classes=(18, 25),
            expires_on=date(2031, 12, 6),
        )
    return key


def _right(account: str, place: str) -> str:
    return f"{account}/{place}"


def _right_for(account: str, listing: Listing) -> str:
    """001: rights of the PRC on the Chinese platforms, others too on the two international ones, on Lazada rights of
    the site's own country."""
    if listing.site is not None:
        return _right(account, listing.site)
    return _right(account, "US" if listing.platform in ("aliexpress", "alibaba") else "CN")


def _program_cases(draft: _Draft, platform: str, position: int) -> None:
    """The diligent account: 112 requests, 4 of 56 rejected in the first wave (success 52 of 56, 92.9 %), none in the
    second; two counter-notifications accepted (2 of 52, 3.8 %). The careless one: a quarter rejected at once, more
    later. Rejections come before what is upheld on the same day, so that no order within it changes an outcome."""
    first = [Fate.SILENT] * (_FAITH_CASES // 2)
    second = list(first)
    first[0] = Fate.REJECTED if position % 2 == 0 else Fate.DISPUTE_UPHELD
    if position in (1, 2):
        first[1] = Fate.COUNTER_ACCEPTED
    second[0] = Fate.DISPUTE_UPHELD if position % 2 == 0 else Fate.WITHDRAWN_AFTER
    _deal(draft, "owner-1", platform, (first, second))
    bad = [Fate.REJECTED, Fate.REJECTED, Fate.SUPPLEMENT_LAPSED, Fate.COUNTER_UNANSWERED, Fate.COUNTER_ACCEPTED]
    worse = [Fate.REJECTED, Fate.REJECTED, Fate.REJECTED, Fate.WITHDRAWN_UNREAD, Fate.DISPUTE_OVERTURNED]
    rest = [Fate.SILENT] * (_FAITH_CASES // 2 - len(bad))
    _deal(draft, "owner-2", platform, (bad + rest, worse + rest))


def _deal(draft: _Draft, account: str, platform: str, waves: tuple[list[Fate], ...]) -> None:
    for wave, fates in enumerate(waves):
        for number, fate in enumerate(fates):
            site = draft.sites[account][number % 2] if platform == "lazada" else None
            _case(draft, account, wave, _listing(draft, platform, site), fate)


def _usual_cases(draft: _Draft, platform: str, size: int, accounts: list[str]) -> None:
    """Pairs on one listing first, then the usual shares, dealt to the accounts in turn."""
    pairs = max(1, size // 25) if size >= 4 else 0
    for number in range(pairs):
        _pair(draft, platform, accounts, number)
    fates = deck(size - 2 * pairs)
    draft.rng.shuffle(fates)
    start = draft.rng.randrange(len(accounts))
    for number, fate in enumerate(fates):
        account = accounts[(start + number) % len(accounts)]
        site = draft.sites[account][number // len(accounts) % 2] if platform == "lazada" else None
        wave = (number // len(accounts) + number) % len(WAVES)
        _case(draft, account, wave, _listing(draft, platform, site), fate)


def _pair(draft: _Draft, platform: str, accounts: list[str], number: int) -> None:
    """Two cases of different rights on one listing: the first lets go while the other holds, which then keeps it down
    or, in every third pair, lets go as well."""
    first = accounts[number % len(accounts)]
    second = accounts[(number + 1) % len(accounts)]
    site = None
    if platform == "lazada":
        site = next(site for site in draft.sites[first] if site in draft.sites[second])
    listing = _listing(draft, platform, site)
    wave = number % len(WAVES)
    other = Fate.COUNTER_ACCEPTED if number % 3 == 2 else Fate.SILENT
    one = _case(draft, first, wave, listing, Fate.WITHDRAWN_AFTER)
    two = _case(draft, second, wave, listing, other)
    draft.cases[one.key] = replace(one, shared_with=two.key)
    draft.cases[two.key] = replace(two, shared_with=one.key)


def _listing(draft: _Draft, platform: str, site: str | None) -> Listing:
    while (number := new_number(platform, draft.rng)) in draft.numbers:
        pass
    draft.numbers.add(number)
    place = f"{platform}-{site.lower()}" if site else platform
    return Listing(platform, site, number, f"m-{place}-{draft.rng.randint(1, draft.merchants)}")


def _case(draft: _Draft, account: str, wave: int, listing: Listing, fate: Fate) -> Case:
    case = Case(f"case-{len(draft.cases) + 1}", wave, account, _right_for(account, listing), listing, fate)
    draft.cases[case.key] = case
    return case


def _submissions(draft: _Draft) -> Iterator[Submission]:
    """One submission for each wave, right and platform, Tao marketplaces first; among the good rows some that must be
    refused: malformed or foreign addresses, a listing repeated in another form, one that is on file already."""
    groups: dict[tuple[int, str, str], list[Case]] = {}
    for case in draft.cases.values():
        groups.setdefault((case.wave, case.platform, case.right), []).append(case)
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], PLATFORMS.index(item[0][1]), item[0][2]))
    for number, ((wave, platform, right), cases) in enumerate(ordered):
        rows = [Row(address(case.listing, draft.rng.choice((0, 0, 1, 2)), draft.rng), case.key) for case in cases]
        if number % _REPEATED_ROWS_EVERY == 0:
            rows.append(Row(address(cases[0].listing, 1, draft.rng), None))
        else:
            rows.insert(draft.rng.randint(0, len(rows)), Row(refused_address(platform, draft.rng), None))
        standing = [case for case in groups.get((0, platform, right), ()) if case.end.holds]
        if wave == 1 and standing:
            rows.append(Row(address(standing[0].listing, 2, draft.rng), None))
        reasons = _REASONS.get(platform, _REASONS["other"])
        account = draft.rights[right].account
        yield Submission(f"submission-{number + 1}", wave, account, right, platform, reasons[number % 2], tuple(rows))
