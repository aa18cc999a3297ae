"""A dry run in words: volumes per type, noise, totals per reading, and what is planted."""

from collections import defaultdict
from collections.abc import Iterator

from deploy.local.simulator.local_time import day_number
from deploy.local.simulator.run import Run


def describe(run: Run) -> Iterator[str]:
    """Lines of text. Plays the whole run without sending anything; takes some ten seconds for a full year."""
    deliveries = sum(len(day) for day in run.plan.deliveries())
    yield f"{run.options.first} … {run.options.last}: {deliveries:n} lượt gửi"
    yield ""
    yield f"{'Loại sự kiện':32} {'lượt gửi':>10}"
    for type_, number in sorted(run.outbox.types.items()):
        yield f"{type_:32} {number:>10}"
    yield ""
    yield "Nhiễu: " + ", ".join(f"{kind} {number}" for kind, number in sorted(run.outbox.noise.items()))
    yield ""
    yield f"{'Reading':42} {'tử số':>12} {'mẫu số':>12} {'%':>7} {'đơn vị':>7} {'kém nhất':>9}"
    yield from _totals(run)
    yield ""
    yield "Tình huống được gài:"
    yield from (f"- {text}" for text in run.fates.texts)


def _totals(run: Run) -> Iterator[str]:
    by_unit: defaultdict[str, defaultdict[str, list[int]]] = defaultdict(lambda: defaultdict(lambda: [0, 0]))
    expected = run.book.expected([day_number(run.options.last)])
    for row in expected["cells"] + expected["stocks"]:
        amount = by_unit[row["reading"]][row["unit"]]
        amount[0] += row["num"]
        amount[1] += row["den"]
    for reading, units in sorted(by_unit.items()):
        num, den = (sum(amount[i] for amount in units.values()) for i in (0, 1))
        worst = min((100 * n / d for n, d in units.values() if d), default=0.0)
        yield f"{reading:42} {num:>12} {den:>12} {100 * num / max(1, den):>7.2f} {len(units):>7} {worst:>8.1f}%"
