"""`python -m services.scoring [api] [reactions] [streams]`."""

import os
from functools import partial

from services.scoring.settings import Settings
from services.scoring.wiring import running
from shared.runtime.process import run

if __name__ == "__main__":
    run("scoring", partial(running, Settings.read(os.environ)))
