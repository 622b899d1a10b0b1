"""The Python side of python-peer.ts: receives lists of numbers as JSON, and replies with their mean and standard deviation."""

import json
import platform
import statistics
import sys
from multiprocessing.connection import Client

address, key = json.loads(sys.stdin.readline())
with Client(address, authkey=bytes.fromhex(key)) as conn:
    while True:
        try:
            numbers = json.loads(conn.recv_bytes())
        except EOFError:
            break
        answer = {"python": platform.python_version(), "mean": statistics.mean(numbers), "deviation": statistics.pstdev(numbers)}
        conn.send_bytes(json.dumps(answer).encode())
