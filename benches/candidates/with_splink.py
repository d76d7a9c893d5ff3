"""The same search by splink: with_splink.py PNS.csv BANDING.csv truth.json OUT.json

It is given what ours is given: the records that met nobody, names without degrees, dates in one form, and the numbers
without the birth date and the sex in them, which have columns of their own. Blocking, comparisons, u from random pairs
and m by EM are as its documentation teaches. Its threshold is then set where its F1 is best, which only the truth can
tell; ours is fixed beforehand. `one to one` lets it have our last step, too.
"""

import csv
import json
import logging
import re
import sys
from importlib.metadata import version

import pyarrow as pa
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

DEGREES = re.compile(r"^(DRS|DRA|DR|IR|HJ|H|PROF)\.? +")
SEXES = {"1": "L", "M": "L", "LAKI-LAKI": "L", "PRIA": "L", "2": "P", "F": "P", "PEREMPUAN": "P", "WANITA": "P"}


def record(row):
    name = row["nama"].upper().partition(",")[0].strip()
    while DEGREES.match(name):
        name = DEGREES.sub("", name)
    day = row["tanggal_lahir"].partition("T")[0]
    day = day if day[4:5] == "-" else "-".join(reversed(day.replace("/", "-").split("-")))
    nip, nik, words = row["nip"], row["nik"], name.split()
    low, high = sorted((day[5:7], day[8:10]))
    return {
        "unique_id": nip,
        "name": name,
        "first_word": words[0],
        "last_word": words[-1],
        "birth": day,
        "year": day[:4],
        "day_any_order": day[:4] + low + high,
        "day_of_year": day[5:],
        "place": row["tempat_lahir"].upper(),
        "sex": SEXES.get(row["jenis_kelamin"].upper(), row["jenis_kelamin"].upper()),
        "nip_rest": nip[8:14] + nip[15:],
        "nik_rest": nik[:6] + nik[12:],
        "nik_region": nik[:6],
        "nik_serial": nik[12:],
        "nip_start": nip[8:14],
        "nip_serial": nip[15:],
    }


def table(file, others):
    with open(file, newline="", encoding="utf-8-sig") as text:
        rows = [record(row) for row in csv.DictReader(text) if row["nip"] not in others]
    return pa.Table.from_pylist(rows)


def numbers(file):
    with open(file, newline="", encoding="utf-8-sig") as text:
        return {row["nip"] for row in csv.DictReader(text)}


def pairs(left, right):
    api = DuckDBAPI()
    blocking = [
        block_on("day_any_order"),
        block_on("first_word", "year"),
        block_on("last_word", "year"),
        block_on("first_word", "day_of_year"),
        block_on("name"),
        block_on("nip_rest"),
        block_on("nik_rest"),
        block_on("nik_region", "year"),
        block_on("nik_serial", "year"),
        block_on("nip_start", "year"),
        block_on("nip_serial", "year"),
    ]
    settings = SettingsCreator(
        link_type="link_only",
        blocking_rules_to_generate_predictions=blocking,
        comparisons=[
            cl.JaroWinklerAtThresholds("name", [0.92, 0.85, 0.7]).configure(term_frequency_adjustments=True),
            cl.CustomComparison(
                output_column_name="birth",
                comparison_levels=[
                    cll.NullLevel("birth"),
                    cll.ExactMatchLevel("birth"),
                    cll.CustomLevel("day_any_order_l = day_any_order_r", "day and month swapped"),
                    cll.DamerauLevenshteinLevel("birth", 1),
                    cll.CustomLevel("year_l = year_r", "same year"),
                    cll.CustomLevel("day_of_year_l = day_of_year_r", "same day of another year"),
                    cll.ElseLevel(),
                ],
            ),
            cl.JaroWinklerAtThresholds("place", [0.92]).configure(term_frequency_adjustments=True),
            cl.ExactMatch("sex"),
            cl.DamerauLevenshteinAtThresholds("nip_rest", [1, 2]),
            cl.DamerauLevenshteinAtThresholds("nik_rest", [1, 2]),
        ],
    )
    linker = Linker([api.register(left, dataset_display_name="a"), api.register(right, dataset_display_name="b")], settings)
    train = linker.training
    train.estimate_probability_two_random_records_match([block_on("name", "birth"), block_on("nik_rest")], recall=0.6)
    train.estimate_u_using_random_sampling(max_pairs=2e6, seed=1)
    train.estimate_parameters_using_expectation_maximisation(block_on("birth"))
    train.estimate_parameters_using_expectation_maximisation(block_on("first_word", "last_word"))
    train.estimate_parameters_using_expectation_maximisation(block_on("nik_serial", "year"))
    found = linker.inference.predict(threshold_match_probability=0.01)
    rows = found.as_record_list()
    # Left and right stand in the order of their tables' names.
    pair = lambda row: (row["unique_id_l"], row["unique_id_r"]) if row["source_dataset_l"] == "a" else (row["unique_id_r"], row["unique_id_l"])
    return sorted(((row["match_weight"], *pair(row)) for row in rows), reverse=True)


def one_to_one(scored):
    left, right = set(), set()
    for weight, a, b in scored:
        if a not in left and b not in right:
            left.add(a)
            right.add(b)
            yield weight, a, b


def best(scored, truth):
    """The threshold with the best F1, pairs of one weight taken together."""
    top, right = {"precision": 0, "recall": 0, "f1": 0}, 0
    for count, (weight, a, b) in enumerate(scored, 1):
        right += (a, b) in truth
        if count < len(scored) and scored[count][0] == weight:
            continue
        f1 = 2 * right / (count + len(truth))
        if f1 > top["f1"]:
            top = {"precision": right / count, "recall": right / len(truth), "f1": f1, "weight": weight}
    return top


def main(pns, banding, truth, out):
    logging.disable(logging.WARNING)
    left, right = numbers(pns), numbers(banding)
    with open(truth) as text:
        pairs_of_truth = {tuple(pair) for pair in json.load(text)["unmatched"]}
    scored = pairs(table(pns, right), table(banding, left))
    found = {
        "version": version("splink"),
        "as it comes": best(scored, pairs_of_truth),
        "one to one": best(list(one_to_one(scored)), pairs_of_truth),
    }
    with open(out, "w") as text:
        json.dump(found, text)


if __name__ == "__main__":
    main(*sys.argv[1:])
