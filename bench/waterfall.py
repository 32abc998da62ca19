#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints where the time of a launch goes, from files of `run --trace`: the one of the shortest launch.

waterfall.py FILE...
"""
import json
import sys

PHASES = [  # who, the first words of an operation, what it belongs to
    ("parent", "open . ", "looks at bundle and machine"),
    ("parent", "guard", "the guardian"),
    ("parent", "mkdir /sys/fs/cgroup", "cgroups made, devices allowed"),
    ("parent", "mkdir", "the container's state"),
    ("parent", "open-tree", "clone"),
    ("parent", "write-atomic", "state written"),
    ("parent", "await $init", "waiting for the child"),
    ("parent", "release $init from 1", "the child released"),
    ("parent", "await exec", "waiting for the child, and execve"),
    ("parent", "supervise", "the container's program"),
    ("parent", "unwind", "cgroups and state removed"),
    ("child", "write \"0\" to", "joins cgroups"),
    ("child", "unshare newnet", "network namespace"),
    ("child", "setsid", "session, keyring, host name"),
    ("child", "unshare newns", "an empty mount namespace entered and copied"),
    ("child", "unshare", "cgroup namespace, and its mounts"),
    ("child", "mount-setattr /", "mounts"),
    ("child", "fsmount tmpfs (nr_inodes=1,", "paths hidden or read-only"),
    ("child", "fsmount", "mounts"),
    ("child", "setns $empty-mounts", "an empty mount namespace entered and copied"),
    ("child", "mount-point $root/dev -> $dev", "devices and links"),
    ("child", "mount-point $root/", "mounts"),
    ("child", "pivot-root", "pivot_root, the old root detached"),
    ("child", "read-only", "paths hidden or read-only"),
    ("child", "await parent", "waits for the parent"),
    ("child", "umask", "credentials"),
]


def load(name):
    with open(name) as file:
        events = [event for event in json.load(file)["traceEvents"] if event["ph"] == "X"]
    return sorted(events, key=lambda event: event["ts"])


def length(events):
    return max(event["ts"] + event["dur"] for event in events)


def phase(who, operation, last):
    for owner, words, name in PHASES:
        if owner == who and operation.startswith(words):
            return name
    return last


def rows(events):
    parent = events[0]["pid"]
    spans, last, ends = [], {"parent": "looks at bundle and machine", "child": "session, keyring, host name"}, None
    for event in events:
        who = "parent" if event["pid"] == parent else "child"
        name = last[who] = phase(who, event["args"]["operation"], last[who])
        start, end = event["ts"], event["ts"] + event["dur"]
        if who == "parent":
            if ends is not None and start - ends > 60:
                spans.append(["planner", "thinks", ends, start])
            ends = end
        mine = [span for span in spans if span[0] == who]
        if mine and mine[-1][1] == name and not (spans[-1][0] == "planner" and who == "parent"):
            mine[-1][3] = end
        else:
            spans.append([who, name, start, end])
    return spans


best = min((load(name) for name in sys.argv[1:]), key=length)
print("| from, us | for, us | who | what |")
print("|---:|---:|---|---|")
for who, name, start, end in sorted(rows(best), key=lambda span: span[2]):
    print(f"| {start:.0f} | {end - start:.0f} | {who} | {name} |")
print(f"\n{len(best)} operations in {length(best):.0f} us, from the first one's begin to the last one's end.\n")
