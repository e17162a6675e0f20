# SPDX-License-Identifier: Apache-2.0
"""report.py FOLDER: what tests/bench/run.sh measured (FOLDER/cases.tsv) as tables, and two plots beside it.

Figures are medians of the rounds; ratios are taken within each round, and then their median.
"""
import collections
import math
import statistics
import sys

FIELDS = ("round", "stack", "answer", "variant", "parallel", "people", "good", "counted", "p50", "p95", "p99", "rate")
NAMES = {"main": "seimon", "campus": "seimon, exempt", "oath10": "pam_oath 10", "oath1000": "pam_oath 1 000",
         "oath10000": "pam_oath 10 000", "oath100000": "pam_oath 100 000", "permit": "empty stack"}
SIZES = {"ten": 10, "thousand": 1000, "hundred": 100000}


def read(path):
    """{case: {round: row}}; a case is (stack, variant, parallel, people, is wrong)."""
    cases = collections.defaultdict(dict)
    with open(path, encoding="ascii") as lines:
        for line in lines:
            row = dict(zip(FIELDS, line.rstrip("\n").split("\t")))
            case = (row["stack"], row["variant"], int(row["parallel"]), int(row["people"]), row["answer"] == "wrong")
            cases[case].setdefault(int(row["round"]), []).append({k: float(row[k]) for k in FIELDS[6:]})
    # A case that ran several times in a round counts with its median there.
    return {case: {number: {k: statistics.median(row[k] for row in rows) for k in FIELDS[6:]}
                   for number, rows in rounds.items()} for case, rounds in cases.items()}


class Run:
    def __init__(self, path):
        self.cases = read(path)

    def find(self, stack, variant="same", parallel=1, wrong=False):
        return next((rounds for case, rounds in self.cases.items()
                     if case[:3] == (stack, variant, parallel) and case[4] == wrong), {})

    def median(self, field, *case):
        rounds = self.find(*case)
        return statistics.median(row[field] for row in rounds.values()) if rounds else math.nan

    def ratio(self, field, one, others):
        """Of one case to the sum of others."""
        mine, theirs = self.find(*one), [self.find(*other) for other in others]
        common = [number for number in mine if all(number in rounds for rounds in theirs)]
        found = [mine[n][field] / sum(rounds[n][field] for rounds in theirs) for n in common
                 if sum(rounds[n][field] for rounds in theirs) > 0]
        return statistics.median(found) if found else math.nan


def print_cases(run):
    print("| stack | how | at once | got in | p50 µs | p95 | p99 | a second | p50 : google | p99 : google |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for stack, variant, parallel, people, wrong in run.cases:
        case = (stack, variant, parallel, wrong)
        cell = {k: run.median(k, *case) for k in FIELDS[6:]}
        ratios = [math.nan if wrong else run.ratio(k, case, [("google", variant, parallel)]) for k in ("p50", "p99")]
        shown = " | ".join("" if math.isnan(r) or stack == "google" else f"{r:.2f}" for r in ratios)
        name = NAMES.get(stack, f"seimon, {SIZES.get(stack, people):,} people" if stack in (*SIZES, "most") else stack)
        print(f"| {name}{', wrong code' if wrong else ''} | {variant} | {parallel} | {cell['good']:.0f} | {cell['p50']:.0f} | {cell['p95']:.0f} | "
              f"{cell['p99']:.0f} | {cell['rate']:.0f} | {shown} |")


def print_goals(run):
    one = ("main", "same", 1)
    ten = ("ten", "same", 1)
    goals = []
    for at, variant, most in ((1, "same", (0.9, 1)), (2, "same", (0.9, 1)), (8, "same", (0.9, 1)), (64, "burst", (0.8, 0.8)),
                              (256, "burst", (0.8, 0.8))):
        for field, limit in zip(("p50", "p99"), most):
            goals.append((f"{at} at once, {field} : google-authenticator", f"≤ {limit}",
                          run.ratio(field, ("main", variant, at), [("google", variant, at)])))
    goals += [
        ("over ssh, p50 : google-authenticator", "≤ 1", run.ratio("p50", ("ssh-seimon", "ssh", 1), [("ssh-google", "ssh", 1)])),
        ("p50, 1 000 people : 10 people", "0.9 to 1.1", run.ratio("p50", ("thousand", "same", 1), [ten])),
        ("p50, 100 000 people : 10 people", "0.9 to 1.1", run.ratio("p50", ("hundred", "same", 1), [ten])),
        ("p50, the most people : 10 people", "0.9 to 1.1", run.ratio("p50", ("most", "same", 1), [ten])),
        ("p50, pam_oath with 100 000 people : seimon", "≥ 10", run.ratio("p50", ("oath100000", "same", 1), [one])),
        ("p50, exempt : (empty stack + a round trip)", "≤ 1.5",
         run.ratio("p50", ("campus", "same", 1), [("permit", "same", 1), ("socket", "limit", 1)])),
    ]
    print("| what | goal | measured |\n|---|---|---|")
    for what, goal, found in goals:
        print(f"| {what} | {goal} | {found:.2f} |")
    print(f"\na wrong code: {run.median('p50', 'most', 'same', 1, True) / 1000:.0f} ms (the floor is 400), "
          f"{run.median('p50', 'most-cpu', 'service', 1, True):.0f} µs of the service's time")


def plot(path, title, unit, series):
    """Lines through (x, y) on two logarithmic scales; y in microseconds."""
    width, height, left, top = 680, 400, 70, 40
    points = [point for line in series.values() for point in line if point[1] > 0]
    decades = [(math.floor(math.log10(min(p[i] for p in points))), math.ceil(math.log10(max(p[i] for p in points))))
               for i in (0, 1)]
    place = [lambda v, i=i: (math.log10(v) - decades[i][0]) / max(1, decades[i][1] - decades[i][0]) for i in (0, 1)]
    across = lambda v: left + place[0](v) * (width - left - 150)
    up = lambda v: height - 50 - place[1](v) * (height - 50 - top)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="white"/><text x="{left}" y="20" font-size="14">{title}</text>']
    for exponent in range(decades[0][0], decades[0][1] + 1):
        x = across(10 ** exponent)
        out.append(f'<path d="M{x:.0f} {top}V{height - 50}" stroke="#ddd"/>'
                   f'<text x="{x:.0f}" y="{height - 32}" text-anchor="middle">{10 ** exponent:,}</text>')
    for exponent in range(decades[1][0], decades[1][1] + 1):
        y = up(10 ** exponent)
        label = f"{10 ** exponent} µs" if exponent < 3 else f"{10 ** (exponent - 3)} ms"
        out.append(f'<path d="M{left} {y:.0f}H{width - 150}" stroke="#ddd"/>'
                   f'<text x="{left - 8}" y="{y + 4:.0f}" text-anchor="end">{label}</text>')
    out.append(f'<text x="{(left + width - 150) / 2:.0f}" y="{height - 10}" text-anchor="middle">{unit}</text>')
    colours = ("#0b6e4f", "#c1121f", "#1d4e89", "#8d6a9f", "#777777")
    for colour, (name, line) in zip(colours, series.items()):
        line = [(across(x), up(y)) for x, y in line if y > 0]
        path_data = "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in line)
        out.append(f'<path d="{path_data}" fill="none" stroke="{colour}" stroke-width="2"/>')
        out += [f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3" fill="{colour}"/>' for x, y in line]
        out.append(f'<text x="{line[-1][0] + 8:.0f}" y="{line[-1][1] + 4:.0f}" fill="{colour}">{name}</text>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(out) + "\n</svg>\n")


def main(folder):
    run = Run(folder + "/cases.tsv")
    print_goals(run)
    print()
    print_cases(run)
    most = next(people for stack, _, _, people, _ in run.cases if stack == "most")
    value = lambda *case: run.median("p50", *case)
    plot(folder + "/people.svg", "A login by the number of people, one at a time (p50)", "people", {
        "seimon": [(SIZES.get(s, most), value(s)) for s in (*SIZES, "most")],
        "pam_oath": [(n, value(f"oath{n}")) for n in (10, 1000, 10000, 100000)],
        "google-authenticator": [(n, value("google")) for n in (10, most)],
    })
    at_once = lambda stack: [(n, value(stack, "same" if n < 64 else "burst", n)) for n in (1, 2, 8, 64, 256)]
    plot(folder + "/at-once.svg", "A login by how many there are at once (p50)", "logins at once", {
        "seimon": at_once("main"), "google-authenticator": at_once("google"), "empty stack": at_once("permit")})


main(sys.argv[1])
