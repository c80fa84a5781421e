"""The inspection of one file: type, limits, structure, strangers; all findings at once.

It never raises, whatever the bytes. It is not asynchronous and holds the processor: services call it through an
`Inspector`, which runs it in a process of its own.
"""

import hashlib
import struct

from shared.files.bmp import inspect_bmp
from shared.files.gif import inspect_gif
from shared.files.jpeg import inspect_jpeg
from shared.files.kinds import ending_of, kind_of
from shared.files.pdf import inspect_pdf
from shared.files.png import inspect_png
from shared.files.strangers import check_whole
from shared.files.timestamps import inspect_timestamp
from shared.files.verdict import MEDIA_TYPES, Accepted, Broken, Kind, Look, Refused, Verdict
from shared.policies.policy import FileLimit


def inspect(content: bytes, filename: str, limit: FileLimit) -> Verdict:
    """`filename`: only its ending matters; it must say what the bytes are."""
    look = Look()
    if len(content) > limit.max_bytes:
        mend = f"Send at most {limit.max_bytes} bytes."
        look.add("document-too-large", f"The file is larger than {limit.max_bytes} bytes.", mend)
        return Refused(tuple(look.findings))
    kind = kind_of(content)
    if kind is None or kind not in limit.types:
        mend = f"Send {', '.join(limit.types)}."
        look.add("document-type-not-accepted", "The file is of no accepted type.", mend)
        return Refused(tuple(look.findings))
    if ending_of(filename) != kind:
        mend = f"Name the file *.{kind}."
        look.add("document-ending-differs", f"The file is a {kind}, and its name does not end so.", mend)
    inner = Look()
    _structure(content, kind, limit, inner)
    check_whole(content, inner, is_pdf=kind == "pdf")
    for each in inner.findings:
        look.add(each.code, each.detail, each.mend)
    if look.findings:
        return Refused(tuple(look.findings))
    return Accepted(
        kind=kind,
        media_type=MEDIA_TYPES[kind],
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        width=inner.width,
        height=inner.height,
        pages=inner.pages,
        metadata=tuple(sorted(inner.metadata)),
    )


def _structure(content: bytes, kind: Kind, limit: FileLimit, look: Look) -> None:
    try:
        match kind:
            case "jpg":
                inspect_jpeg(content, limit, look)
            case "png":
                inspect_png(content, limit, look)
            case "gif":
                inspect_gif(content, limit, look)
            case "bmp":
                inspect_bmp(content, limit, look)
            case "pdf":
                inspect_pdf(content, limit, look)
            case "tsa":
                inspect_timestamp(content, look)
    except Broken as problem:
        look.add(problem.code, problem.args[0])
    except MemoryError:
        look.add("document-decodes-too-large", "The file needs too much memory to be read.")
    except (ValueError, struct.error, IndexError, KeyError, TypeError, OverflowError, RecursionError):
        # A reader that met what its format does not foresee.
        look.add("document-corrupt", "The file cannot be read as what it says it is.")
