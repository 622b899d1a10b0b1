import multiprocessing as mp
import time

from observe import named, observe


def consume(queue, tell):
    tell.send("waiting")
    queue.get()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    queue = mp.Queue()
    told, tell = mp.Pipe(False)
    consumer = mp.Process(target=consume, args=(queue, tell))
    consumer.start()
    told.recv()
    time.sleep(0.5)
    consumer.kill()
    consumer.join()
    begun = time.monotonic()
    queue.put("item")
    try:
        answer = "delivered" if queue.get(timeout=3) == "item" else "something else"
    except Exception as error:
        answer = named(error)
    observe(answer, begun)
