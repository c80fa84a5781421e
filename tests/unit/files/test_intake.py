"""Files through the process that reads them and past the scanner, and what happens when either ends."""

import asyncio
import io
import os
import signal
from collections.abc import AsyncIterator

import pytest
from PIL import Image, ImageChops
from prometheus_client import REGISTRY
from reportlab.pdfgen.canvas import Canvas

from shared.files import Accepted, Cover, FileIntake, FileNotAcceptable, Refused
from shared.files.inspection import inspect
from shared.files.inspector import InspectorProcess
from shared.files.previews import preview
from shared.files.scanning import NoScanner
from shared.httpkit import Upload
from shared.kernel.decider import Refusal
from shared.policies.loading import load_policy_book
from tests.support.certificates import PDF, PNG, TSA
from tests.support.clamd import EICAR, FakeScanner
from tests.support.files import payloads
from tests.support.files.benign import BENIGN
from tests.support.files.benign_documents import canvas
from tests.support.files.case import Case
from tests.support.files.drawing import png, png_chunk
from tests.support.files.pdfs import document, flate, stream
from tests.support.files.photos import exif, photo, saved, scene

LIMIT = load_policy_book().version("2026-01").files.rights
SIDE = 1600


@pytest.fixture
async def inspector() -> AsyncIterator[InspectorProcess]:
    process = InspectorProcess()
    yield process
    await process.stop()


async def test_the_process_says_what_the_function_says(inspector: InspectorProcess) -> None:
    located = photo(exif=exif(gps=True))
    for name, content in (
        ("a.jpg", located),
        ("a.pdf", PDF),
        ("a.png", PNG + payloads.PHP),
        ("a.exe", PNG),
        ("a", b""),
    ):
        assert await inspector.inspect(content, name, LIMIT) == inspect(content, name, LIMIT)
    accepted = await inspector.inspect(located, "a.jpg", LIMIT)
    assert isinstance(accepted, Accepted)
    assert accepted.holds_location


async def test_all_findings_at_once() -> None:
    verdict = inspect(
        png(before=[png_chunk(b"tEXt", b"Comment\x00" + payloads.SCRIPT)]) + payloads.archive(), "a.jpg", LIMIT
    )
    assert isinstance(verdict, Refused)
    assert verdict.codes == ("document-ending-differs", "document-holds-script", "document-holds-another-file")


async def test_a_file_over_the_limit_is_not_even_handed_over(inspector: InspectorProcess) -> None:
    verdict = await inspector.inspect(bytes(LIMIT.max_bytes + 1), "a.png", LIMIT)
    assert isinstance(verdict, Refused)
    assert verdict.codes == ("document-too-large",)
    assert inspector._reading._process is None


async def test_many_at_once_each_get_their_own_answer(inspector: InspectorProcess) -> None:
    files = [png(8 + at, 9) for at in range(12)]
    verdicts = await asyncio.gather(*(inspector.inspect(each, "a.png", LIMIT) for each in files))
    assert [each.width for each in verdicts if isinstance(each, Accepted)] == [8 + at for at in range(12)]


async def test_a_process_that_takes_too_long_is_ended_and_the_next_file_gets_another() -> None:
    inspector = InspectorProcess(seconds=0.0)
    verdict = await inspector.inspect(PNG, "a.png", LIMIT)
    assert isinstance(verdict, Refused)
    assert verdict.codes == ("document-decodes-too-large",)
    inspector._reading.seconds = 30.0
    assert isinstance(await inspector.inspect(PNG, "a.png", LIMIT), Accepted)
    await inspector.stop()


async def test_a_process_that_was_killed_is_started_anew(inspector: InspectorProcess) -> None:
    assert isinstance(await inspector.inspect(PNG, "a.png", LIMIT), Accepted)
    assert inspector._reading._process is not None
    inspector._reading._process.kill()
    await inspector._reading._process.wait()
    assert isinstance(await inspector.inspect(PNG, "a.png", LIMIT), Accepted)


async def test_a_process_that_ends_in_the_middle_is_not_the_files_fault(inspector: InspectorProcess) -> None:
    await inspector.inspect(PNG, "a.png", LIMIT)
    assert inspector._reading._process is not None
    os.kill(inspector._reading._process.pid, signal.SIGSTOP)  # it has the file and gives no answer
    reading = asyncio.create_task(inspector.inspect(photo(), "a.jpg", LIMIT))
    while not inspector._reading._turn.locked():
        await asyncio.sleep(0)
    inspector._reading._process.kill()
    assert isinstance(await reading, Accepted)


async def test_whoever_gives_up_waiting_does_not_leave_an_answer_behind(inspector: InspectorProcess) -> None:
    await inspector.inspect(PNG, "a.png", LIMIT)
    waiting = asyncio.create_task(inspector.inspect(photo(2000, 1500), "a.jpg", LIMIT))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    verdict = await inspector.inspect(png(31, 9), "a.png", LIMIT)
    assert isinstance(verdict, Accepted)
    assert verdict.width == 31


async def test_the_loop_goes_on_while_a_file_is_read(inspector: InspectorProcess) -> None:
    reading = asyncio.create_task(inspector.inspect(photo(4000, 3000, progressive=True), "a.jpg", LIMIT))
    turns = 0
    while not reading.done():
        await asyncio.sleep(0)
        turns += 1
    assert isinstance(reading.result(), Accepted)
    assert turns > 100


def deep(image: Image.Image) -> Image.Image:
    """Grey of 16 bits: the eight of the picture above eight of nothing."""
    values = bytearray(2 * image.width * image.height)
    values[1::2] = image.convert("L").tobytes()
    return Image.frombytes("I;16", image.size, bytes(values))


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "RGBA", "I;16"])
async def test_a_preview_is_small_and_clean(inspector: InspectorProcess, mode: str) -> None:
    large = scene(2400, 1800)
    image = deep(large) if mode == "I;16" else large.convert(mode)
    drawn = await inspector.preview(saved(image, "PNG", exif=exif(gps=True)), "png", SIDE)
    assert drawn is not None
    with Image.open(io.BytesIO(drawn)) as preview:
        assert (preview.format, preview.mode, preview.size) == ("JPEG", "RGB", (1600, 1200))
        assert not preview.getexif()
        assert preview.convert("L").getextrema() != (0, 0)


async def test_a_preview_is_upright(inspector: InspectorProcess) -> None:
    drawn = await inspector.preview(photo(exif=exif(turned=6, gps=True)), "jpg", SIDE)
    assert drawn is not None
    with Image.open(io.BytesIO(drawn)) as preview:
        assert preview.size == (240, 320)
    assert b"Exif" not in drawn
    assert await inspector.preview(TSA, "tsa", SIDE) is None
    assert await inspector.preview(b"GIF89a broken", "gif", SIDE) is None


async def test_scanned_and_clean(inspector: InspectorProcess) -> None:
    scanner = FakeScanner()
    accepted = await FileIntake(inspector, scanner).accept(Upload("a.png", "", PNG), LIMIT, "/document")
    assert (accepted.scan, scanner.scanned) == ("clean", [PNG])


async def test_infected_is_refused_by_name(inspector: InspectorProcess) -> None:
    content = png(before=[png_chunk(b"prVt", EICAR)])
    with pytest.raises(FileNotAcceptable) as refused:
        await FileIntake(inspector, FakeScanner()).accept(Upload("a.png", "", content), LIMIT, "/document")
    [problem] = refused.value.problems
    assert (problem.code, problem.pointer) == ("document-infected", "/document")
    assert "Eicar" in problem.detail


async def test_no_answer_of_the_scanner_refuses_for_now(inspector: InspectorProcess) -> None:
    with pytest.raises(Refusal, match="document-not-scanned"):
        await FileIntake(inspector, FakeScanner(out_of_reach=True)).examine(Upload("a.png", "", PNG), LIMIT)


async def test_without_a_scanner_the_answer_and_the_measure_say_so(inspector: InspectorProcess) -> None:
    name, labels = "ipp_files_scanned_total", {"result": "not_configured"}
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    accepted = await FileIntake(inspector, NoScanner()).accept(Upload("a.png", "", PNG), LIMIT, "/document")
    assert accepted.scan == "not_configured"
    assert REGISTRY.get_sample_value(name, labels) == before + 1


async def test_what_is_refused_is_not_scanned(inspector: InspectorProcess) -> None:
    scanner = FakeScanner()
    with pytest.raises(FileNotAcceptable, match="document-type-not-accepted"):
        await FileIntake(inspector, scanner).accept(Upload("a.png", "", payloads.PROGRAM), LIMIT, "/document")
    assert not scanner.scanned


def self_calling_page() -> bytes:
    """A drawing that calls itself twice, which PDFium does not survive."""
    form = b"/Type /XObject /Subtype /Form /BBox [0 0 600 900] /Resources << /XObject << /F 5 0 R >> >>"
    return document(
        [stream(b"/F Do /F Do", form)],
        page=b"/Resources << /XObject << /F 5 0 R >> >>",
        contents=stream(b"/F Do"),
    )


async def test_a_page_that_cannot_be_drawn_keeps_nobody_from_anything(inspector: InspectorProcess) -> None:
    inspector._drawing.seconds = 2.0
    endless = document(contents=flate(b"0 0 m 500 800 l 3 700 l 400 4 l f* " * 900_000))
    for page in (endless, self_calling_page()):
        drawing = asyncio.create_task(inspector.preview(page, "pdf", SIDE))
        assert isinstance(await inspector.inspect(PNG, "a.png", LIMIT), Accepted)
        assert await drawing is None
        inspector._drawing.seconds = 30.0
        assert await inspector.preview(PNG, "png", SIDE) is not None


async def test_every_page_is_drawn_covered_and_counted(inspector: InspectorProcess) -> None:
    content = canvas(_three_pages)
    assert await inspector.pages(content, "pdf") == 3
    assert await inspector.pages(PNG, "png") == 1
    assert await inspector.pages(TSA, "tsa") == 0
    assert await inspector.pages(b"%PDF-1.7 broken", "pdf") == 0
    half = Cover(0.5, 0.0, 0.5, 1.0)
    for number in (1, 2, 3):
        drawn = await inspector.preview(content, "pdf", 400, number, [half])
        assert drawn is not None
        with Image.open(io.BytesIO(drawn)) as page:
            assert max(page.size) == 400
            assert page.convert("L").crop((0, 0, page.width // 2 - 16, page.height)).getextrema()[1] == 255
            covered = page.convert("L").crop((page.width // 2 + 16, 0, page.width, page.height))
            assert covered.getextrema() == (64, 64)
    assert await inspector.preview(content, "pdf", 400, 4) is None
    assert await inspector.preview(PNG, "png", 400, 2) is None


def _three_pages(sheet: Canvas) -> None:
    for number in range(3):
        sheet.drawString(72, 700, f"page {number}")
        sheet.drawString(400, 700, "12 Willow Road")
        sheet.showPage()


async def test_what_stands_in_a_form_is_drawn(inspector: InspectorProcess) -> None:
    empty = await inspector.preview(canvas(lambda sheet: sheet.drawString(72, 740, "Application")), "pdf", 800)
    filled = await inspector.preview(canvas(_form), "pdf", 800)
    assert empty is not None
    assert filled is not None
    with Image.open(io.BytesIO(empty)) as without, Image.open(io.BytesIO(filled)) as page:
        box = ImageChops.difference(without.convert("L"), page.convert("L")).point(lambda v: 255 * (v > 40)).getbbox()
    assert box is not None  # the field stands from 72 to 272 points of 595, 700 to 720 of 842 from below
    assert box[0] < 72 * 800 / 842 + 9
    assert box[1] < (842 - 720) * 800 / 842 + 9


def _form(sheet: Canvas) -> None:
    sheet.drawString(72, 740, "Application")
    sheet.acroForm.textfield(name="name", value="ACME", x=72, y=700, width=200, height=20)


@pytest.mark.parametrize("case", [case for case in BENIGN if case.filename.endswith(".pdf")], ids=lambda case: case.id)
def test_every_benign_pdf_is_drawn(case: Case) -> None:
    drawn = preview(case.make(), "pdf", 200)
    assert drawn is not None
    assert drawn.startswith(b"\xff\xd8\xff")


async def test_a_clean_copy_comes_from_the_process_or_not_at_all(inspector: InspectorProcess) -> None:
    located = photo(exif=exif(gps=True))
    copy = await inspector.clean(located, "jpg")
    assert copy is not None
    assert b"iPhone" in located
    assert b"iPhone" not in copy
    assert await inspector.clean(located[:300], "jpg") is None
    assert await inspector.clean(b"%PDF-1.7 broken", "pdf") is None
