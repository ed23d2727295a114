"""What each sentence about federated runs claims, computed again without the report's code."""

import math
import re
from itertools import combinations, pairwise

import numpy as np

DRAWS = r"(?: \(mean of (\d+) draws\))?"


def groups(histories):
    """Return label -> {(draw, seed): history}."""
    found = {}
    for history in histories:
        draw = history.spec.data_seed
        key = (history.seed if draw is None else draw, history.seed)
        found.setdefault(history.label, {}).setdefault(key, history)
    return found


def check(sentence, histories):
    """Assert that a sentence is true of these runs; a sentence of no known form fails."""
    for pattern, evaluate in FORMS:
        if found := re.fullmatch(pattern, sentence):
            evaluate(found, groups(histories))
            return pattern
    raise AssertionError(f"no evaluator knows: {sentence}")


def final(history, name):
    return history.rows[-1].get(name, math.nan)


def best(history):
    return max(row["validation_accuracy"] for row in history.rows)


def needed(history, target, cost="round"):
    hit = [row[cost] for row in history.rows if row["validation_accuracy"] >= target]
    return hit[0] if hit else math.inf


def rises(history):
    losses = [row["train_loss"] for row in history.rows]
    return sum(max(0.0, b - a) for a, b in pairwise(losses))


def drift(history):
    return np.mean([row["drift"] for row in history.rows if "drift" in row])


def mean(runs, value):
    return float(np.mean([value(run) for run in runs]))


def near(text, value, digits=3):
    """Tell whether a number was printed from this value, in so many significant digits."""
    return math.isclose(float(text), value, rel_tol=0.6 * 10 ** (1 - digits), abs_tol=1e-9)


def on_shared(found, *names):
    """Return the runs of each name on the draws that all of them have."""
    common = set.intersection(*(set(found[name]) for name in names))
    assert common, names
    return [[found[name][draw] for draw in sorted(common)] for name in names]


def same_task(one, other, *but):
    left_out = {"data_seed", *but}
    names = {name for name in one.facts | other.facts if name.split(".")[0] not in left_out}
    return all(one.facts.get(name) == other.facts.get(name) for name in names)


def ending(match, found):
    label, rounds, start, end, accuracy, peak = match.group(1, 2, 3, 4, 5, 7)
    draws = int(match[8] or 1)
    assert any(
        near(rounds, mean(some, lambda h: final(h, "round")))
        and near(start, mean(some, lambda h: h.rows[0]["train_loss"]))
        and near(end, mean(some, lambda h: final(h, "train_loss")))
        and abs(float(accuracy) / 100 - mean(some, lambda h: final(h, "validation_accuracy")))
        < 6e-4
        and abs(float(peak) / 100 - mean(some, best)) < 6e-4
        for some in subsets(found[label], draws)
    )


def last_accuracy(history):
    return final(history, "validation_accuracy")


def subsets(runs, count):
    return [list(some) for some in combinations(runs.values(), count)]


def ends_higher(match, found):
    high, low = on_shared(found, match[1], match[3])
    assert all(same_task(a, b, *TRAINING) for a, b in zip(high, low, strict=True))
    gaps = [final(a, "validation_accuracy") - final(b, "validation_accuracy")
            for a, b in zip(high, low, strict=True)]  # fmt: skip
    assert abs(np.mean(gaps) * 100 - float(match[2])) < 0.051
    if match[4]:
        assert len(gaps) == int(match[4])
        error = np.std(gaps, ddof=1) / math.sqrt(len(gaps))
        assert (match[5] == "more") == (abs(np.mean(gaps)) > 2 * error)
    else:
        assert len(gaps) == 1


TRAINING = (
    "algorithm", "learning_rate", "local_epochs", "local_steps", "batch_size",
    "clients_per_round", "rounds",
)  # fmt: skip


def one_rate(match, found):
    rates = {run.spec.learning_rate for run in sgd_runs(found)}
    assert float(match[1]) in rates


def sgd_runs(found):
    known = ("minibatch_sgd", "fedavg")
    return [run for runs in found.values() for run in runs.values() if run.algorithm in known]


def many_rates(match, found):
    tried = [float(text) for text in re.split(r", | and ", match[1])]
    chosen = float(match[3])
    fell = {run.spec.learning_rate for run in sgd_runs(found) if math.isnan(last_loss(run))}
    assert {float(text) for text in re.split(r", | and ", match[2] or "") if text} <= fell
    assert set(tried) <= {run.spec.learning_rate for run in sgd_runs(found)}
    assert len(tried) > 1
    edge = "largest" if chosen == max(tried) else "smallest" if chosen == min(tried) else None
    assert match[4] == edge


def fewer(match, found):
    quick, slow = on_shared(found, match[1], match[2])
    target = float(match[5]) / 100
    few, many = (mean(runs, lambda h: needed(h, target)) for runs in (quick, slow))
    assert few < many < math.inf
    assert near(match[3], few, 4)
    assert near(match[4], many, 4)


def equal(match, found):
    one, other = on_shared(found, match[1], match[2])
    target = float(match[4]) / 100
    counts = {mean(runs, lambda h: needed(h, target)) for runs in (one, other)}
    assert len(counts) == 1
    assert near(match[3], counts.pop(), 4)


def price(match, found):
    quick, slow = on_shared(found, match[1], match[6])
    assert float(match[4]) >= 0
    ratio = float(match[4]) / float(match[5]) if float(match[5]) else math.inf
    if match[2] == "about as much":
        assert 0.94 <= ratio <= 1.06
    elif match[2].startswith("only"):
        assert ratio <= 0.96
    else:
        assert ratio >= 1.04
    assert all(same_task(a, b, *TRAINING) for a, b in zip(quick, slow, strict=True))


def differ_in_work_alone(names, found):
    runs = on_shared(found, *names)
    first = runs[0][0]
    work = ("local_steps", "local_epochs", "batch_size")
    assert all(same_task(first, each[0], *work) for each in runs)
    return runs


def effect_of_work(match, found):
    told = re.findall(r"(F\d+ [^,]*?) ([\d.]+) rounds?", match[3])
    runs = differ_in_work_alone([name for name, _ in told], found)
    target = float(match[2]) / 100
    for (_, count), some in zip(told, runs, strict=True):
        assert near(count, mean(some, lambda h: needed(h, target)), 4)
    works = [mean(some, work_of) for some in runs]
    assert works == sorted(works)
    assert (
        direction(works, [mean(s, lambda h: needed(h, target)) for s in runs]) == MEANING[match[1]]
    )


MEANING = {"fewer rounds": -1, "more rounds": 1, "no clear change in rounds": 0}
SIGN = {"a higher": 1, "a lower": -1, "neither clearly higher nor lower": 0}


def work_of(history):
    return final(history, "gradient_evaluations") / final(history, "round")


def direction(works, values):
    """Return the sign of a rank correlation (Kendall) of at least one half."""
    signs = []
    for i in range(len(works)):
        for j in range(i + 1, len(works)):
            step = 0.0 if values[i] == values[j] else values[j] - values[i]
            signs.append(np.sign((works[j] - works[i]) * step))
    tau = np.mean(signs)
    return 1 if tau >= 0.5 else -1 if tau <= -0.5 else 0


def against_iid(match, found):
    label, loss, place, other, even, target = match.group(1, 2, 3, 4, 5, 8)
    mixed, iid = on_shared(found, label, even)
    assert all(same_task(a, b, "data", "partition") for a, b in zip(mixed, iid, strict=True))
    ours, theirs = (mean(runs, lambda h: final(h, "train_loss")) for runs in (mixed, iid))
    assert near(loss, ours)
    assert near(other, theirs)
    close = abs(ours - theirs) <= 0.01 * abs(theirs)
    assert place == ("within a hundredth of" if close else "below" if ours < theirs else "above")
    steadiness(match[7], mixed, iid)
    assert all(best(h) >= float(target) / 100 for h in (*mixed, *iid))


def steadiness(sentence, ours, theirs):
    told = re.fullmatch(r"Its rises add up to (.*), against (.*): (.*)\.", sentence)
    one, other = mean(ours, rises), mean(theirs, rises)
    assert near(told[1], one)
    assert near(told[2], other)
    if max(one, other) <= 1.25 * min(one, other):
        assert told[3] == "about as steady"
    else:
        assert told[3] == ("less steady" if one > other else "steadier")


def apart(match, found):
    mixed, even = on_shared(found, match[1], match[2])
    assert near(match[3], mean(mixed, drift))
    assert near(match[4], mean(even, drift))
    assert all(same_task(a, b, "data", "partition") for a, b in zip(mixed, even, strict=True))


def explained(match, found):
    for label in re.split(r", | and ", match[1]):
        runs = list(found[label].values())
        assert all(r.spec.effective_partition.name != "quantity" for r in runs)
        rivals = [
            other
            for name, other in found.items()
            if name != label
            and set(other) & set(found[label])
            and same_task(runs[0], next(iter(other.values())), "data", "partition")
        ]
        assert any(worse_with_more_drift(found[label], other) for other in rivals)


def worse_with_more_drift(mixed, even):
    common = set(mixed) & set(even)
    ours, theirs = ([side[draw] for draw in sorted(common)] for side in (mixed, even))
    more = mean(ours, drift) > mean(theirs, drift)
    return more and mean(ours, last_loss) > mean(theirs, last_loss)


def last_loss(history):
    return final(history, "train_loss")


def work_and_drift(match, found):
    told = re.findall(r"(F\d+ [^:;(]*): drift ([\d.e+-]+), loss ([\d.e+-]+)", match[3])
    runs = differ_in_work_alone([name for name, *_ in told], found)
    works = [mean(some, work_of) for some in runs]
    assert SIGN[match[1]] == direction(works, [mean(some, drift) for some in runs])
    assert SIGN[match[2]] == direction(works, [mean(some, last_loss) for some in runs])


def cure(match, found):
    label, verdict, ours, plain, theirs = match.group(1, 2, 3, 4, 5)
    cured, base = on_shared(found, label, plain)
    kept = ("data", "partition", "hidden", "network")
    assert all(
        a.facts.get(k) == b.facts.get(k) for a, b in zip(cured, base, strict=True) for k in kept
    )
    one, other = mean(cured, last_loss), mean(base, last_loss)
    assert near(ours, one)
    assert near(theirs, other)
    assert verdict == ("lower" if one < other else "higher or equal")
    steadiness(match[7], cured, base)
    differs = any(not same_task(a, b, "algorithm")
                  for a, b in zip(cured, base, strict=True))  # fmt: skip
    assert bool(match[8]) == differs


def nothing(match, found):
    """A sentence that says what cannot be seen claims nothing about numbers."""


RISES = r"(Its rises add up to .*?: (?:about as steady|less steady|steadier)\.)"
NUMBER = r"([\d.e+-]+)"
FORMS = [
    (
        rf"(.*): after ([\d.]+) rounds?, {NUMBER} epochs, the training loss went from {NUMBER} to "
        rf"{NUMBER}\. Validation accuracy ends at ([\d.]+)%, (.*); its best value is ([\d.]+)%"
        rf"{DRAWS}\.".replace(f"{NUMBER} epochs", r"[\d.e+-]+ epochs"),
        ending,
    ),
    (
        r"On the same clients (.*) ends ([\d.]+) points of validation accuracy above (.*), (?:on "
        r"one draw of the data, so chance is not excluded|over (\d+) draws of the data, (more|no "
        r"more) than two standard errors)\.",
        ends_higher,
    ),
    (r"(?:SGD|FedAvg) ran with one learning rate, ([\d.]+): it was not tuned\.", one_rate),
    (
        r"(?:SGD|FedAvg)'s learning rate was chosen by training loss among (.*?)"
        r"(?:, of which (.*) diverged)?: ([\d.]+)\."
        r"(?: It is the (smallest|largest) one tried, so a better one may lie beyond\.)?",
        many_rates,
    ),
    (
        r"(.*) needs fewer server iterations than (.*): ([\d.]+) rounds? against ([\d.]+) rounds?"
        rf"(?:, .* as many)?, for (\d+)% validation accuracy, which both reach{DRAWS}\.",
        fewer,
    ),
    (
        r"(.*) and (.*) both need ([\d.]+) rounds? for (\d+)% validation accuracy, which both "
        rf"reach{DRAWS}\.",
        equal,
    ),
    (
        r"In passes over the data, (.*) spends (about as much|only (\d+)% as much|.* as much) for "
        rf"it: {NUMBER} epochs against {NUMBER} of (.*)\.",
        price,
    ),
    (
        r"Among FedAvg runs that differ in local work alone, with .*, more of it means (fewer "
        r"rounds|more rounds|no clear change in rounds) to (\d+)% validation accuracy"
        r"(?: \(mean of \d+ draws\))?: (.*)\.",
        effect_of_work,
    ),
    (r"No two FedAvg runs differ in local work alone, so its effect cannot .*\.", nothing),
    (
        rf"(.*) ends at a training loss of {NUMBER}, (below|above|within a hundredth of) the "
        rf"{NUMBER} of (.*?){DRAWS}\. {RISES} For (\d+)% validation accuracy, which both reach, it "
        r"takes .*, and .* on IID data\.",
        against_iid,
    ),
    (
        r"In (.*) the clients move .* apart within a round as in (.*) \(mean drift "
        rf"{NUMBER} against {NUMBER}{DRAWS}\)\.",
        apart,
    ),
    (r"(.*): more drift and a higher final loss\. There the clients pull .*", explained),
    (r"So drift does not explain a worse outcome here\.", nothing),
    (
        r"Among runs that differ in local work alone, with .*, more work means (a higher|a lower|"
        r"neither clearly higher nor lower) drift and (a higher|a lower|neither clearly higher nor "
        r"lower) final training loss(?: \(mean of \d+ draws\))? \((.*)\)\.",
        work_and_drift,
    ),
    (r"Local work was not varied on heterogeneous data, so its effect is open\.", nothing),
    (
        rf"(.*) ends at a (lower|higher or equal) training loss \({NUMBER}\) than (.*) "
        rf"\({NUMBER}\){DRAWS}\. {RISES}( It also has .*, which may be why\.)?",
        cure,
    ),
]  # fmt: skip
