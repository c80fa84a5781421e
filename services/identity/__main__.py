"""`python -m services.identity [api] [reactions] [streams]`."""

import os
from functools import partial

from services.identity.settings import Settings
from services.identity.wiring import running
from shared.runtime.process import run

if __name__ == "__main__":
    run("identity", partial(running, Settings.read(os.environ)))
