import multiprocessing as mp
import time

from observe import named, observe, stay, unless_blocked

SIZE = 50_000_000


def produce(queue, tell):
    queue.put(b"\1" * SIZE)
    tell.send("putting")
    stay()


if __name__ == "__main__":
    mp.set_start_method("spawn")
    queue = mp.Queue()
    told, tell = mp.Pipe(False)
    producer = mp.Process(target=produce, args=(queue, tell))
    producer.start()
    told.recv()
    # Nobody reads: by then its pipe is full of the first part.
    time.sleep(0.5)
    producer.kill()
    producer.join()
    begun = unless_blocked("get(timeout=3)")
    try:
        answer = f"{len(queue.get(timeout=3))} bytes"
    except Exception as error:
        answer = named(error)
    queue.put("next")
    try:
        answer += "; then the next item " + ("comes" if queue.get(timeout=3) == "next" else "does not come")
    except Exception as error:
        answer += f"; then {named(error)} instead of the next item"
    observe(answer, begun)
