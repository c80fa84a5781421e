"""Images of documents: told by their bytes, not by what the sender calls them (001 Step 2)."""

import puremagic

from shared.httpkit import Upload
from shared.kernel.decider import Refusal
from shared.policies.policy import FileLimit

_ENDINGS = {".jpg": "jpg", ".jpeg": "jpg", ".jfif": "jpg", ".bmp": "bmp", ".gif": "gif", ".png": "png"}
MEDIA_TYPES = {"jpg": "image/jpeg", "bmp": "image/bmp", "gif": "image/gif", "png": "image/png"}


def image_kind(content: bytes) -> str | None:
    """`jpg`, `bmp`, `gif` or `png`; None for everything else."""
    try:
        ending = puremagic.from_string(content[:4096])
    except (puremagic.PureError, ValueError):
        return None
    return _ENDINGS.get(ending)


def check_image(upload: Upload, limit: FileLimit) -> None:
    """Raises Refusal for what is no image of an accepted type, or too large."""
    kind = image_kind(upload.content)
    if kind is None or kind not in limit.types:
        mend = f"Send {', '.join(limit.types)}."
        raise Refusal("document-type-not-accepted", "The document is no image of an accepted type.", mend)
    if len(upload.content) > limit.max_bytes:
        detail = f"The document is larger than {limit.max_bytes} bytes."
        raise Refusal("document-too-large", detail, f"Send at most {limit.max_bytes} bytes.")
