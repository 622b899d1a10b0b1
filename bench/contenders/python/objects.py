"""MiB of resident memory that so many queues take in the process that makes them. Each has had an item."""
import re
from multiprocessing import Queue

from measure import report, settings


def make_queue():
    queue = Queue()
    queue.put(1)
    queue.get()
    return queue


def resident():
    with open("/proc/self/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) / 1024


if __name__ == "__main__":
    given = settings(objects=1)
    queues = [make_queue()]
    before = resident()
    queues += [make_queue() for _ in range(given["objects"])]
    report(resident() - before)
