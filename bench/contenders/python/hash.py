"""How many times faster a multiprocessing.Pool hashes files than a loop in this process."""
import time
from multiprocessing import Pool

from measure import report, settings
from pool_tasks import sha256

MIN_ROUNDS = 3


def timed(run):
    start = time.perf_counter()
    hashes = run()
    return time.perf_counter() - start, hashes


if __name__ == "__main__":
    given = settings(files="", workers=2, ms=1000)
    with open(given["files"], encoding="utf-8") as listed:
        files = listed.read().splitlines()
    speed_ups = []
    with Pool(given["workers"]) as pool:
        begin = time.perf_counter()
        while len(speed_ups) <= MIN_ROUNDS or (time.perf_counter() - begin) * 1000 < given["ms"]:
            alone, wanted = timed(lambda: [sha256(path) for path in files])
            pooled, hashes = timed(lambda: pool.map(sha256, files))
            if hashes != wanted:
                raise RuntimeError("The hashes are wrong.")
            speed_ups.append(alone / pooled)
    # The first round reads the files from the disk.
    report(speed_ups[1:])
