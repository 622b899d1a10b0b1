"""Starts and kills the children of a row's program."""

import multiprocessing as mp
import time


def start(target, *args):
    """Starts a child with these arguments and a connection to report on. Returns the child and the other end after the first report."""
    receiver, sender = mp.Pipe(False)
    child = mp.Process(target=target, args=(*args, sender))
    child.start()
    receiver.recv()
    return child, receiver


def kill(child):
    child.kill()
    child.join()


def stay():
    """Waits to be killed."""
    time.sleep(3600)
