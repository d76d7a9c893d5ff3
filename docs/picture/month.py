"""One month's extracts of both parties, from those of `padan sample`: month.py SAMPLE OUT MONTH AS_OF

BPJS's copy differs from BKN's in what is invented here: some differences stand from the beginning, some come later, and most
are corrected after a while. The same month always gives the same files.
"""

import csv
import sys
import zlib
from pathlib import Path

sample, out, month, as_of = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), sys.argv[4]

# How many records of a thousand ever differ in a column, and what the other value is.
GRADES = ["II/a", "II/b", "II/c", "II/d", "III/a", "III/b", "III/c", "III/d", "IV/a", "IV/b"]
DIFFERENCES = {
    "golongan": (90, lambda value: GRADES[(GRADES.index(value) - 1) % 10] if value in GRADES else value),
    "lokasi_kerja": (55, lambda value: value + " LAMA"),
    "alamat_domisili": (40, lambda value: value + " Blok B"),
    "nama": (30, lambda value: value.replace("I", "Y", 1) + " A"),
    "instansi_kerja": (20, lambda value: value + " (lama)"),
    "tempat_lahir": (12, lambda value: value + " I"),
    "tanggal_lahir": (6, lambda value: "1977-07-07"),
}


def chance(*what):
    """The same number from 0 to 999 for the same things."""
    return zlib.crc32("/".join(map(str, what)).encode()) % 1000


def differs(key, column, permille):
    """Whether the record differs in this month: from its beginning on, until it is corrected."""
    if chance(key, column, "ever") >= permille:
        return False
    begun = 0 if chance(key, column, "begun") < 650 else chance(key, column, "month") % 8
    corrected = begun + 1 + chance(key, column, "corrected") % 11
    return begun <= month < corrected


def extracts(party, dataset, change):
    source = next((sample / "babak-1").glob(f"{party}_{dataset}_full_*.csv"))
    target = out / f"{party}_{dataset}_full_{as_of}_{month + 1:04}.csv"
    with source.open(encoding="utf-8-sig", newline="") as lines, target.open("w", encoding="utf-8", newline="") as to:
        rows = csv.DictReader(lines)
        table = csv.DictWriter(to, rows.fieldnames)
        table.writeheader()
        for row in rows:
            if change(row):
                table.writerow(row)


def of_bpjs(row):
    for column, (permille, other) in DIFFERENCES.items():
        if differs(row["nip"], column, permille):
            row[column] = other(row[column])
    return not differs(row["nip"], "missing", 15)


out.mkdir(parents=True, exist_ok=True)
extracts("bkn", "pns", lambda row: not differs(row["nip"], "unknown", 10))
extracts("bpjs", "peserta_banding", of_bpjs)
