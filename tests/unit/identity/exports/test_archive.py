"""The archive as a person gets it: opened by an ordinary program, whole, and harmless to look at."""

import csv
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from services.identity.accounts.model import Language
from services.identity.exports import archive as archives
from services.identity.exports import making as makings
from services.identity.exports.archive import Archive, PackedRows
from services.identity.exports.making import Making
from services.identity.exports.pages import LONGEST_IN_INDEX, Pages, Telling
from services.identity.exports.sheet import sheet
from shared.exports import Entry, Original, Record

AT = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
HOSTILE = '<script>alert("x")</script><img src=x onerror=alert(1)>'


def case(n: int, **more: str) -> Record:
    row = {"case_id": f"IPP-1-{n:03d}", "platform": "taobao", "state": "taken_down", **more}
    return Record("cases", row, {**row, "records": []})


def made(*told: tuple[str, list[Entry]], language: Language = "en") -> zipfile.ZipFile:
    making, pieces = Making(Archive(AT)), []
    for service, entries in told:
        making.take(service, entries)
        pieces.append(making.archive.take())
    making.close(Telling("exp-1", "acc-1", language, AT), Pages())
    pieces.append(making.archive.take())
    return zipfile.ZipFile(io.BytesIO(b"".join(pieces)))


def some(language: Language = "en", name: str = HOSTILE) -> zipfile.ZipFile:
    account: Entry = Record("account", {"account_id": "acc-1", "email": "a@b.example", "name": name}, {"name": name})
    documents: list[Entry] = [Original("rgt-1/1-certificate.pdf", b"%PDF-1.7 " + bytes(range(256)) * 200)]
    rights: list[Entry] = [Record("rights", {"right_id": f"rgt-{n}", "name": name}, {"n": n}) for n in (1, 2)]
    return made(
        ("identity", [account]),
        ("ipr", [*documents, *rights]),
        ("complaints", [case(1, reason="=1+1"), case(2, reason="counterfeit")]),
        ("notifications", []),
        language=language,
    )


def test_an_ordinary_program_finds_it_whole_and_every_file_is_named_with_its_hash() -> None:
    with some() as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        named = {each["path"]: (each["size"], each["sha256"]) for each in manifest["files"]}
        found = {
            name: (len(content), hashlib.sha256(content).hexdigest())
            for name in archive.namelist()
            if name != "manifest.json"
            for content in [archive.read(name)]
        }
        assert named == found
        assert (manifest["account_id"], manifest["export_id"]) == ("acc-1", "exp-1")
        assert manifest["made_at"] == "2026-03-02T02:00:00+00:00"
        assert manifest["records"] == {"identity": 1, "ipr": 2, "complaints": 2}
        assert set(archive.namelist()) == {
            "manifest.json",
            "index.html",
            "identity/account.json",
            "ipr/rights.json",
            "files/ipr/rgt-1/1-certificate.pdf",
            "complaints/cases.json",
            "complaints/cases.csv",
        }


def test_data_are_json_as_they_were_told_and_originals_byte_by_byte() -> None:
    with some() as archive:
        assert json.loads(archive.read("ipr/rights.json")) == [{"n": 1}, {"n": 2}]
        assert archive.read("files/ipr/rgt-1/1-certificate.pdf") == b"%PDF-1.7 " + bytes(range(256)) * 200
        assert [each["case_id"] for each in json.loads(archive.read("complaints/cases.json"))] == [
            "IPP-1-001",
            "IPP-1-002",
        ]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_page_shows_a_hostile_name_as_text_and_runs_and_fetches_nothing(language: Language) -> None:
    with some(language) as archive:
        page = archive.read("index.html").decode()
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in page
    assert not re.search(r"<(script|img|iframe|object|link|form|base)\b", page, re.IGNORECASE)
    assert not re.search(r"""(?:src|href)\s*=\s*["']?\s*(?:[a-z]+:|//)""", page, re.IGNORECASE)
    assert "default-src 'none'" in page


def test_pages_are_in_the_language_of_the_account_and_the_notice_is_that_of_the_agreement() -> None:
    with some("zh") as chinese, some("en") as english:
        zh, en = chinese.read("index.html").decode(), english.read("index.html").decode()
        notices = [json.loads(each.read("manifest.json"))["notice"] for each in (chinese, english)]
    assert '<html lang="zh-Hans">' in zh
    assert "淘宝" in zh
    assert "已下架" in zh
    assert '<html lang="en">' in en
    assert "taken down" in en
    # 003 六.6, word for word.
    assert "用户不得对知识产权保护平台上的任何数据作商业性利用，未经阿里巴巴事先书面同意，用户不得披露" in zh
    assert notices[0] in zh
    assert "commercial use" in notices[1]


def test_every_link_of_a_page_leads_to_a_file_of_the_archive() -> None:
    many: list[Entry] = [case(n) for n in range(LONGEST_IN_INDEX + 1)]
    with made(("complaints", many), ("ipr", [Original("rgt-1/1-renewal.png", b"png")])) as archive:
        names = set(archive.namelist())
        index = archive.read("index.html").decode()
        page = archive.read("complaints/cases.html").decode()
    links = set(re.findall(r'href="([^"]+)"', index))
    assert links <= names
    assert {"complaints/cases.html", "files/ipr/rgt-1/1-renewal.png"} <= links
    assert re.findall(r'href="([^"]+)"', page) == ["../index.html"]


def test_a_long_table_has_a_page_of_its_own_with_every_row() -> None:
    many: list[Entry] = [case(n) for n in range(LONGEST_IN_INDEX + 1)]
    with made(("complaints", many)) as archive:
        page, index = archive.read("complaints/cases.html").decode(), archive.read("index.html").decode()
    assert page.count("<tr><td>") == LONGEST_IN_INDEX + 1
    assert "IPP-1-500" in page
    assert "IPP-1-500" not in index


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", '=HYPERLINK("http://x")'])
def test_a_sheet_has_no_cell_that_a_spreadsheet_would_run(cell: str) -> None:
    rows = list(csv.reader(io.StringIO(b"".join(sheet(("a", "b"), [{"a": cell, "b": -1}])).decode("utf-8-sig"), "")))
    assert rows == [["a", "b"], [f"'{cell}", "-1"]]


def test_the_sheet_of_cases_holds_each_case_and_is_neutral() -> None:
    with some() as archive:
        text = archive.read("complaints/cases.csv").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["case_id"], row["reason"]) for row in rows] == [("IPP-1-001", "'=1+1"), ("IPP-1-002", "counterfeit")]


def test_ten_thousand_rows_wait_in_little_memory_and_come_out_as_often_as_asked() -> None:
    rows = PackedRows()
    told = [
        {"case_id": f"IPP-{n:010d}", "state": "taken_down", "filed_at": f"2026-03-02T{n % 24:02d}:00"}
        for n in range(10_000)
    ]
    for row in told:
        rows.add(row)
    assert (rows.count, rows.columns) == (10_000, ("case_id", "state", "filed_at"))
    assert list(rows) == told
    assert list(rows) == told
    assert sum(map(len, rows._pieces)) < 40 * 10_000


def test_rows_with_different_columns_have_all_of_them() -> None:
    rows = PackedRows()
    rows.add({"a": 1})
    rows.add({"b": 2, "a": 3})
    assert rows.columns == ("a", "b")
    assert list(rows) == [{"a": 1}, {"b": 2, "a": 3}]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(makings, "LARGEST", 100)
    yield


def test_records_that_are_too_many_for_one_file_go_on_in_the_next(small: None) -> None:
    with made(("complaints", [case(n) for n in range(5)])) as archive:
        names = [name for name in archive.namelist() if name.startswith("complaints/cases") and name.endswith(".json")]
        told = [each["case_id"] for name in names for each in json.loads(archive.read(name))]
    assert names == ["complaints/cases.json", "complaints/cases.2.json", "complaints/cases.3.json"]
    assert told == [f"IPP-1-{n:03d}" for n in range(5)]


def test_no_path_comes_twice() -> None:
    archive = Archive(AT)
    archive.add("a.json", b"{}")
    with pytest.raises(ValueError, match="twice"):
        archive.begin("A.json")


def test_what_is_taken_before_the_end_is_no_archive() -> None:
    archive = Archive(AT)
    archive.add("a.json", b"{}")
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(archive.take()))
    assert archives.LARGEST < 2**31
