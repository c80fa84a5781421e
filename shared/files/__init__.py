"""Files that people send: what each is, whether it is taken, and if not, why and what would mend it.

`inspection` and `previews` are not imported here: they load the decoders, which belong into the worker's process.
"""

from shared.files.covers import Cover
from shared.files.intake import FILE_REFUSALS, FileIntake, FileNotAcceptable, pointed
from shared.files.kinds import kind_of
from shared.files.verdict import (
    MEDIA_TYPES,
    MENDS,
    PREVIEW_MEDIA_TYPE,
    Accepted,
    FileFinding,
    Kind,
    Refused,
    Scan,
    Verdict,
)

__all__ = [
    "FILE_REFUSALS",
    "MEDIA_TYPES",
    "MENDS",
    "PREVIEW_MEDIA_TYPE",
    "Accepted",
    "Cover",
    "FileFinding",
    "FileIntake",
    "FileNotAcceptable",
    "Kind",
    "Refused",
    "Scan",
    "Verdict",
    "kind_of",
    "pointed",
]
