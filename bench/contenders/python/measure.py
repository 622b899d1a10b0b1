"""What the Python programs have in common; as measure.ts."""
import json
import statistics
import sys
import time


def settings(**defaults):
    for text in sys.argv[1:]:
        name, value = text.split("=", 1)
        if name in defaults:
            defaults[name] = type(defaults[name])(value)
    return defaults


def report(value):
    print(json.dumps({"value": value}))


def rate(run, ms, first=64):
    count, passes = first, 1
    while True:
        start = time.perf_counter()
        done = run(count)
        took = (time.perf_counter() - start) * 1000
        if took >= ms / 2 and passes > 2:
            return done / took * 1000
        count = -(-min(count * 10, max(1, int(count * ms / took))) // 1)
        passes += 1


def item(i, size):
    return {"id": i, "name": f"item {i}"} if size == 0 else b"\x07" * size


def round_trip(once, ms, pause, samples):
    def run(count):
        for _ in range(count):
            once()
        return count

    if pause == 0:
        return 1e6 / rate(run, ms)
    rate(run, ms)
    times = []
    for _ in range(samples):
        time.sleep(pause / 1000)
        start = time.perf_counter()
        once()
        times.append((time.perf_counter() - start) * 1e6)
    return statistics.median(times)
