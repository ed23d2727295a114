"""What each sentence about pruned networks claims, computed again without the report's code."""

import re

import numpy as np

from core.pruning.methods import CONTROLS, METHODS
from core.settings import describe

NAMES = {method.label: name for name, method in METHODS.items()}


def check(sentence, points):
    """Assert that a sentence is true of these points; a sentence of no known form fails."""
    for pattern, evaluate in FORMS:
        if found := re.fullmatch(pattern, sentence):
            pruned = [p for p in points if p.method != "dense"]
            evaluate(found, points, pruned)
            return pattern
    raise AssertionError(f"no evaluator knows: {sentence}")


def methods(phrase):
    return [NAMES[label] for label in re.split(r", | and ", phrase)]


def shares(phrase):
    return [float(text) / 100 for text in re.findall(r"([\d.]+)%", phrase)]


def levels(points):
    """Return sparsities, those less than half a point above the first of a level as one."""
    found = []
    for value in sorted(p.sparsity for p in points):
        if not found or value - found[-1] >= 0.005:
            found.append(value)
    return found


def asked(point):
    return point.plan["sparsity"]


def area(corners):
    """Return the area under a staircase of (sparsity, accuracy), by thin vertical strips."""
    xs = np.unique([0.0, *(x for x, _ in corners)])
    heights = [max((y for x, y in corners if x >= right), default=0.0) for right in xs[1:]]
    return float(np.sum(np.diff(xs) * heights))


def enough_levels(found, points, pruned):
    counts = [len(levels([p for p in pruned if p.method == m])) for m in {p.method for p in pruned}]
    assert min(counts) == int(found[1]) >= 3


def few_levels(found, points, pruned):
    few = {m for m in {p.method for p in pruned} if len(levels(of(pruned, m))) < 3}
    assert few == set(methods(found[1]))


def of(points, method):
    return [p for p in points if p.method == method]


def guessing(point):
    """Return whether a network is within two standard errors of chance, or says one class."""
    counts = np.array(point.confusion)
    return point.accuracy <= near_chance(counts) or (counts.any(axis=0).sum() == 1)


def guessed(point):
    """Return whether it is within two standard errors of chance on validation images."""
    return point.validation_accuracy <= near_chance(np.array(point.confusion))


def near_chance(counts):
    """Return the accuracy up to which guessing may reach on as many images."""
    classes, images = len(counts), counts.sum()
    return 1 / classes + 2 * np.sqrt((1 - 1 / classes) / classes / images)


def worth(pruned, place):
    """Return the networks of which one at least in the same place does better than guessing."""
    place = [place(p) for p in pruned]
    good = {where for where, p in zip(place, pruned, strict=True) if not guessed(p)}
    return [p for where, p in zip(place, pruned, strict=True) if where in good]


def guesses(found, points, pruned):
    bad = [p for p in pruned if guessing(p)]
    assert (len(bad), len(pruned)) == (int(found[1]), int(found[2]))
    told = dict(part.rsplit(" at ", 1) for part in found[3].split("; "))
    assert {NAMES[label] for label in told} == {p.method for p in bad}
    for label, levels_said in told.items():
        assert set(shares(levels_said)) == {round(asked(p), 2) for p in of(bad, NAMES[label])}
    one_class = [p for p in bad if np.array(p.confusion).any(axis=0).sum() == 1]
    assert len(one_class) == int(found[5] or 0)
    assert shares(found[4]) == [1 / len(bad[0].confusion)]


def one_budget(found, points, pruned):
    assert {p.epochs for p in pruned} == {float(found[1])}


def budgets(found, points, pruned):
    known = {p.epochs for p in pruned}
    assert (min(known), max(known)) == (float(found[1]), float(found[2]))
    assert len(known) > 1


def largest_area(found, points, pruned):
    pruned = worth(pruned, lambda p: (p.method, p.epochs))
    compared, shared, epochs = methods(found[1]), shares(found[2]), budget(found[3])
    groups = {m: [p for p in of(pruned, m) if p.epochs == epochs] for m in compared}
    assert all({round(asked(p), 2) for p in g} >= set(shared) for g in groups.values())
    kept = {m: [p for p in g if round(asked(p), 2) in shared] for m, g in groups.items()}
    assert not any(all(map(guessed, g)) for g in kept.values())
    chosen = {m: area([(p.sparsity, p.validation_accuracy) for p in g]) for m, g in kept.items()}
    reported = {m: area([(p.sparsity, p.accuracy) for p in g]) for m, g in kept.items()}
    [best], [other] = methods(found[4]), methods(found[7])
    assert chosen[best] >= max(chosen.values()) - 1e-12
    assert abs(reported[best] - float(found[5])) < 1e-4
    assert abs(reported[other] - float(found[6])) < 1e-4
    assert reported[other] >= max(v for m, v in reported.items() if m != best) - 1e-12
    at_budget = [p for p in pruned if p.epochs == epochs]
    several = {
        m for m in {p.method for p in at_budget} if len({asked(p) for p in of(at_budget, m)}) > 1
    }
    assert set(compared) == several
    assert len(shared) > 1
    if found[8]:
        mean, error = verdict(differences(kept[best], kept[other]))
        assert abs(abs(mean) * 100 - float(found[8])) < 0.051
        assert (mean > 0) == (found[9] == "less")
        assert int(found[10]) == len(differences(kept[best], kept[other]))
        assert (found[11] == "more") == (abs(mean) > 2 * error)


def budget(phrase):
    return 0.0 if phrase == "without fine-tuning" else float(phrase.split()[1])


def nobody_scores(found, points, pruned):
    assert all(p.accuracy <= 0.6 or p.sparsity <= 0 for p in pruned)


def best_score(found, points, pruned):
    [method] = methods(found[2])

    def validated(p):
        above = p.validation_accuracy > 0.6 and p.sparsity > 0
        score = (p.validation_accuracy + p.sparsity) / 2 if above else 0.0
        return score, p.validation_accuracy

    rivals = [p for p in pruned if p.method not in CONTROLS] or pruned
    best = max(map(validated, rivals))
    assert (validated(max(pruned, key=validated)) > best) <= bool(found[1])
    candidates = [p for p in of(pruned, method) if validated(p) == best]
    assert any(
        abs(p.score - float(found[6])) < 1e-4
        and abs(p.accuracy - float(found[7]) / 100) < 6e-4
        and p.seed == int(found[5])
        and p.epochs == budget(found[4])
        for p in candidates
    )


def family(points, label):
    [dense] = [p for p in points if p.method == "dense" and p.label == label]
    ids, grown = {dense.id}, True
    while grown:
        more = {p.id for p in points if p.parent in ids and p.method != "dense"}
        grown, ids = not more <= ids, ids | more
    return dense, [p for p in points if p.id in ids and p is not dense]


def winners(members):
    """Yield (level, the best network by validation) from the lowest level on."""
    for lowest in levels(members):
        here = [p for p in members if lowest <= p.sparsity < lowest + 0.005]
        yield max(here, key=lambda p: p.validation_accuracy)


def kept_up_to(found, points, pruned):
    dense, members = family(points, found[2])
    bound = float(found[1]) / 100 + 6e-4
    below = [p for p in winners(members) if p.sparsity <= bound]
    assert below
    assert all(p.accuracy >= dense.accuracy for p in below)


def lost_at_once(found, points, pruned):
    dense, members = family(points, found[3])
    first = next(winners(members))
    assert first.accuracy < dense.accuracy
    assert abs(first.sparsity - float(found[1]) / 100) < 6e-4


def circumstances(p):
    return p.parent, p.seed, p.epochs, asked(p)


def differences(ours, theirs):
    by_key = {}
    for p in theirs:
        by_key.setdefault(circumstances(p), p)
    seen, found = set(), []
    for p in ours:
        key = circumstances(p)
        if key in by_key and key not in seen:
            seen.add(key)
            found.append((p, by_key[key]))
    return found


def verdict(pairs):
    gaps = np.array([a.accuracy - b.accuracy for a, b in pairs])
    images = sum(sum(row) for row in pairs[0][0].confusion)
    variances = [q.accuracy * (1 - q.accuracy) / images for pair in pairs for q in pair]
    error = np.sqrt(sum(variances)) / len(gaps)
    if len(gaps) > 1:
        error = max(error, gaps.std(ddof=1) / np.sqrt(len(gaps)))
    return gaps.mean(), error


def against_random(found, points, pruned):
    [ours], [control] = methods(found[1]), methods(found[2])
    assert control in CONTROLS
    assert METHODS[ours].structured == METHODS[control].structured
    told = {
        verb: shares(phrase)
        for verb, phrase in re.findall(
            r"(beats|is behind|is within two standard errors of) it at ((?:[\d.]+%(?:, | and )?)+)",
            found[4],
        )
    }
    assert told
    counts = {
        len(differences([p for p in of(pruned, ours) if asked(p) == level], of(pruned, control)))
        for level in {asked(p) for p in of(pruned, ours)}
    } - {0}
    said = {int(n) for n in re.findall(r"\d+", found[3])} or {1}
    assert said == {min(counts), max(counts)}
    assert ("so the spread over seeds" in found[0]) == (counts == {1})
    for verb, where in told.items():
        for level in where:
            here = [p for p in of(pruned, ours) if abs(asked(p) - level) < 0.005]
            mean, error = verdict(differences(here, of(pruned, control)))
            expected = (
                "beats" if mean > 2 * error else
                "is behind" if mean < -2 * error else "is within two standard errors of"
            )  # fmt: skip
            assert verb == expected, (level, mean, error)


def two_best(found, points, pruned):
    pruned = worth(pruned, lambda p: (p.method, asked(p), p.epochs))
    level, epochs = float(found[1]) / 100, budget(found[2])
    [one], [other] = methods(found[3]), methods(found[4])
    here = [p for p in pruned if p.epochs == epochs and abs(asked(p) - level) < 0.005]
    means = {
        m: np.mean([p.validation_accuracy for p in of(here, m)])
        for m in {p.method for p in here} - set(CONTROLS)
    }
    assert {one, other} <= means.keys()
    assert means[one] >= means[other] - 1e-12
    assert all(means[other] >= v - 1e-12 for m, v in means.items() if m not in (one, other))
    mean, error = verdict(differences(of(here, one), of(here, other)))
    assert (mean >= 0) == (found[5] == "leads")
    assert abs(abs(mean) * 100 - float(found[6])) < 0.051
    assert (found[7] == "more") == (abs(mean) > 2 * error)


def bend(found, points, pruned):
    start, middle = float(found[3]) / 100, float(found[1]) / 100
    before, after = float(found[4]), float(found[5])
    assert start < middle
    assert before < after
    assert any(abs(p.sparsity - middle) < 6e-4 for p in of(pruned, methods(found[2])[0]))


def cheapest(found, points, pruned):
    epochs, [low], [high] = budget(found[1]), methods(found[2]), methods(found[4])
    medians = {
        m: np.median([p.seconds for p in of(pruned, m) if p.epochs == epochs])
        for m in {p.method for p in pruned if p.epochs == epochs}
    }
    rivals = {m: v for m, v in medians.items() if m not in CONTROLS} or medians
    assert rivals[low] == min(rivals.values())
    assert rivals[high] == max(rivals.values())
    assert abs(rivals[low] - float(found[3])) < 0.06


def as_long(found, points, pruned):
    epochs = budget(found[2])
    alike = [p for p in pruned if p.epochs == epochs]
    rivals = [m for m in {p.method for p in alike} if m not in CONTROLS]
    rivals = rivals or list({p.method for p in alike})
    medians = [np.median([p.seconds for p in of(alike, m)]) for m in rivals]
    assert max(medians) < 1.05 * min(medians) + 1e-9


def alone(found, points, pruned):
    [method] = methods(found[1])
    alike = [p for p in of(pruned, method) if p.epochs == budget(found[3])]
    assert abs(np.median([p.seconds for p in alike]) - float(found[2])) < 0.06


def fewest_needs(found, points, pruned):
    used = {p.method for p in pruned}
    used = used - set(CONTROLS) or used

    def needs(m):
        row = METHODS[m]
        return bool(row.trains), bool(row.needs_data), len(describe(row.settings))

    least = min(map(needs, used))
    assert set(methods(found[1])) == {m for m in used if needs(m) == least}


AFTER = r"(after [\d.]+ epochs? of fine-tuning|without fine-tuning)"
FORMS = [
    (r"Every method was run at (\d+) or more sparsities, .* in all\.", enough_levels),
    (r"A frontier needs 3 sparsities; fewer were run with (.*)\.", few_levels),
    (r"Every network had the same budget of ([\d.]+) fine-tuning epochs?\.", one_budget),
    (r"The budgets differ, from ([\d.]+) to ([\d.]+) fine-tuning epochs: .*", budgets),
    (
        r"(\d+) of (\d+) networks? cannot be told from guessing on the holdout \((.*)\): an "
        r"accuracy that is at most two standard errors above chance \((.*?)\)(?: or the same class "
        r"for every image \((\d+) of them\))?\. No method is ranked where all "
        r"of its networks do on validation images\.",
        guesses,
    ),
    (
        rf"Over the sparsities that (.*) share \((.*)\), {AFTER}, validation images give (.*) the "
        r"largest area under its front\. On the holdout that area is ([\d.]+); the largest of the "
        r"others is ([\d.]+), of ([^:]*?)(?:: ([\d.]+) points of accuracy (less|more) on average "
        r"over (\d+) pairs? of networks, (more|no more) than two standard errors)?\.",
        largest_area,
    ),
    (r"No network scores above 0 on the holdout: that needs an accuracy above 60%.", nobody_scores),
    (
        rf"Of all networks( but the controls)?, validation images choose (.*) at ([\d.]+)% "
        rf"sparsity {AFTER} \(seed (\d+)\): its score on the holdout is ([\d.]+), with ([\d.]+)% "
        r"accuracy\. .*",
        best_score,
    ),
    (
        r"At every sparsity run up to ([\d.]+)% the best network by validation is at least as "
        r"accurate as (.*) \([\d.]+%\); there it is .*",
        kept_up_to,
    ),
    (
        r"At ([\d.]+)%, the lowest sparsity run, the best network by validation has ([\d.]+)%: "
        r"less than (.*) \([\d.]+%\)\.",
        lost_at_once,
    ),
    (
        r"From the same dense network and with equal epochs, (.*) against (.*) "
        r"\((.*) of networks at each sparsity(?:, so the spread over seeds is not known)?\): "
        r"it (.*)\.",
        against_random,
    ),
    (
        rf"At ([\d.]+)% sparsity {AFTER}, (.*) and (.*) are the best two by validation\. On the "
        r"holdout .* (leads|is behind) by ([\d.]+) points over \d+ pairs? of networks from the "
        r"same dense one: (more|no more) than two standard errors \([\d.]+ points\)\.",
        two_best,
    ),
    (
        r"The front(?: without controls)? bends at ([\d.]+)% \((.*), [\d.]+%\): from ([\d.]+)% on, "
        r"a point of sparsity costs ([\d.]+) points of accuracy on average, beyond "
        r"the bend ([\d.]+)\.",
        bend,
    ),
    (
        rf"Cheapest {AFTER} was (.*) with a median of ([\d.]+) s a network; most expensive (.*) "
        r"with [\d.]+ s.*",
        cheapest,
    ),
    (rf"The medians of all methods lie within 5% of ([\d.]+) s a network {AFTER}\.", as_long),
    (rf"(.*) took a median of ([\d.]+) s a network {AFTER}\.", alone),
    (r"Fewest needs: (.*); (?:each needs|it needs) .*", fewest_needs),
]  # fmt: skip
