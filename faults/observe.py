"""How a row's program tells what it saw: one line of JSON."""

import json
import os
import threading
import time

BLOCKED_FOR = 8


def observe(observed, begun):
    print(json.dumps({"observed": observed, "ms": (time.monotonic() - begun) * 1000}), flush=True)
    os._exit(0)


def unless_blocked(what):
    """Tells it if the program is still there in 8 s."""
    begun = time.monotonic()
    timer = threading.Timer(BLOCKED_FOR, lambda: observe(f"`{what}` still blocked", begun))
    timer.daemon = True
    timer.start()
    return begun


def stay():
    time.sleep(3600)


def named(error):
    return f"`{type(error).__name__}`"
