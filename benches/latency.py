"""From the last file of a small delivery in the inbox to its receipt, with the service running."""

import os
import statistics
import subprocess
import time

from exchange import BANDING, PNS, Exchange, temporary

ROWS = 1000
# Files come one after the other over a network; the service has looked at the others when the last one comes.
PAUSE = 0.1
PATIENCE = 60


def measure_latency(padan, times):
    """Seconds of each delivery of 1,000 rows, and the median of each stage's."""
    with temporary() as folder:
        exchange = Exchange(padan, folder, ROWS)
        deliveries = [(BANDING, exchange.seal(BANDING)), (PNS, exchange.seal(PNS))]
        deliveries += [(PNS, exchange.seal(PNS, sequence)) for sequence in range(2, times + 2)]
        with serving(exchange):
            waits = [drop(exchange, part, sealed) for part, sealed in deliveries]
        # The first of each dataset are all new rows; then the counterpart's data is there and nothing changed.
        measured = [sealed for _, sealed in deliveries[2:]]
        stages = [exchange.stages(sealed) for sealed in measured]
        medians = {stage: statistics.median(s[stage] for s in stages) for stage in stages[0]}
        return waits[2:], medians


class serving:
    """`padan serve` while the block runs."""

    def __init__(self, exchange):
        self.command = [exchange.padan, "serve", "--config", exchange.config, "--listen", "127.0.0.1:0"]

    def __enter__(self):
        self.process = subprocess.Popen([str(w) for w in self.command], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if line.startswith("listening"):
                break
        else:
            raise SystemExit("padan serve did not start")
        # Its log goes on; nobody reads it, and it must not fill the pipe.
        self.drain = subprocess.Popen(["cat"], stdin=self.process.stderr, stdout=subprocess.DEVNULL)

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()
        self.drain.wait()


def drop(exchange, part, sealed):
    """Moves the files into the inbox, the signature last; seconds until the page of the receipt is there."""
    inbox, receipt = exchange.inbox(part[0]), exchange.receipt(part, sealed)
    for file in sealed[:-1]:
        os.rename(file, inbox / file.name)
    time.sleep(PAUSE)
    begin = time.perf_counter()
    os.rename(sealed[-1], inbox / sealed[-1].name)
    while not receipt.exists():
        if time.perf_counter() - begin > PATIENCE:
            raise SystemExit(f"no receipt for {sealed[1].stem} in {PATIENCE} s")
        time.sleep(0.0005)
    wait = time.perf_counter() - begin
    time.sleep(PAUSE)
    return wait
