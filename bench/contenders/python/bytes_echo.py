"""MiB a second of an echo of raw bytes. Both ways count."""
from multiprocessing import Pipe, Process

from measure import rate, report, settings


def echo(conn):
    while True:
        conn.send_bytes(conn.recv_bytes())


if __name__ == "__main__":
    given = settings(bytes=1 << 20, ms=1000)
    size = given["bytes"]
    conn, theirs = Pipe()
    Process(target=echo, args=(theirs,), daemon=True).start()
    payload = b"\x07" * size

    def run(count):
        for _ in range(count):
            conn.send_bytes(payload)
            conn.recv_bytes()
        return count

    report(2 * size * rate(run, given["ms"], 1) / 2**20)
