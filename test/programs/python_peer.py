"""The side of CPython in python.test.ts. The other side is python-peer.ts, which has the same sizes."""

import argparse
import json
import os
from multiprocessing import AuthenticationError
from multiprocessing.connection import Client, Listener

SIZES = [0, 1, 100, 16384, 65537, 16 << 20]


def say(values):
    print(json.dumps(values), flush=True)


def message(size):
    return bytes(range(251)) * (size // 251) + bytes(range(size % 251))


def talk(conn):
    for _ in SIZES:
        conn.send_bytes(conn.recv_bytes())
    for size in SIZES:
        conn.send_bytes(message(size))
        assert conn.recv_bytes() == message(size), size
    conn.send({"a": "pickle"})
    conn.send_bytes(b"after it")
    try:
        conn.recv_bytes()
    except EOFError:
        say({"ended": "EOFError"})


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--role", choices=["listen", "connect", "shout", "cut"], required=True)
    parser.add_argument("--address", help="a path or host:port", required=True)
    parser.add_argument("--key", required=True)
    given = parser.parse_args()
    role, address = given.role, given.address
    key = given.key.encode() or None
    if not address.startswith("/"):
        host, port = address.rsplit(":", 1)
        address = (host, int(port))
    if role == "listen":
        with Listener(address, authkey=key) as listener:
            bound = listener.address
            say({"address": bound if isinstance(bound, str) else {"host": bound[0], "port": bound[1]}})
            while True:
                try:
                    with listener.accept() as conn:
                        talk(conn)
                        return
                except AuthenticationError as error:
                    say({"refused": str(error)})
    try:
        with Client(address, authkey=key) as conn:
            if role == "shout":
                conn.send_bytes(b"no handshake at all")
                say({"refused": conn.recv_bytes().decode("latin1")[:11]})
                conn.recv_bytes(256)
            elif role == "cut":
                os.write(conn.fileno(), (1 << 20).to_bytes(4, "big") + bytes(1000))
                os._exit(0)
            else:
                talk(conn)
    except (AuthenticationError, EOFError, OSError) as error:
        say({"refused": f"{type(error).__name__}: {error}"})


main()
