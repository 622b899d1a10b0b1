"""Items a second through a multiprocessing.Queue, from some processes to others. This process only controls them."""
from multiprocessing import Pipe, Process, Queue

from measure import item, rate, report, settings


def produce(control, queue, size):
    value = item(0, size)
    while count := control.recv():
        for i in range(count):
            queue.put(item(i, 0) if size == 0 else value)
        control.send(count)


def consume(control, queue, _):
    while count := control.recv():
        for _ in range(count):
            queue.get()
        control.send(count)


if __name__ == "__main__":
    given = settings(producers=1, consumers=1, bytes=0, maxsize=0, ms=1000)
    producers, consumers, size = given["producers"], given["consumers"], given["bytes"]
    queue = Queue(given["maxsize"])

    def start(target):
        control, theirs = Pipe()
        Process(target=target, args=(theirs, queue, size), daemon=True).start()
        return control

    consuming = [start(consume) for _ in range(consumers)]
    producing = [start(produce) for _ in range(producers)]
    unit = producers * consumers

    def run(wanted):
        count = -(-wanted // unit) * unit
        for control in consuming:
            control.send(count // consumers)
        for control in producing:
            control.send(count // producers)
        for control in consuming + producing:
            control.recv()
        return count

    report(rate(run, given["ms"], 4 if size > 100_000 else 64))
