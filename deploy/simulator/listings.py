"""Listing pages as the seven marketplaces show them: desktop, mobile, country and tracking forms of one listing."""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass

PLATFORMS = ("taobao", "tmall", "tmall_global", "1688", "aliexpress", "alibaba", "lazada")
# 001, Supplemental Lazada FAQs: the six countries, each with its own site.
LAZADA_DOMAINS: Mapping[str, str] = {
    "SG": "lazada.sg",
    "MY": "lazada.com.my",
    "ID": "lazada.co.id",
    "PH": "lazada.com.ph",
    "TH": "lazada.co.th",
    "VN": "lazada.vn",
}

_GOODS = ("canvas-shoes", "running-jacket", "travel-mug", "phone-case", "leather-wallet", "sun-hat", "wrist-watch")


@dataclass(frozen=True)
class Listing:
    """One offer. `number` is the marketplace's own; `site` is Lazada's country; `merchant_id` is its seller."""

    platform: str
    site: str | None
    number: str
    merchant_id: str

    @property
    def id(self) -> str:
        """As the platform must name it, whatever form was pasted: `taobao:item:520813250866`, `lazada.sg:item:456`."""
        site = f".{self.site.lower()}" if self.site else ""
        return f"{self.platform}{site}:item:{self.number}"


Form = Callable[[Listing, random.Random], str]


def _slug(rng: random.Random) -> str:
    return rng.choice(_GOODS)


def _spm(rng: random.Random) -> str:
    return f"spm=a{rng.randint(100, 999)}o.{rng.randint(1, 99)}.{rng.randint(1000, 9999)}.{rng.randint(1, 60)}"


def _sku(rng: random.Random) -> int:
    return rng.randint(4 * 10**12, 6 * 10**12)


def _lazada(listing: Listing, rng: random.Random, query: str = "") -> str:
    domain = LAZADA_DOMAINS[str(listing.site)]
    return f"https://www.{domain}/products/{_slug(rng)}-i{listing.number}-s{int(listing.number) * 7}.html{query}"


# The first form is the page that a browser shows; the others are ways to the same listing.
FORMS: Mapping[str, tuple[Form, ...]] = {
    "taobao": (
        lambda item, rng: f"https://item.taobao.com/item.htm?id={item.number}",
        lambda item, rng: f"https://item.taobao.com/item.htm?{_spm(rng)}&id={item.number}&ns=1&abbucket=3#detail",
        lambda item, rng: f"https://h5.m.taobao.com/awp/core/detail.htm?id={item.number}&{_spm(rng)}",
    ),
    "tmall": (
        lambda item, rng: f"https://detail.tmall.com/item.htm?id={item.number}",
        lambda item, rng: f"https://detail.tmall.com/item.htm?{_spm(rng)}&id={item.number}&skuId={_sku(rng)}",
        lambda item, rng: f"https://detail.m.tmall.com/item.htm?id={item.number}",
    ),
    "tmall_global": (
        lambda item, rng: f"https://detail.tmall.hk/hk/item.htm?id={item.number}",
        lambda item, rng: f"https://detail.tmall.hk/item.htm?{_spm(rng)}&id={item.number}",
        lambda item, rng: f"https://detail.m.tmall.hk/item.htm?id={item.number}",
    ),
    "1688": (
        lambda item, rng: f"https://detail.1688.com/offer/{item.number}.html",
        lambda item, rng: f"https://detail.1688.com/offer/{item.number}.html?{_spm(rng)}&tracelog=p4p",
        lambda item, rng: f"https://m.1688.com/offer/{item.number}.html",
    ),
    "aliexpress": (
        lambda item, rng: f"https://www.aliexpress.com/item/{item.number}.html",
        lambda item, rng: f"https://es.aliexpress.com/item/{item.number}.html?{_spm(rng)}&gatewayAdapt=glo2esp",
        lambda item, rng: f"https://m.aliexpress.com/item/{item.number}.html",
    ),
    "alibaba": (
        lambda item, rng: f"https://www.alibaba.com/product-detail/{_slug(rng)}_{item.number}.html",
        lambda item, rng: f"https://www.alibaba.com/product-detail/{_slug(rng)}_{item.number}.html?{_spm(rng)}",
        lambda item, rng: f"https://m.alibaba.com/product/{item.number}/{_slug(rng)}.html",
    ),
    "lazada": (
        _lazada,
        lambda item, rng: _lazada(item, rng, f"?{_spm(rng)}&clickTrackInfo=query%3A"),
        lambda item, rng: _lazada(item, rng, "?urlFlag=true&mp=1&from=m_site"),
    ),
}

# Rows that are no listing of the marketplace named, whatever that is.
_MALFORMED = ("not a link", "https://", "http:/item.taobao.com", "ftp://detail.tmall.com/item.htm?id=1")
_HOMES: Mapping[str, str] = {
    "taobao": "https://www.taobao.com/",
    "tmall": "https://www.tmall.com/",
    "tmall_global": "https://www.tmall.hk/",
    "1688": "https://www.1688.com/",
    "aliexpress": "https://www.aliexpress.com/",
    "alibaba": "https://www.alibaba.com/",
    "lazada": "https://www.lazada.sg/",
}


def address(listing: Listing, form: int, rng: random.Random) -> str:
    """One of the addresses under which this listing is shown; form 0 is the plain one."""
    forms = FORMS[listing.platform]
    return forms[form % len(forms)](listing, rng)


def refused_address(platform: str, rng: random.Random) -> str:
    """Something that is not a listing of this marketplace: malformed, its home page, or a listing of another."""
    other = rng.choice([name for name in PLATFORMS if name != platform])
    foreign = Listing(other, "SG" if other == "lazada" else None, new_number(other, rng), "nobody")
    return rng.choice((rng.choice(_MALFORMED), _HOMES[platform], address(foreign, 0, rng)))


def new_number(platform: str, rng: random.Random) -> str:
    """A number of the marketplace's own shape."""
    match platform:
        case "taobao" | "tmall" | "tmall_global" | "1688":
            return str(rng.randint(520_000_000_000, 899_999_999_999))
        case "aliexpress":
            return f"1005{rng.randint(10**11, 10**12 - 1)}"
        case "alibaba":
            return f"1600{rng.randint(10**8, 10**9 - 1)}"
        case "lazada":
            return str(rng.randint(200_000_000, 3_999_999_999))
        case _:
            raise ValueError(f"no marketplace {platform}")
