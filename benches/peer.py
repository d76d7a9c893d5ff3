"""The same join and comparison by other tools: `age -d | duckdb | age -e`.

Run as a program it does the work, in its own process, so that its memory is its own:
peer.py PNS.age BANDING.age PNS_IDENTITY BANDING_IDENTITY RECIPIENTS OUT.age
It checks no row, verifies no signature, keeps nothing and matches by nip alone.
"""

import subprocess
import sys

COLUMNS = """nik nama tempat_lahir tanggal_lahir jenis_kelamin alamat_domisili instansi_kerja instansi_kerja_kode
    instansi_induk instansi_induk_kode lokasi_kerja lokasi_kerja_kode status_pegawai golongan tmt_golongan
    masa_kerja_golongan_tahun masa_kerja_golongan_bulan jenis_data""".split()


def query(pns, banding, out):
    """One line for each column that differs and for each record that one side lacks, sorted."""
    table = "read_csv('{}', header=true, delim=',', quote='\"', all_varchar=true)"
    differs = " OR ".join(f"a.{c} IS DISTINCT FROM b.{c}" for c in COLUMNS)
    pairs = ", ".join(f"{{'kolom': '{c}', 'kiri': a.{c}, 'kanan': b.{c}}}" for c in COLUMNS)
    lines = f"""
        SELECT coalesce(a.nip, b.nip) AS nip,
               CASE WHEN a.nip IS NULL OR b.nip IS NULL THEN 'HANYA' ELSE 'NILAI' END AS jenis,
               CASE WHEN a.nip IS NULL OR b.nip IS NULL THEN [{{'kolom': '', 'kiri': a.nip, 'kanan': b.nip}}]
                    ELSE list_filter([{pairs}], lambda p: p.kiri IS DISTINCT FROM p.kanan) END AS found
        FROM {table.format(pns)} a FULL JOIN {table.format(banding)} b ON a.nip = b.nip
        WHERE a.nip IS NULL OR b.nip IS NULL OR {differs}"""
    rows = f"SELECT nip, jenis, unnest(found, recursive := true) FROM ({lines})"
    return f"COPY (SELECT * FROM ({rows}) ORDER BY nip, kolom) TO '{out}' (FORMAT csv, HEADER true, USE_TMP_FILE false)"


def run(pns, banding, pns_identity, banding_identity, recipients, out):
    import duckdb

    pipe = subprocess.PIPE
    opened = [
        subprocess.Popen(["age", "-d", "-i", identity, file], stdout=pipe)
        for identity, file in [(pns_identity, pns), (banding_identity, banding)]
    ]
    sealed = subprocess.Popen(["age", "-e", "-R", recipients, "-o", out], stdin=pipe)
    sources = [f"/dev/fd/{process.stdout.fileno()}" for process in opened]
    database = duckdb.connect()
    # What does not fit into memory would be written down in plain text.
    database.execute("SET temp_directory = ''")
    database.execute(query(*sources, f"/dev/fd/{sealed.stdin.fileno()}"))
    database.close()
    sealed.stdin.close()
    for process in opened:
        process.stdout.close()
    return max(process.wait() for process in [*opened, sealed])


if __name__ == "__main__":
    sys.exit(run(*sys.argv[1:]))
