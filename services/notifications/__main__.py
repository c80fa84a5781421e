"""`python -m services.notifications [api] [reactions]`."""

import os
from functools import partial

from services.notifications.settings import Settings
from services.notifications.wiring import running
from shared.runtime.process import run

if __name__ == "__main__":
    run("notifications", partial(running, Settings.read(os.environ)))
