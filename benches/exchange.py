"""A trial exchange in a temporary folder, and what its commands cost."""

import csv
import json
import os
import subprocess
import tempfile
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

# Yesterday: a delivery from the future is refused, and the service may live in another time zone.
AS_OF = (date.today() - timedelta(days=1)).isoformat()
# As the unit of docs/operator.md sets it.
UNIT = {"MALLOC_MMAP_THRESHOLD_": "131072", "MALLOC_ARENA_MAX": "2"}
PNS = ("bkn", "pns")
BANDING = ("bpjs", "peserta_banding")


@dataclass
class Cost:
    """What one process took: seconds of the clock, seconds of both cores, MiB at its largest."""

    wall: float
    cpu: float
    peak: float


def measure(command, **popen):
    """Runs a command to its end; fails if it does."""
    begin = time.perf_counter()
    process = subprocess.Popen([str(word) for word in command], **popen)
    _, status, used = os.wait4(process.pid, 0)
    wall = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"{command[0]} {command[1]} ended with {process.returncode}")
    return Cost(wall, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)


class Exchange:
    """`padan init --trial` with sampled, not yet sealed data files of pns and peserta_banding."""

    def __init__(self, padan, folder, rows, unmatched=0):
        self.padan, self.folder = padan, Path(folder)
        self.home = self.folder / "exchange"
        self.config = self.home / "padan.yaml"
        self.quiet("init", self.home, "--trial")
        sample = self.folder / "sample"
        self.quiet("sample", "--rows", rows, "--unmatched", unmatched, "--as-of", AS_OF, "--out", sample)
        self.data = {}
        for file in (sample / "babak-1").iterdir():
            part = next((p for p in (PNS, BANDING) if file.name.startswith("_".join((*p, "full")))), None)
            if part is None:
                file.unlink()
            else:
                self.data[part] = file

    def quiet(self, *command):
        subprocess.run([self.padan, *map(str, command)], check=True, capture_output=True)

    def rows(self, part):
        """Lines of a data file without its header; the sample writes no line breaks into values."""
        with open(self.data[part], "rb") as file:
            return sum(piece.count(b"\n") for piece in iter(lambda: file.read(1 << 20), b"")) - 1

    def trial(self, party, name):
        return self.home / "trial" / party / name

    def later(self, part, number):
        """The same extract a month later: in one record of a hundred the place of work has changed, in each month others."""
        changed = self.folder / f"later-{number}.csv"
        with open(self.data[part], newline="") as before, open(changed, "w", newline="") as after:
            records, out = csv.reader(before), csv.writer(after, lineterminator="\n")
            header = next(records)
            out.writerow(header)
            place = header.index("lokasi_kerja")
            for row, record in enumerate(records):
                if row % 100 == number:
                    record[place] = f"Kantor {number}"
                out.writerow(record)
        return changed

    def seal(self, part, sequence=1, data=None):
        """Encrypts, sums and signs; returns the files to send, the signature last."""
        party, dataset = part
        name = self.folder / f"{party}_{dataset}_full_{AS_OF}_{sequence:04}.csv"
        if not name.exists():
            os.link(data or self.data[part], name)
        out = self.folder / "sealed"
        keys = ["--to", self.trial(party, "padan_recipients.txt"), "--key", self.trial(party, "id_ed25519")]
        self.quiet("seal", *keys, "--out", out, name)
        name.unlink()
        return [out / f"{name.stem}{ending}" for ending in (".csv.age", ".sha256", ".sha256.sig")]

    def inbox(self, party):
        folder = self.home / "data" / "parties" / party / "inbox"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def receipt(self, part, sealed):
        return self.home / "data" / "parties" / part[0] / "receipts" / sealed[1].with_suffix(".txt").name

    def poll(self):
        """One pass of the product."""
        command = [self.padan, "poll", "--config", self.config]
        return measure(command, env=os.environ | UNIT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def stages(self, sealed):
        """Seconds of each stage, as the ledger tells them; ingest includes opening. Fails unless it was answered."""
        command = [self.padan, "show", "--config", self.config, "--json", sealed[1].stem]
        story = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        before = datetime.fromisoformat(story["delivery"]["received"])
        stages = {}
        for event in story["events"]:
            if event["outcome"] == "begun":
                continue
            at = datetime.fromisoformat(event["at"])
            stages[event["stage"]] = stages.get(event["stage"], 0) + (at - before).total_seconds()
            before = at
        if "respond" not in stages or story["delivery"]["state"] != "answered":
            raise SystemExit(f"{sealed[1].stem} was not answered: {story['events'][-1]}")
        return stages


def temporary():
    """A folder that goes away with everything in it."""
    return tempfile.TemporaryDirectory(prefix="padan-bench-")
