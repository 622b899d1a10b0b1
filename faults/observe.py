"""Prints what a program of a row observed, as one line of JSON."""

import json
import os
import threading
import time

BLOCKED_FOR = 8


def observe(observed, begun):
    """Prints the observation and ends this process at once. `begun`: when the measured time began."""
    print(json.dumps({"observed": observed, "ms": (time.monotonic() - begun) * 1000}), flush=True)
    os._exit(0)


def unless_blocked(what):
    """Reports the call as blocked if the program still runs 8 s later. Returns the time at which the call begins."""
    begun = time.monotonic()
    timer = threading.Timer(BLOCKED_FOR, lambda: observe(f"`{what}` still blocked", begun))
    timer.daemon = True
    timer.start()
    return begun


def named(error):
    """An error as the table shows it."""
    return f"`{type(error).__name__}`"
