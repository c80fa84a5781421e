"""The marketplaces by name: plain data, so that a further one is a row and not a change of code.

What holds on a platform is policy (`shared.policies.policy`); here is only what it is called, which
country sites it has, and which item numbers it shares with others.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Site:
    """A country site of a platform: ISO 3166 alpha-2 code and the domain under which it sells."""

    code: str
    domain: str


@dataclass(frozen=True, slots=True)
class Platform:
    """One marketplace.

    number_space: platforms of one space number their items together, so that one number is one listing
    whichever of them shows it (Taobao, Tmall and Tmall Global do). in_china: it is operated there, and the data of
    its cases stay there (000 I; which platforms these are is ours).
    """

    id: str
    name_en: str
    name_zh: str
    number_space: str
    sites: tuple[Site, ...] = ()
    in_china: bool = False

    def site(self, code: str) -> Site | None:
        """The country site of this code, or None."""
        return next((site for site in self.sites if site.code == code), None)


class UnknownPlatformError(LookupError):
    """No marketplace of this id, or no such country site of it."""


_ALL = (
    Platform("taobao", "Taobao", "淘宝网", "tao", in_china=True),
    Platform("tmall", "Tmall", "天猫", "tao", in_china=True),
    Platform("tmall_global", "Tmall Global", "天猫国际", "tao", in_china=True),
    Platform("1688", "1688.com", "阿里巴巴中国站", "1688", in_china=True),
    Platform("aliexpress", "AliExpress", "全球速卖通", "aliexpress"),
    Platform("alibaba", "Alibaba.com", "阿里巴巴国际站", "alibaba"),
    Platform(
        "lazada",
        "Lazada",
        "来赞达",
        "lazada",
        # 001, Supplemental Lazada FAQs: six countries; each store belongs to one.
        (
            Site("ID", "lazada.co.id"),
            Site("MY", "lazada.com.my"),
            Site("PH", "lazada.com.ph"),
            Site("SG", "lazada.sg"),
            Site("TH", "lazada.co.th"),
            Site("VN", "lazada.vn"),
        ),
    ),
)
PLATFORMS: Mapping[str, Platform] = MappingProxyType({entry.id: entry for entry in _ALL})
TAO_MARKETPLACES = frozenset({"taobao", "tmall", "tmall_global"})


def platform(platform_id: str) -> Platform:
    """The marketplace of this id; raises `UnknownPlatformError`."""
    try:
        return PLATFORMS[platform_id]
    except KeyError:
        known = ", ".join(PLATFORMS)
        raise UnknownPlatformError(f"{platform_id!r} is no marketplace: it is one of {known}") from None


def market(platform_id: str, site: str | None = None) -> str:
    """The name of a platform, or of its country site, under which policies are kept: `taobao`, `lazada.SG`.

    A platform with country sites needs one and a platform without has none; raises `UnknownPlatformError`.
    """
    found = platform(platform_id)
    if site is None and not found.sites:
        return platform_id
    if site is None:
        raise UnknownPlatformError(f"{platform_id} needs one of its sites: {_codes(found)}")
    if found.site(site) is None:
        raise UnknownPlatformError(f"{site!r} is no site of {platform_id}: {_codes(found) or 'it has none'}")
    return f"{platform_id}.{site}"


def markets() -> tuple[str, ...]:
    """Every platform without sites and every site, as `market` names them."""
    named: list[str] = []
    for entry in PLATFORMS.values():
        named += [market(entry.id, site.code) for site in entry.sites] or [market(entry.id)]
    return tuple(named)


def _codes(entry: Platform) -> str:
    return ", ".join(site.code for site in entry.sites)
