"""One listing, one identity: every form of every marketplace, and what is said of addresses of others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.complaints.intake.addresses import (
    MARKETS,
    AddressRefused,
    ListingAddress,
    canonical_url,
    recognize,
)
from services.complaints.intake.addresses.rules import Form, Market
from shared.policies.platforms import PLATFORMS, markets

FORMS: list[tuple[Market, Form]] = [(market, form) for market in MARKETS.values() for form in market.forms]
ROWS = [(market, form, host) for market, form in FORMS for host in form.hosts]
TRACKING = st.sampled_from(
    [
        "",
        "&spm=a2o42.searchlist.1",
        "&utm_source=app&utm_campaign=%E6%B7%98",
        "&skuId=4567&ns=1",
        "&scm=1007.1",
        "&id2=9",
    ]
)
FRAGMENTS = st.sampled_from(["", "#", "#detail", "#!/reviews?id=7", "#nav-review"])
SCHEMES = st.sampled_from(["https", "http", "HTTPS", "Http"])


def address(market: Market, form: Form, number: str) -> ListingAddress:
    return ListingAddress(market.platform, market.site, form.kind, number)


def numbers(market: Market, form: Form) -> st.SearchStrategy[str]:
    if market.numbers[form.kind].fullmatch("nike-store"):
        return st.from_regex(r"[a-z]{3}[a-z0-9]{5,12}", fullmatch=True).filter(lambda name: name not in market.reserved)
    return st.integers(1, 10**19 - 1).map(str)


@pytest.mark.parametrize(
    ("url", "listing_id"),
    [
        ("https://item.taobao.com/item.htm?id=520813250866", "taobao:item:520813250866"),
        ("https://item.taobao.com/item.htm?spm=a1z10.3-c&id=520813250866&ns=1#detail", "taobao:item:520813250866"),
        ("https://h5.m.taobao.com/awp/core/detail.htm?id=520813250866", "taobao:item:520813250866"),
        ("https://world.taobao.com/item/520813250866.htm", "taobao:item:520813250866"),
        ("https://shop105.taobao.com/", "taobao:storefront:105"),
        ("https://shop.m.taobao.com/shop/shop_index.htm?shop_id=105", "taobao:storefront:105"),
        ("https://detail.tmall.com/item.htm?id=520813250866", "tmall:item:520813250866"),
        ("https://detail.m.tmall.com/item.htm?id=520813250866", "tmall:item:520813250866"),
        ("https://chaoshi.detail.tmall.com/item.htm?id=520813250866", "tmall:item:520813250866"),
        ("https://nike.tmall.com/shop/view_shop.htm", "tmall:storefront:nike"),
        ("https://detail.tmall.hk/item.htm?id=520813250866", "tmall_global:item:520813250866"),
        ("https://detail.tmall.hk/hk/item.htm?id=520813250866", "tmall_global:item:520813250866"),
        ("https://detail.1688.com/offer/610123456789.html", "1688:item:610123456789"),
        ("https://m.1688.com/offer/610123456789.html", "1688:item:610123456789"),
        ("https://shop1234abcd.1688.com/page/offerlist.htm", "1688:storefront:shop1234abcd"),
        ("https://www.aliexpress.com/item/1005001234567890.html", "aliexpress:item:1005001234567890"),
        ("https://es.aliexpress.com/i/1005001234567890.html", "aliexpress:item:1005001234567890"),
        ("https://www.aliexpress.com/item/Red-Shoes/32812345678.html", "aliexpress:item:32812345678"),
        ("https://aliexpress.ru/item/1005001234567890.html", "aliexpress:item:1005001234567890"),
        ("https://www.aliexpress.us/item/3256801234567890.html", "aliexpress:item:3256801234567890"),
        ("https://m.aliexpress.com/item/1005001234567890.html", "aliexpress:item:1005001234567890"),
        ("https://www.aliexpress.com/store/912345678", "aliexpress:storefront:912345678"),
        ("https://www.alibaba.com/product-detail/Red-Shoes_1600123456789.html", "alibaba:item:1600123456789"),
        ("https://french.alibaba.com/product-detail/chaussures-1600123456789.html", "alibaba:item:1600123456789"),
        ("https://m.alibaba.com/product/1600123456789/Red-Shoes.html", "alibaba:item:1600123456789"),
        ("https://acme.en.alibaba.com/product/1600123456789-801/Red.html", "alibaba:item:1600123456789"),
        ("https://acme.en.alibaba.com/", "alibaba:storefront:acme"),
        ("https://www.lazada.sg/products/red-shoes-i456-s789.html?spm=a2o42", "lazada.sg:item:456"),
        ("https://www.lazada.com.my/products/-i456.html", "lazada.my:item:456"),
        ("https://www.lazada.co.id/products/pdp-i456-s789.html", "lazada.id:item:456"),
        ("https://www.lazada.com.ph/products/core-i5-i7-laptop-i456-s789.html", "lazada.ph:item:456"),
        ("https://www.lazada.co.th/products/รองเท้า-i456-s789.html", "lazada.th:item:456"),
        ("https://www.lazada.co.th/products/%E0%B8%A3%E0%B8%AD%E0%B8%87-i456-s789.html", "lazada.th:item:456"),
        ("https://www.lazada.vn/products/giay-do-i456.html", "lazada.vn:item:456"),
        ("https://www.lazada.vn/shop/acme-official/", "lazada.vn:storefront:acme-official"),
        ("  https://ITEM.TaoBao.com:443/item.htm?id=520813250866  ", "taobao:item:520813250866"),
        ("https://item.taobao.com/item.htm?id=7&id=7", "taobao:item:7"),
    ],
)
def test_forms_that_people_paste(url: str, listing_id: str) -> None:
    found = recognize(url)
    assert isinstance(found, ListingAddress), found
    assert found.id == listing_id


@pytest.mark.parametrize(("market", "form", "host"), ROWS, ids=[f"{h}{f.sample}" for _, f, h in ROWS])
def test_every_sample_of_the_tables_on_every_host(market: Market, form: Form, host: str) -> None:
    number = "734512" if form.kind == "item" or not market.numbers["storefront"].fullmatch("nike") else "acme-store"
    url = f"https://{host}{form.sample}".replace("{n}", number).replace("{company}", "acme")
    assert recognize(url) == address(market, form, number)
    assert recognize(url, market.platform, market.site) == address(market, form, number)


@given(data=st.data())
def test_all_forms_of_one_listing_are_one_listing(data: st.DataObject) -> None:
    market, form, host = data.draw(st.sampled_from(ROWS))
    number = data.draw(numbers(market, form))
    path = form.sample + (data.draw(TRACKING) if "?" in form.sample else "")
    fragment = data.draw(FRAGMENTS) if "#" not in path else ""
    netloc = host.upper() if data.draw(st.booleans()) and "{" not in host else host
    url = f"{data.draw(SCHEMES)}://{netloc}{path}{fragment}".replace("{n}", number).replace("{company}", "acme")
    assert recognize(url) == address(market, form, number)


@given(data=st.data())
def test_recognizing_the_canonical_address_changes_nothing(data: st.DataObject) -> None:
    market, form = data.draw(st.sampled_from(FORMS))
    listing = address(market, form, data.draw(numbers(market, form)))
    assert recognize(canonical_url(listing)) == listing
    assert ListingAddress.parse(listing.id) == listing


@given(st.text(max_size=200))
def test_any_text_gets_an_answer_and_never_an_error(text: str) -> None:
    for candidate in (
        text,
        f"https://{text}",
        f"https://item.taobao.com/{text}",
        f"https://item.taobao.com/item.htm?{text}",
    ):
        assert isinstance(recognize(candidate), ListingAddress | AddressRefused)


def test_another_marketplace_says_which() -> None:
    found = recognize("https://detail.tmall.com/item.htm?id=5", "taobao")
    assert isinstance(found, AddressRefused)
    assert (found.code, found.platform, found.message) == ("other-marketplace", "tmall", "This is a listing of Tmall.")
    found = recognize("https://www.lazada.vn/products/-i5.html", "lazada", "SG")
    assert isinstance(found, AddressRefused)
    assert (found.code, found.platform, found.site) == ("other-marketplace", "lazada", "VN")
    assert "Viet Nam" in found.mend


def test_a_platform_without_its_site_takes_any_of_its_sites() -> None:
    assert recognize("https://www.lazada.vn/products/-i5.html", "lazada") == ListingAddress("lazada", "VN", "item", "5")


def test_an_unknown_marketplace_is_refused() -> None:
    for platform, site in (("ebay", None), ("lazada", "US"), ("taobao", "SG")):
        found = recognize("https://item.taobao.com/item.htm?id=5", platform, site)
        assert isinstance(found, AddressRefused)
        assert found.code == "unknown-marketplace"


def test_the_tao_marketplaces_share_their_numbers_but_not_their_ids() -> None:
    ids = set()
    shared = set()
    for url in (
        "https://item.taobao.com/item.htm?id=9",
        "https://detail.tmall.com/item.htm?id=9",
        "https://detail.tmall.hk/item.htm?id=9",
    ):
        found = recognize(url)
        assert isinstance(found, ListingAddress)
        ids.add(found.id)
        shared.add(found.shared_id)
    assert ids == {"taobao:item:9", "tmall:item:9", "tmall_global:item:9"}
    assert shared == {"tao:item:9"}
    assert ListingAddress("lazada", "SG", "item", "9").shared_id == "lazada.sg:item:9"


def test_the_tables_cover_exactly_the_marketplaces_and_sites() -> None:
    assert set(MARKETS) == set(markets())
    for market in MARKETS.values():
        entry = PLATFORMS[market.platform]
        site = entry.site(market.site) if market.site else None
        assert market.name.startswith(entry.name_en)
        if site is not None:
            assert market.domains == (site.domain,)


@pytest.mark.parametrize(
    "text", ["", "taobao:item", "taobao:item:", "taobao.SG:item:1", "taobao:offer:1", "a:item:1:2"]
)
def test_what_is_no_canonical_id_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no canonical listing id"):
        ListingAddress.parse(text)
