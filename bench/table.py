#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints what hyperfine measured as a Markdown table.

table.py DIRECTORY CASE [divisor]: one row per runtime, from DIRECTORY/CASE.RUNTIME.ROUND.json; the ratios are of medians.
"""
import glob
import json
import statistics
import sys

LABELS = {
    "ipcell": "ipcell, warm",
    "unseen": "ipcell, warm, another configuration each time",
    "cold": "ipcell, cold",
    "crun": "crun",
    "runc": "runc",
    "floor": "the bare system calls",
    "hello": "JVM, hello world",
    "nothing": "a static program that does nothing",
}


def times(directory, case, runtime):
    found = []
    for name in glob.glob(f"{directory}/{case}.{runtime}.*.json"):
        with open(name) as file:
            found += json.load(file)["results"][0]["times"]
    return found


def ratio(medians, runtime, other):
    return f"{medians[runtime] / medians[other]:.2f}" if other in medians and other != runtime else ""


def main():
    directory, case = sys.argv[1:3]
    per = float(sys.argv[3]) if len(sys.argv) > 3 else 1
    measured = {runtime: times(directory, case, runtime) for runtime in LABELS}
    measured = {runtime: found for runtime, found in measured.items() if found}
    medians = {runtime: statistics.median(found) for runtime, found in measured.items()}
    print(f"| {case} | median ms | min ms | x crun | x runc |")
    print("|---|---:|---:|---:|---:|")
    for runtime, found in measured.items():
        print(
            f"| {LABELS[runtime]} | {medians[runtime] * 1000 / per:.2f} | {min(found) * 1000 / per:.2f} |"
            f" {ratio(medians, runtime, 'crun')} | {ratio(medians, runtime, 'runc')} |"
        )
    print()


main()
