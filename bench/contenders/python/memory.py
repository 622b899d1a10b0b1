"""MiB of resident memory of an idle child."""
import multiprocessing
import re
import time

from measure import report, settings


def idle(conn):
    conn.send(1)
    conn.recv()


if __name__ == "__main__":
    given = settings(settle=1000)
    context = multiprocessing.get_context("spawn")
    conn, theirs = context.Pipe()
    process = context.Process(target=idle, args=(theirs,), daemon=True)
    process.start()
    conn.recv()
    time.sleep(given["settle"] / 1000)
    with open(f"/proc/{process.pid}/status") as status:
        report(int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) / 1024)
