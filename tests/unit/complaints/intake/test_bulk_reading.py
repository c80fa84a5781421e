"""Files as people make them: every spreadsheet's habits, and rows that hurt no other."""

import csv
import io
import json
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.complaints.bulk import rows as bulk_rows
from services.complaints.bulk.reading import Line, decoded, format_of, read
from services.complaints.bulk.rows import ALIASES, COLUMNS, BadRow, ComplaintRow, RowProblem
from services.complaints.intake.findings import ROW_TEXTS
from shared.kernel.decider import Refusal

HEADER = "platform,complaint_type,right_id,reason,url,where,evidence,statements,reference"
URL = "https://item.taobao.com/item.htm?id=1"
GOOD = f"taobao,trademark,rgt-1,counterfeit,{URL},title|image,the logo differs,sincere_belief capacity_and_right,R-1"


def rows(text: str) -> list[Line]:
    return list(read(text, "csv"))


def problems(*lines: str, header: str = HEADER) -> list[tuple[int, list[str]]]:
    found = rows("\n".join((header, *lines)))
    return [(row.line, [each.code for each in row.problems]) for row in found if isinstance(row, BadRow)]


def test_a_row_says_what_a_complaint_needs() -> None:
    assert rows(f"{HEADER}\n{GOOD}\n") == [
        ComplaintRow(
            line=2,
            platform="taobao",
            complaint_type="trademark",
            right_id="rgt-1",
            reason="counterfeit",
            url=URL,
            where=("title", "image"),
            evidence="the logo differs",
            statements=("sincere_belief", "capacity_and_right"),
            reference="R-1",
        )
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "gb18030", "gbk"])
def test_chinese_files_of_every_encoding_are_read(encoding: str) -> None:
    header = "平台,投诉类型,权利编号,投诉理由,商品链接,侵权位置,侵权说明"
    text = f"{header}\r\ntaobao,trademark,rgt-1,counterfeit,{URL},title、image,标识的针脚不同\r\n"
    [row] = rows(decoded(text.encode(encoding)))
    assert isinstance(row, ComplaintRow)
    assert (row.evidence, row.where, row.line) == ("标识的针脚不同", ("title", "image"), 2)


def test_what_is_no_text_is_refused_as_a_whole() -> None:
    with pytest.raises(Refusal, match="encoding-unknown"):
        decoded(b"\x89PNG\r\n\x1a\n\xff\xff\xff\xff")


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_the_separator_is_told_by_the_header(delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter)
    cells = ["taobao", "trademark", "rgt-1", "counterfeit", URL, "title, image", "a, b; c\td", "sincere_belief", "R"]
    writer.writerows([HEADER.split(","), cells])
    [row] = rows(out.getvalue())
    assert isinstance(row, ComplaintRow)
    assert (row.where, row.evidence) == (("title", "image"), "a, b; c\td")


def test_a_text_may_have_line_breaks_and_quotation_marks_and_lines_are_counted_on() -> None:
    long = 'taobao,trademark,rgt-1,counterfeit,u,title,"first\nsecond ""quoted""\n\nfourth",s,R'
    first, second = rows(f"{HEADER}\n{long}\n{GOOD}")
    assert isinstance(first, ComplaintRow)
    assert (first.line, first.evidence) == (2, 'first\nsecond "quoted"\n\nfourth')
    assert second.line == 6


def test_quotation_marks_that_are_not_closed_cost_their_line_only() -> None:
    open_one = 'taobao,trademark,rgt-1,counterfeit,u,title,"never closed,s,R'
    found = rows("\n".join((HEADER, open_one, *[GOOD] * 300)))
    assert [row.line for row in found if isinstance(row, BadRow)] == [2]
    assert len(found) == 301


def test_empty_lines_are_passed_over() -> None:
    assert [row.line for row in rows(f"\n\n{HEADER}\n\n{GOOD}\n,,,,,,,,\n  \n{GOOD}\n")] == [5, 8]


@pytest.mark.parametrize(
    ("line", "codes"),
    [
        (GOOD.replace("taobao", "", 1), ["cell-missing"]),
        (",,,,,title,x,y,z", ["cell-missing"] * 5),
        (GOOD.replace("title|image", "roof"), ["where-unknown"]),
        (GOOD.replace("rgt-1", "r" * 101), ["cell-too-long"]),
        (GOOD.replace(URL, "u" * 2001), ["cell-too-long"]),
        (GOOD.replace("rgt-1", "rgt\x00-1"), ["control-character"]),
        (GOOD.replace("the logo differs", "tab\tand bell\x07"), ["control-character"]),
        (f"{GOOD},one,too,many", ["too-many-cells"]),
        (GOOD.replace("title|image", "|".join(["title"] * 21)), ["too-many-values"]),
        (GOOD.replace("the logo differs", "x" * 17_000), ["row-too-long"]),
        (GOOD.replace("the logo differs", "x" * 10_001), ["cell-too-long"]),
        ('taobao,"', ["quotes-not-closed"]),
    ],
)
def test_everything_wrong_with_a_row_is_named_and_its_neighbours_are_read(line: str, codes: list[str]) -> None:
    assert problems(GOOD, line, GOOD) == [(3, codes)]
    assert len(rows("\n".join((HEADER, GOOD, line, GOOD)))) == 3


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "file-empty"),
        ("\n \n", "file-empty"),
        ("platform,url\nx,y", "columns-missing"),
        (f"{HEADER},Platform\n", "columns-repeated"),
        (f"{HEADER},平台\n", "columns-repeated"),
    ],
)
def test_a_file_without_a_header_of_ours_is_refused_as_a_whole(text: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        read(text, "csv")
    assert refused.value.code == code


def test_columns_that_nobody_reads_are_passed_over() -> None:
    [row] = rows(f"{HEADER},price\n{GOOD},99")
    assert isinstance(row, ComplaintRow)


def test_json_lines_are_read_line_by_line() -> None:
    good = {"platform": "taobao", "complaint_type": "trademark", "right_id": "r", "reason": "c", "url": URL}
    lines = [
        json.dumps({**good, "where": ["title"], "statements": "a b"}),
        "{",
        "[1]",
        "",
        json.dumps({**good, "price": 9}),
        json.dumps({**good, "url": 7, "where": [1]}),
        json.dumps({**good, "url": None}),
    ]
    found = list(read("\n".join(lines), "jsonl"))
    first, *bad = found
    assert isinstance(first, ComplaintRow)
    assert (first.where, first.statements) == (("title",), ("a", "b"))
    assert bad == [
        BadRow(2, (RowProblem("row-not-json"),)),
        BadRow(3, (RowProblem("row-not-json"),)),
        BadRow(5, (RowProblem("field-unknown", "price"),)),
        BadRow(6, (RowProblem("field-not-text", "url"), RowProblem("field-not-text", "where"))),
        BadRow(7, (RowProblem("cell-missing", "url"),)),
    ]


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.csv", "{", "csv"),
        ("a.NDJSON", "x", "jsonl"),
        ("a.jsonl", "x", "jsonl"),
        ("upload", ' {"a"', "jsonl"),
        ("upload", "platform", "csv"),
    ],
)
def test_the_format_is_told_by_the_name_or_the_first_character(name: str, text: str, kind: str) -> None:
    assert format_of(name, text) == kind


def test_every_code_says_what_would_mend_it() -> None:
    assert all(detail and mend for detail, mend in bulk_rows.ROW_TEXTS.values())
    assert not bulk_rows.ROW_TEXTS.keys() & ROW_TEXTS.keys()
    assert set(ALIASES.values()) == set(COLUMNS)


CELLS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30).map(str.strip)


@given(st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=20), st.sampled_from(",;\t"))
def test_what_a_csv_writer_wrote_is_read_as_it_was(pairs: Sequence[tuple[str, str]], delimiter: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, quoting=csv.QUOTE_ALL)
    writer.writerow(HEADER.split(","))
    for evidence, reference in pairs:
        writer.writerow(["taobao", "trademark", "rgt-1", "counterfeit", URL, "title", evidence, "s", reference])
    found = rows(decoded(out.getvalue().encode()))
    assert [(row.evidence, row.reference) for row in found if isinstance(row, ComplaintRow)] == list(pairs)


@given(st.binary(max_size=400))
def test_no_file_breaks_the_reader(content: bytes) -> None:
    for start in (b"", HEADER.encode() + b"\n"):
        try:
            text = decoded(start + content)
            for kind in ("csv", "jsonl"):
                for row in read(text, "csv" if kind == "csv" else "jsonl"):
                    assert row.line >= 1
        except Refusal as refused:
            assert refused.mend
