"""What is measured. Each row runs on both servers in turn, several times, and leaves nothing behind."""

import filecmp
import os
import shutil
import statistics
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import client
from client import Cost, Session, transfer

MIB = 1 << 20


@dataclass
class Sizes:
    """How much there is to do."""

    big: int = 1024 * MIB
    parallel: int = 256 * MIB
    files: int = 2000
    connects: int = 30
    sessions: int = 100
    lists: int = 200
    rekeyed: int = 5 * 1024 * MIB

    def small(self):
        """The same for a look that takes a minute or two."""
        return Sizes(64 * MIB, 32 * MIB, 200, 10, 20, 40, 256 * MIB)


class Rows:
    """Pairs of servers, ours and OpenSSH's, and the files that travel."""

    def __init__(self, folder, sizes, times):
        self.folder, self.sizes, self.times = Path(folder), sizes, times
        self.local = self.folder / "client"
        self.local.mkdir()
        self.trash = self.folder / "trash"
        self.trash.mkdir()
        self.thrown = 0
        self.source = self.folder / "source"
        self.source.mkdir()
        self.tree = self.source / "tree"

    def prepare(self, servers):
        """Writes what is put and what is got."""
        noise(self.source / "big", self.sizes.big)
        noise(self.source / "parallel", self.sizes.parallel)
        self.tree.mkdir()
        for number in range(self.sizes.files):
            noise(self.tree / f"file-{number:05}", 4096)
        noise(self.source / "one", 1024)
        for server in servers:
            os.link(self.source / "big", server.get_folder / "big")
            shutil.copytree(self.tree, server.get_folder / "tree")

    def put(self, pair, cipher):
        """One large file in."""
        return self.alternate(pair, lambda server: self.putting(server, [f"put {self.source}/big {server.put_path}/big"], cipher=cipher))

    def get(self, pair, cipher):
        """One large file out."""
        return self.alternate(pair, lambda server: self.getting(server, f"get {server.get_path}/big {self.local}/big", cipher=cipher))

    def parallel_puts(self, pair):
        """Four clients at once."""
        batches = lambda server: [f"put {self.source}/parallel {server.put_path}/parallel-{number}" for number in range(4)]
        return self.alternate(pair, lambda server: self.putting(server, batches(server)))

    def put_tree(self, pair, options=()):
        """Many small files in."""
        return self.alternate(pair, lambda server: self.putting(server, [f"put -r {self.tree} {server.put_path}/tree"], options=options))

    def get_tree(self, pair):
        """Many small files out."""
        return self.alternate(pair, lambda server: self.getting(server, f"get -r {server.get_path}/tree {self.local}/tree"))

    def connect(self, pair):
        """Log in, put 1 KiB, log out."""
        put = lambda server: self.putting(server, [f"put {self.source}/one {server.put_path}/one"])
        return self.alternate(pair, put, self.sizes.connects)

    def memory(self, pair):
        """MiB of sessions that have opened SFTP and do nothing, with the server; and for each of them."""
        totals, each = [], []
        for server in pair:
            server.rest()
            before = server.pss()
            sessions = [Session(server) for _ in range(self.sizes.sessions)]
            totals.append(server.pss())
            each.append((totals[-1] - before) * 1024 / len(sessions))
            for session in sessions:
                session.close()
        return totals, each

    def lists_beside(self, pair, direction):
        """Milliseconds of a listing while four clients transfer without a pause: each server's times, sorted."""
        waits = ([], [])
        for _ in range(self.times):
            for server, found in zip(pair, waits):
                with self.greedy(server, direction):
                    session = Session(server)
                    for _ in range(self.sizes.lists // self.times):
                        begin = time.perf_counter()
                        session.list(server.get_path)
                        found.append((time.perf_counter() - begin) * 1000)
                        time.sleep(0.01)
                    session.close()
        return [sorted(found) for found in waits]

    def rekeyed(self, padan):
        """Seconds of a file so large that the keys are exchanged on the way, there and back, and whether it is the same."""
        big, back = self.source / "rekeyed", self.local / "rekeyed"
        noise(big, self.sizes.rekeyed)
        options = ["-oRekeyLimit=1G"]
        there = transfer(padan, [f"put {big} {padan.put_path}/rekeyed"], options=options)
        (padan.put_folder / "rekeyed").rename(padan.get_folder / "rekeyed")
        home = transfer(padan, [f"get {padan.get_path}/rekeyed {back}"], options=options)
        same = filecmp.cmp(big, back, shallow=False)
        for file in (big, back, padan.get_folder / "rekeyed"):
            file.unlink()
        return there.wall, home.wall, same

    def putting(self, server, commands, **how):
        cost = transfer(server, *([command] for command in commands), **how)
        self.clear(server.put_folder)
        return cost

    def getting(self, server, command, **how):
        cost = transfer(server, [command], **how)
        self.clear(self.local)
        return cost

    def clear(self, folder):
        """Removes large files. A tree is only moved away: for seconds after a removal of many files ext4 looks long for
        each new one's place, whoever makes it."""
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                self.thrown += 1
                os.rename(entry.path, self.trash / str(self.thrown))
            else:
                os.unlink(entry.path)

    def alternate(self, pair, work, times=None):
        """A B A B …; the medians of each."""
        costs = ([], [])
        for _ in range(times or self.times):
            for server, found in zip(pair, costs):
                found.append(work(server))
        return [Cost(*(statistics.median(getattr(cost, part) for cost in found) for part in ("wall", "server", "client"))) for found in costs]

    @contextmanager
    def greedy(self, server, direction):
        """Four clients that transfer again and again while the block runs."""
        # More than any block lasts.
        again = range(200)
        if direction == "put":
            batches = [[f"put {self.source}/parallel {server.put_path}/greedy-{number}" for _ in again] for number in range(4)]
        else:
            batches = [[f"get {server.get_path}/big /dev/null" for _ in again] for _ in range(4)]
        running = [client.start(server, batch, client.GCM) for batch in batches]
        try:
            # They are under way when each has its keys.
            time.sleep(1)
            yield
        finally:
            for process in running:
                process.kill()
                process.wait()
                process.stderr.close()
            server.rest()
            self.clear(server.put_folder)


def floors(folder, source):
    """MiB a second of what no server can do without: each cipher on one core, and a copy within the page cache."""
    found = {}
    for cipher in ("aes-256-gcm", "chacha20-poly1305"):
        command = ["openssl", "speed", "-mr", "-seconds", "1", "-bytes", "32768", "-evp", cipher]
        told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        rate = next(line for line in told.splitlines() if line.startswith("+F"))
        found[cipher] = float(rate.rpartition(":")[2]) / MIB
    copied, begin = folder / "copied", time.perf_counter()
    subprocess.run(["dd", f"if={source}", f"of={copied}", "bs=32K", "status=none"], check=True)
    found["copy"] = source.stat().st_size / MIB / (time.perf_counter() - begin)
    copied.unlink()
    return found


def noise(path, size):
    block = os.urandom(MIB)
    with open(path, "wb") as file:
        while size > 0:
            size -= file.write(block[:size])
