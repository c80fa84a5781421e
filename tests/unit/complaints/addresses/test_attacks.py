"""Addresses made to mislead: none is taken, each is refused with a code and a way out."""

import pytest

from services.complaints.intake.addresses import AddressRefused, recognize

ITEM = "https://item.taobao.com/item.htm?id=520813250866"

# code → addresses that must be refused with it
ATTACKS: dict[str, list[str]] = {
    "look-alike-host": [
        "https://item.taobao.com.evil.example/item.htm?id=520813250866",
        "https://item-taobao.com/item.htm?id=520813250866",
        "https://item.taoba0.com/item.htm?id=520813250866",
        "https://item.ta0bao.com/item.htm?id=520813250866",
        "https://itemtaobao.com/item.htm?id=520813250866",
        "https://item.taobao.co/item.htm?id=520813250866",
        "https://item.taobao.cm/item.htm?id=520813250866",
        "https://item.taobao.com.cn/item.htm?id=520813250866",
        "https://item.taobao.net/item.htm?id=520813250866",
        "https://taobao.evil.example/item.htm?id=520813250866",
        "https://detail.trnall.com/item.htm?id=520813250866",
        "https://detail.tmall.com.evil.example/item.htm?id=520813250866",
        "https://detail-tmall.com/item.htm?id=520813250866",
        "https://detail.tmaII.com/item.htm?id=520813250866",
        "https://detail.tmall.cn/item.htm?id=520813250866",
        "https://detail.tmall.hk.evil.example/item.htm?id=520813250866",
        "https://detail.l688.com/offer/520813250866.html",
        "https://detail.1688.com.evil.example/offer/520813250866.html",
        "https://detail1688.com/offer/520813250866.html",
        "https://detail.1688.co/offer/520813250866.html",
        "https://www.a1iexpress.com/item/1005001234567890.html",
        "https://www.aliexpress.co/item/1005001234567890.html",
        "https://www.aliexpress.com.evil.example/item/1005001234567890.html",
        "https://www.ali-express.com/item/1005001234567890.html",
        "https://www.aliexpress-shop.com/item/1005001234567890.html",
        "https://www.alibaba.com.evil.example/product-detail/x_1600123456789.html",
        "https://www.a1ibaba.com/product-detail/x_1600123456789.html",
        "https://www.alibaba.co/product-detail/x_1600123456789.html",
        "https://www.alibabba-alibaba.com/product-detail/x_1600123456789.html",
        "https://www.lazada.com/products/x-i123-s456.html",
        "https://www.lazada.com.sg/products/x-i123-s456.html",
        "https://www.lazada.sg.evil.example/products/x-i123-s456.html",
        "https://www.1azada.sg/products/x-i123-s456.html",
        "https://www-lazada.sg/products/x-i123-s456.html",
        "https://xn--itm-sdd.example/item.htm?id=520813250866",
        "https://xn--taoba-w2a.com/item.htm?id=520813250866",
        "https://таобао.рф/item.htm?id=520813250866",  # Cyrillic throughout
    ],
    "mixed-scripts": [
        "https://item.tаobao.com/item.htm?id=520813250866",  # Cyrillic а
        "https://itеm.taobao.com/item.htm?id=520813250866",  # Cyrillic е
        "https://item.taobaο.com/item.htm?id=520813250866",  # Greek omicron
        "https://detail.tmαll.com/item.htm?id=520813250866",  # Greek alpha
        "https://www.аlibaba.com/product-detail/x_1600123456789.html",  # Cyrillic а
        "https://www.lаzada.sg/products/x-i123-s456.html",  # Cyrillic а
        "https://www.aliexpreѕs.com/item/1005001234567890.html",  # Cyrillic ѕ
        "https://ｉtem.taobao.com/item.htm?id=520813250866",  # fullwidth i
        "https://item.taobao.ｃom/item.htm?id=520813250866",  # fullwidth c
        "https://item.淘宝.com/item.htm?id=520813250866",
    ],
    "userinfo": [
        "https://item.taobao.com@evil.example/item.htm?id=520813250866",
        "https://item.taobao.com:443@evil.example/item.htm?id=520813250866",
        "https://user@item.taobao.com/item.htm?id=520813250866",
        "https://user:secret@item.taobao.com/item.htm?id=520813250866",
        "https://@item.taobao.com/item.htm?id=520813250866",
        "https://evil.example%23@item.taobao.com@/item.htm?id=1",
        "https://www.lazada.sg%40evil.example@evil.example/products/x-i1-s2.html",
    ],
    "encoded-host": [
        "https://item%2etaobao%2ecom/item.htm?id=520813250866",
        "https://item.taobao.com%2fevil.example/item.htm?id=520813250866",
        "https://item.taobao.com%00.evil.example/item.htm?id=520813250866",
        "https://evil.example%2fitem.taobao.com/item.htm?id=520813250866",
        "https://%69tem.taobao.com/item.htm?id=520813250866",
        "https://item.taobao.com%3a443/item.htm?id=520813250866",
    ],
    "port": [
        "https://item.taobao.com:8443/item.htm?id=520813250866",
        "https://item.taobao.com:80/item.htm?id=520813250866",
        "http://item.taobao.com:443/item.htm?id=520813250866",
        "https://item.taobao.com:/item.htm?id=520813250866",
        "https://item.taobao.com:0443/item.htm?id=520813250866",
        "https://item.taobao.com:443:80/item.htm?id=520813250866",
        "https://item.taobao.com:٤٤٣/item.htm?id=520813250866",
    ],
    "host-malformed": [
        "https://item.taobao.com./item.htm?id=520813250866",
        "https://.item.taobao.com/item.htm?id=520813250866",
        "https://item..taobao.com/item.htm?id=520813250866",
    ],
    "host-missing": [
        "https://?id=1",
        "https://:443/item.htm?id=1",
        "https://#item.taobao.com/item.htm?id=1",
    ],
    "control-character": [
        ITEM + "\n",
        ITEM + "\r\n",
        "\t" + ITEM,
        ITEM + "\x00",
        "https://item.taobao.com/item.htm?id=5208\t13250866",
        "https://item.tao\nbao.com/item.htm?id=520813250866",
        "https://item.tao\u200bbao.com/item.htm?id=520813250866",  # zero-width space
        "https://item.tao\u00adbao.com/item.htm?id=520813250866",  # soft hyphen
        "https://item.taobao.com/item.htm?id=520813250866\u202e",  # right-to-left override
        "\ufeff" + ITEM,
        "https://item.taobao.com/item.htm?id=520813250866&x=%0d%0aLocation:x",
        "https://item.taobao.com/item.htm?id=520813250866&x=%2500",
        "https://item.taobao.com/item.htm?id=520813250866#%00",
    ],
    "space": [
        "https://item.taobao.com /item.htm?id=520813250866",
        f"{ITEM} {ITEM}",
        "https://item.taobao.com/item.htm?id=520813250866\u00a0x",
        "https://item.taobao.com\u3000/item.htm?id=520813250866",
    ],
    "backslash": [
        "https://item.taobao.com\\@evil.example/item.htm?id=520813250866",
        "https:\\\\item.taobao.com\\item.htm?id=520813250866",
        "https://evil.example\\.item.taobao.com/item.htm?id=520813250866",
        "https://item.taobao.com/item.htm\\?id=520813250866",
    ],
    "scheme-missing": [
        "item.taobao.com/item.htm?id=520813250866",
        "//item.taobao.com/item.htm?id=520813250866",
        "item.taobao.com:443/item.htm?id=520813250866",
        "520813250866",
    ],
    "scheme-not-web": [
        "javascript://item.taobao.com/item.htm?id=520813250866",
        "javascript:alert(1)//https://item.taobao.com/item.htm?id=1",
        "ftp://item.taobao.com/item.htm?id=520813250866",
        "file://item.taobao.com/item.htm?id=520813250866",
        "data:text/html,https://item.taobao.com/item.htm?id=520813250866",
        "tbopen://item.taobao.com/item.htm?id=520813250866",
        "taobao://item.taobao.com/item.htm?id=520813250866",
        "view-source:https://item.taobao.com/item.htm?id=520813250866",
        "ws://item.taobao.com/item.htm?id=520813250866",
        "blob:https://item.taobao.com/item.htm?id=520813250866",
    ],
    "not-an-address": [
        "https:/item.taobao.com/item.htm?id=520813250866",
        "https:item.taobao.com/item.htm?id=520813250866",
        "https:///item.taobao.com/item.htm?id=520813250866",
        "https://item.taobao.com/item.htm?id=520813250866<script>",
        'https://item.taobao.com/item.htm?id=520813250866"onclick=1',
        "https://[item.taobao.com/item.htm?id=520813250866",
        "https://item.taobao.com／item.htm?id=520813250866",  # fullwidth slash
    ],
    "path-trick": [
        "https://item.taobao.com/x/../item.htm?id=520813250866",
        "https://item.taobao.com/./item.htm?id=520813250866",
        "https://item.taobao.com//item.htm?id=520813250866",
        "https://item.taobao.com/item.htm;x=1?id=520813250866",
        "https://detail.1688.com/offer/../offer/520813250866.html",
        "https://www.lazada.sg/products//x-i123-s456.html",
    ],
    "encoded-trick": [
        "https://item.taobao.com/%69tem.htm?id=520813250866",
        "https://item.taobao.com/item%2ehtm?id=520813250866",
        "https://item.taobao.com/item.htm%3fid=520813250866",
        "https://item.taobao.com/%2e%2e/item.htm?id=520813250866",
        "https://item.taobao.com/item.htm%00?id=520813250866",
        "https://item.taobao.com/item.htm?%69d=520813250866",
        "https://item.taobao.com/item.htm?id=520813250866&%69%64=1",
        "https://detail.1688.com/offer/%35208.html",
        "https://detail.1688.com/offer%2f520813250866.html",
        "https://detail.1688.com/offer/1%252f520813250866.html",
        "https://www.lazada.sg/products/x%2f..%2fy-i123-s456.html",
        "https://www.lazada.sg/products/x-i1%32-s456.html",
        "https://www.lazada.sg/products/%c0%ae-i123-s456.html",
        "https://www.lazada.sg/products/x%-i123-s456.html",
        "https://www.lazada.sg/products/x%zz-i123-s456.html",
        "https://www.lazada.sg/products/x∕y-i123-s456.html",
        "https://www.lazada.sg/products/x-i１２３-s456.html",
    ],
    "nested-address": [
        "https://item.taobao.com/item.htm?id=520813250866&redirect=https://evil.example/",
        "https://item.taobao.com/item.htm?id=520813250866&url=https%3A%2F%2Fevil.example",
        "https://item.taobao.com/item.htm?id=520813250866&url=https%253A%252F%252Fevil.example",
        "https://item.taobao.com/item.htm?id=520813250866&u=//evil.example",
        "https://item.taobao.com/item.htm?id=520813250866&u=%2F%2Fevil.example",
        "https://item.taobao.com/item.htm?id=520813250866&u=javascript:alert(1)",
        "https://item.taobao.com/item.htm?id=520813250866&u=%5C%5Cevil.example",
        "https://item.taobao.com/item.htm?id=520813250866#https://evil.example/",
        "https://item.taobao.com/item.htm?id=520813250866#//evil.example/",
        "https://item.taobao.com/item.htm?https://evil.example&id=520813250866",
        "https://login.taobao.com/member/login.jhtml?redirectURL=https%3A%2F%2Fitem.taobao.com%2Fitem.htm%3Fid%3D1",
        "https://www.google.com/url?q=https://item.taobao.com/item.htm?id=520813250866",
    ],
    "short-link": [
        "https://m.tb.cn/h.5Abc123",
        "https://s.click.taobao.com/abc",
        "https://a.aliexpress.com/_mAbc12",
        "https://s.click.aliexpress.com/e/_Abc12",
        "https://qr.1688.com/s/abc",
        "https://s.lazada.sg/s.abc",
        "https://c.lazada.vn/t/c.abc",
    ],
    "not-a-marketplace": [
        "https://evil.example/item.htm?id=520813250866",
        "https://127.0.0.1/item.htm?id=520813250866",
        "https://[::1]/item.htm?id=520813250866",
        "https://2130706433/item.htm?id=520813250866",
        "https://localhost/item.htm?id=520813250866",
        "https://item.htm?id=520813250866",
        "https://www.amazon.com/dp/B000000000",
        "https://tao.bao.example/item.htm?id=520813250866",
    ],
    "not-a-listing": [
        "https://www.taobao.com/",
        "https://s.taobao.com/search?q=shoes",
        "https://www.taobao.com/item.htm?id=520813250866",
        "https://evil.item.taobao.com/item.htm?id=520813250866",
        "https://item.taobao.com/item.php?id=520813250866",
        "https://item.taobao.com/item.htm/evil?id=520813250866",
        "https://login.tmall.com/",
        "https://detail.tmall.com/",
        "https://nike.tmall.com/item.htm?id=520813250866",
        "https://a.b.tmall.com/",
        "https://xn--80ak6aa92e.tmall.com/",
        "https://s.1688.com/selloffer/offer_search.htm?keywords=x",
        "https://detail.1688.com/offer/520813250866.html/x",
        "https://detail.1688.com/offer/abc.html",
        "https://detail.1688.com/offer/0520813250866.html",
        "https://www.aliexpress.com/wholesale?SearchText=x",
        "https://www.aliexpress.com/item/1005001234567890.html.exe",
        "https://zz.aliexpress.com/item/1005001234567890.html",
        "https://www.alibaba.com/trade/search?SearchText=x",
        "https://www.alibaba.com/product-detail/x_.html",
        "https://www.lazada.sg/catalog/?q=x",
        "https://www.lazada.sg/products/x-i123-s1-i456-s2.html",
        "https://www.lazada.sg/products/x-s456.html",
        "https://www.lazada.sg/products/x-i123-s456.htm",
    ],
    "number-malformed": [
        "https://item.taobao.com/item.htm",
        "https://item.taobao.com/item.htm?id=",
        "https://item.taobao.com/item.htm?ID=520813250866",
        "https://item.taobao.com/item.htm?id=0",
        "https://item.taobao.com/item.htm?id=-5",
        "https://item.taobao.com/item.htm?id=+5",
        "https://item.taobao.com/item.htm?id=1e5",
        "https://item.taobao.com/item.htm?id=0x10",
        "https://item.taobao.com/item.htm?id=00520813250866",
        "https://item.taobao.com/item.htm?id=%35%32",
        "https://item.taobao.com/item.htm?id=５２０",
        "https://item.taobao.com/item.htm?id=٥٢",
        "https://item.taobao.com/item.htm?id=1;id=2",
        "https://item.taobao.com/item.htm?id=520813250866,1",
        "https://item.taobao.com/item.htm?id=12345678901234567890",
        "https://item.taobao.com/item.htm#id=520813250866",
        "https://detail.tmall.com/item.htm?id[]=520813250866",
        "https://detail.m.1688.com/page/index.html?offerid=520813250866",
    ],
    "number-ambiguous": [
        "https://item.taobao.com/item.htm?id=1&id=2",
        "https://detail.tmall.com/item.htm?id=1&spm=x&id=2",
        "https://item.taobao.com/item.htm?id=1&id=%31",
        "https://detail.m.1688.com/page/index.html?offerId=1&offerId=",
    ],
    "too-long": [ITEM + "&spm=" + "a" * 2048, ITEM + "&a=1" * 100],
    "empty": ["", "   "],
}
CORPUS = [(code, address) for code, addresses in ATTACKS.items() for address in addresses]


def test_the_corpus_is_large_and_holds_no_repeats() -> None:
    addresses = [address for _, address in CORPUS]
    assert len(addresses) == len(set(addresses))
    assert len(addresses) >= 200


@pytest.mark.parametrize(("code", "address"), CORPUS)
def test_an_attack_is_refused_with_its_reason_and_a_way_out(code: str, address: str) -> None:
    found = recognize(address)
    assert isinstance(found, AddressRefused), found
    assert found.code == code, found
    assert found.message
    assert found.mend


PLATFORMS = ("taobao", "tmall", "tmall_global", "1688", "aliexpress", "alibaba", "lazada")


@pytest.mark.parametrize("platform", PLATFORMS)
def test_no_attack_passes_under_any_platform(platform: str) -> None:
    assert [address for _, address in CORPUS if not isinstance(recognize(address, platform), AddressRefused)] == []
