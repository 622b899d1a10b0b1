import multiprocessing as mp
import time

from children import kill, start, stay
from observe import named, observe, unless_blocked

SIZE = 50_000_000


def produce(queue, sender):
    queue.put(b"\1" * SIZE)
    sender.send("putting")
    stay()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    queue = mp.Queue()
    producer, _ = start(produce, queue)
    # Nobody reads, so by then the first part of the item fills the queue's pipe.
    time.sleep(0.5)
    kill(producer)
    begun = unless_blocked("get(timeout=3)")
    try:
        outcome = f"{len(queue.get(timeout=3))} bytes"
    except Exception as error:
        outcome = named(error)
    queue.put("next")
    try:
        outcome += "; then the next item " + ("comes" if queue.get(timeout=3) == "next" else "does not come")
    except Exception as error:
        outcome += f"; then {named(error)} instead of the next item"
    observe(outcome, begun)
