import multiprocessing as mp

from observe import observe, stay, unless_blocked


def consume(queue, tell):
    queue.get()
    tell.send("taken")
    stay()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    queue = mp.JoinableQueue()
    told, tell = mp.Pipe(False)
    consumer = mp.Process(target=consume, args=(queue, tell))
    queue.put("item")
    consumer.start()
    told.recv()
    consumer.kill()
    consumer.join()
    begun = unless_blocked("join()")
    queue.join()
    observe("`join()` returned", begun)
