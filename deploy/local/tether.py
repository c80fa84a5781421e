"""Runs a command that the kernel kills when the process that started it is gone, whatever the way.

    python -I -S tether.py PARENT_PID COMMAND [ARGUMENT...]

It asks Linux for a signal at the parent's death and then becomes the command, so that the command keeps this
process's id and nothing stands in between. Elsewhere than on Linux the command runs untethered. It is run as a file,
by its path, and imports little: a start costs some 20 ms.
"""

import os
import signal
import sys

_PR_SET_PDEATHSIG = 1


def tie_to(parent: int) -> None:
    """Die with `parent`; returns on other systems than Linux without doing anything."""
    if not sys.platform.startswith("linux"):
        return
    import ctypes

    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG)")
    if os.getppid() != parent:  # it died before the kernel was asked
        sys.exit(1)


if __name__ == "__main__":
    tie_to(int(sys.argv[1]))
    try:
        os.execvp(sys.argv[2], sys.argv[2:])  # noqa: S606 - no shell wanted
    except OSError as error:
        sys.exit(f"{sys.argv[2]} cannot be run: {error}")
