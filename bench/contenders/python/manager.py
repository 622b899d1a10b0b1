"""What `get` of a manager's dict takes: microseconds of one call, or calls a second of several clients together."""
from multiprocessing import Manager, Process, Queue

from measure import rate, report, settings


def calls_per_second(shared, ms):
    def run(count):
        for _ in range(count):
            shared.get("a")
        return count

    return rate(run, ms)


def client(shared, ms, results):
    results.put(calls_per_second(shared, ms))


if __name__ == "__main__":
    given = settings(clients=1, ms=1000)
    with Manager() as manager:
        shared = manager.dict({"a": 1})
        if given["clients"] == 1:
            report(1e6 / calls_per_second(shared, given["ms"]))
        else:
            results = Queue()
            processes = [Process(target=client, args=(shared, given["ms"], results)) for _ in range(given["clients"])]
            for process in processes:
                process.start()
            report(sum(results.get() for _ in processes))
            for process in processes:
                process.join()
