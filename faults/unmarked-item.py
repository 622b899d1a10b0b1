import multiprocessing as mp

from children import kill, start, stay
from observe import observe, unless_blocked


def consume(queue, sender):
    queue.get()
    sender.send("taken")
    stay()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    queue = mp.JoinableQueue()
    queue.put("item")
    consumer, _ = start(consume, queue)
    kill(consumer)
    begun = unless_blocked("join()")
    queue.join()
    observe("`join()` returned", begun)
