"""`python -m services.ipr [api] [reactions] [streams]`."""

import os
from functools import partial

from services.ipr.settings import Settings
from services.ipr.wiring import running
from shared.runtime.process import run

if __name__ == "__main__":
    run("ipr", partial(running, Settings.read(os.environ)))
