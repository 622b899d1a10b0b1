"""A multiprocessing.Pool; the counterpart of measure-pool.ts."""
import multiprocessing
import time

from measure import rate, report, round_trip, settings
from pool_tasks import add_one, echo

WAVE = 10_000
MILLION = 1_000_000
MIB = 1 << 20


def check(is_right):
    if not is_right:
        raise RuntimeError("The results are wrong.")


def start_times(context, workers, starts):
    times = []
    for _ in range(starts):
        begin = time.perf_counter()
        pool = context.Pool(workers)
        results = pool.map(add_one, range(workers), 1)
        times.append((time.perf_counter() - begin) * 1000)
        check(results == list(range(1, workers + 1)))
        pool.terminate()
        pool.join()
    return times if len(times) == 1 else times[1:]


def numbers_rate(run, most, ms):
    numbers, wanted = list(range(most)), list(range(1, most + 1))

    def turn(count):
        for left in range(count, 0, -most):
            size = min(left, most)
            check(run(numbers[:size]) == wanted[:size])
        return count

    return rate(turn, ms)


def add_one_once(pool):
    check(pool.apply(add_one, (1,)) == 2)


def echo_all(pool, count):
    for i in range(count):
        data = bytes([i % 256]) * MIB
        check(pool.apply(echo, (data,)) == data)
    return count


def map_millions(pool, count):
    numbers, wanted = range(MILLION), list(range(1, MILLION + 1))
    for _ in range(count):
        check(pool.map(add_one, numbers) == wanted)
    return count


def apply_all(pool, numbers):
    return [result.get() for result in [pool.apply_async(add_one, (x,)) for x in numbers]]


if __name__ == "__main__":
    given = settings(what="map", method="", workers=2, ms=1000, pause=0, samples=31, starts=11)
    what, workers, ms = given["what"], given["workers"], given["ms"]
    context = multiprocessing.get_context(given["method"] or None)
    if what == "start":
        report(start_times(context, workers, given["starts"]))
    else:
        with context.Pool(workers) as pool:
            if what == "map":
                report(numbers_rate(lambda numbers: pool.map(add_one, numbers, 1), WAVE, ms))
            elif what == "applies":
                report(numbers_rate(lambda numbers: apply_all(pool, numbers), WAVE, ms))
            elif what == "apply":
                report(round_trip(lambda: add_one_once(pool), ms, given["pause"], given["samples"]))
            elif what == "numbers":
                report(MILLION * rate(lambda count: map_millions(pool, count), ms, 1))
            elif what == "bytes":
                report(2 * rate(lambda count: echo_all(pool, count), ms, 1))
            else:
                raise ValueError(f"There is nothing to measure by the name {what}.")
