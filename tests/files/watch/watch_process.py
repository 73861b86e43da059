"""A watcher in a process of its own, for what can only be done to a whole process: stop it, or limit its watches."""

import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time

CHILD = """
import ctypes, json, logging, os, signal, sys

def few_watches(count):
    # Limits of inotify belong to the user; in a user namespace of our own nobody else feels them.
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        if libc.unshare(0x10000000) != 0:
            raise OSError(ctypes.get_errno(), "unshare")
        with open("/proc/sys/user/max_inotify_watches", "w") as file:
            file.write(str(count))
    except OSError:
        # Where namespaces are not allowed, the other limit is reached without lowering it: no instance is left.
        while libc.inotify_init() != -1:
            pass

def break_reading(*_):
    # What the reading thread meets then is an error that no one foresaw.
    for name in os.listdir("/proc/self/fd"):
        try:
            if "inotify" in os.readlink(f"/proc/self/fd/{name}"):
                os.dup2(os.open("/", os.O_RDONLY), int(name))
        except FileNotFoundError:
            pass
    os.write(1, b'{"reason": "broken", "trees": [], "directories": []}\\n')

if sys.argv[2] != "0":
    few_watches(int(sys.argv[2]))
signal.signal(signal.SIGUSR1, break_reading)
logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")

from organiser.files.watch.changes import RootWatch, WatchOptions
from organiser.files.watch.watcher import Watcher

options = WatchOptions(settle=0.2, poll=0.1, health=0.2, gather=0.05, breather=0.05)
with Watcher([RootWatch(1, sys.argv[1])], options) as watcher:
    while os.getppid() == int(sys.argv[3]):
        change = watcher.take(0.2)
        if change is not None:
            state = watcher.states()[1]
            said = {"reason": change.reason, "trees": sorted(change.scope.trees),
                    "directories": sorted(change.scope.directories), "unsettled": sorted(change.unsettled),
                    "watching": state.watching, "folders": state.folders, "note": state.note}
            print(json.dumps(said), flush=True)
"""


class WatchProcess:
    """Watches `root` in a process of its own; `watches` limits how many inotify watches it gets."""

    def __init__(self, root, watches=0):
        command = [sys.executable, "-W", "error", "-c", CHILD, str(root), str(watches), str(os.getpid())]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._said = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._said.put(json.loads(line))

    def until(self, wanted, patience=60):
        """Return the first change that is as wanted."""
        deadline = time.monotonic() + patience
        passed = []
        while True:
            try:
                change = self._said.get(timeout=max(0, deadline - time.monotonic()))
            except queue.Empty:
                raise AssertionError((passed, self.process.poll())) from None
            if wanted(change):
                return change
            passed.append(change)

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """Stop the process, as a machine that is overloaded might, and return when it stands still."""
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def end(self):
        """End the process; return what it wrote to its log."""
        self.process.kill()
        _, log = self.process.communicate()
        self._reader.join()
        return log

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.end()
