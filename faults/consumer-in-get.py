import multiprocessing as mp
import time

from children import kill, start
from observe import named, observe


def consume(queue, sender):
    sender.send("waiting")
    queue.get()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    queue = mp.Queue()
    consumer, _ = start(consume, queue)
    # The child waits in get() by then.
    time.sleep(0.5)
    kill(consumer)
    begun = time.monotonic()
    queue.put("item")
    try:
        outcome = "delivered" if queue.get(timeout=3) == "item" else "something else"
    except Exception as error:
        outcome = named(error)
    observe(outcome, begun)
