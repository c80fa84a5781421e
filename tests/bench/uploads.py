"""PDFs of scans as people send them: a few pages, each one JPEG, a little under the 5 MB that are taken."""

import functools
import io
import uuid

from PIL import Image

from tests.bench.load_client import request
from tests.support.files.pdfs import stream, written

BYTES = 5 * 1_048_576
_PAGES = 4
_PAGE = (
    b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
    b"/Resources << /XObject << /I %d 0 R >> >> >>"
)
_BOUNDARY = "5d5f0c0b7a2e4c1f"


@functools.cache
def scan() -> bytes:
    """Between 4.5 and 5 MB."""
    side, page = 1400, b""
    while len(page) < BYTES // _PAGES * 0.93:
        side += 20
        out = io.BytesIO()
        Image.effect_noise((side, side), 60).convert("RGB").save(out, "JPEG", quality=80)
        page = out.getvalue()
    kids = b" ".join(b"%d 0 R" % (3 + 3 * number) for number in range(_PAGES))
    parts = [b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [%s] /Count %d >>" % (kids, _PAGES)]
    image = b"/Type /XObject /Subtype /Image /Width %d /Height %d /ColorSpace /DeviceRGB /BitsPerComponent 8" % (
        side,
        side,
    )
    for number in range(_PAGES):
        contents, drawn = 4 + 3 * number, 5 + 3 * number
        parts += [
            _PAGE % (contents, drawn),
            stream(b"q 595 0 0 842 0 0 cm /I Do Q"),
            stream(page, image + b" /Filter /DCTDecode"),
        ]
    return written(parts)


def uploading(token: str, content: bytes) -> bytes:
    """A request that uploads it as evidence for Taobao, with a key of its own."""
    head = (
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="platform"\r\n\r\ntaobao\r\n'
        f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="scan.pdf"\r\n'
        "Content-Type: application/pdf\r\n\r\n"
    )
    headers = {
        "Authorization": f"Bearer {token}",
        "Idempotency-Key": uuid.uuid4().hex,
        "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
    }
    return request("POST", "/v1/evidence", headers, head.encode() + content + f"\r\n--{_BOUNDARY}--\r\n".encode())
