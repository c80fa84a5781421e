"""Files that hold a secret: whole or not there, and for the eyes of their owner alone."""

import os
import secrets
from pathlib import Path


def write_once(path: Path, content: bytes) -> None:
    """Makes the file with mode 0600. Several processes may start at once: the first wins, and the others' content is
    dropped, so that whoever reads the file afterwards reads the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)
    except FileExistsError:
        pass
    finally:
        partial.unlink()
