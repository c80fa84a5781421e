"""`python -m services.complaints [api] [reactions] [streams]`."""

import os
from functools import partial

from services.complaints.settings import Settings
from services.complaints.wiring import running
from shared.runtime.process import run

if __name__ == "__main__":
    run("complaints", partial(running, Settings.read(os.environ)))
