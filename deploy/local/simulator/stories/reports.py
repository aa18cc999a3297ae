"""Reports that units owe, and figures that people count (T05; T04's paper files, T17–T20, T23)."""

from random import Random

from deploy.local.simulator.local_time import day_text, local_text, midnight
from deploy.local.simulator.scene import Scene
from deploy.local.simulator.world import Month, Unit

END_OF_OFFICE_SECONDS = 17 * 3600
REPORTING_SECONDS = 16 * 3600
"""Counts are reported on the last day of the month that they are about."""

PEOPLE = 24_000
"""Residents of a commune of size 1."""

PAPER_FILES = 45
"""Paper work files per month of a unit of size 1 that counts them."""

REVISED_SHARE = 0.05


def play_duties(scene: Scene, quality: dict[str, float]) -> None:
    """Every report is asked for, and most are submitted. `quality`: unit → probability of keeping it on the system."""
    for duty in scene.world.duties:
        asked = max(duty.asked, scene.first)
        if asked > scene.last or duty.due < scene.first:
            continue
        rng = scene.emitter.begin("report", duty.unit, duty.code, duty.period)
        subject = f"report/{duty.unit}/{duty.code}/{duty.period}"
        at = midnight(asked) + 8 * 3600 + int(rng.random() * 1800)
        due = midnight(duty.due) + END_OF_OFFICE_SECONDS
        data = f'{{"due_at":"{local_text(due)}"}}'
        if not scene.emitter.send(scene.world.sources["report"], "report.due", subject, at, duty.unit, data):
            continue
        kept = _submit(scene, subject, duty.unit, (at, due), rng, quality.get(duty.unit, 1.0))
        scene.book.flow("report_on_system", duty.unit, duty.due, int(kept))


def _submit(scene: Scene, subject: str, unit: str, asked_due: tuple[int, int], rng: Random, quality: float) -> bool:
    """Submits, off the system first in some cases; True when one submission is on the system, late or not."""
    at = max(asked_due[0] + 3600, asked_due[1] - int(rng.random() * 6 * 86_400) + 43_200)
    source, good, kept = scene.world.sources["report"], rng.random() < quality, False
    if not good and rng.random() < 0.4:
        return False
    if not good or rng.random() < 0.05:
        scene.emitter.send(source, "report.submitted", subject, at, unit, '{"on_system":false}')
    if good:
        kept = scene.emitter.send(source, "report.submitted", subject, at + 1800, unit, '{"on_system":true}')
    return kept


class CountStory:
    """Figures that are counted by people each month."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._emitter, self._book, self._world = scene, scene.emitter, scene.book, scene.world

    def play(self, conflicting: str) -> None:
        """All months that end within the run. `conflicting` reports paper files although it sends them as events."""
        months = [month for month in self._world.months if self._scene.first <= month.last <= self._scene.last]
        for month, following in zip(months, [*months[1:], None], strict=False):
            days = (month.last, following.last if following else None)
            for unit in self._world.units:
                rng = self._emitter.begin("count", unit.code, month.code)
                if unit.counts_paper or unit.code == conflicting:
                    self._paper_files(unit, month, rng)
                self._people(unit, month, days, rng)
            self._transactions(month, self._emitter.begin("count", self._world.province, month.code))

    def _paper_files(self, unit: Unit, month: Month, rng: Random) -> None:
        share = 1 - unit.quality.casefile_online
        count = round(PAPER_FILES * unit.size * self._scene.scale.volume * share * 2 * rng.uniform(0.8, 1.2))
        if count and self._report("casefile_online/offline_items", unit.code, "all", month, (0, count), 0):
            self._book.flow("casefile_online.offline_items", unit.code, month.last, 0, count)

    def _people(self, unit: Unit, month: Month, days: tuple[int, int | None], rng: Random) -> None:
        year = int(month.code[5:7]) / 12
        if unit.commune:
            people = round(PEOPLE * unit.size)
            self._stock("bank_account_15plus", unit.code, month, days, (people * 3 // 4, 0.93 + 0.03 * year), rng)
            self._stock("ehealth_record", unit.code, month, days, (people, 0.88 + 0.08 * year), rng)
            self._stock("adult_personal_signature", unit.code, month, days, (people * 7 // 10, 0.45 + 0.2 * year), rng)
        staff = 30 + round(60 * unit.size)
        keen = 0.05 if unit.quality.reports == 1.0 else 0.0
        self._stock("staff_trained", unit.code, month, days, (staff, 0.72 + keen + 0.32 * year), rng)

    def _stock(
        self, slug: str, area: str, month: Month, days: tuple[int, int | None], level: tuple[int, float], rng: Random
    ) -> None:
        """`level`: (people, mean share). A figure reported again has the higher revision."""
        share = level[1] + rng.uniform(-0.03, 0.03)
        numerator = min(level[0], round(level[0] * share))
        series = f"{slug}/people"
        if rng.random() < REVISED_SHARE:
            sent = self._report(series, area, "all", month, (max(0, numerator - 9), level[0]), 0)
            sent = self._report(series, area, "all", month, (numerator, level[0]), 1) and sent
        else:
            sent = self._report(series, area, "all", month, (numerator, level[0]), 0)
        if sent:
            self._book.stock(slug, area, days, numerator, level[0])

    def _transactions(self, month: Month, rng: Random) -> None:
        """By number and by value: two bases are two figures."""
        for basis, mean, total in (("number", 0.83, 9_000_000), ("value", 0.78, 41_000_000)):
            denominator = round(total * rng.uniform(0.9, 1.1))
            numerator = round(denominator * (mean + rng.uniform(-0.03, 0.03)))
            series, area = "cashless_transactions/transactions", self._world.province
            if self._report(series, area, basis, month, (numerator, denominator), 0):
                self._book.flow(f"cashless_transactions.{basis}", area, month.last, numerator, denominator)

    def _report(self, series: str, area: str, basis: str, month: Month, counts: tuple[int, int], revision: int) -> bool:
        """`revision` 1 follows half an hour after revision 0."""
        data = (
            f'{{"period":"{month.code}","numerator":{counts[0]},"denominator":{counts[1]},'
            f'"as_of":"{day_text(month.last)}","revision":{revision}}}'
        )
        source = self._world.sources.get(series.split("/", maxsplit=1)[0], self._world.sources["count"])
        at = midnight(month.last) + REPORTING_SECONDS + revision * 1800
        return self._emitter.send(source, "count.reported", f"count/{series}/{area}/{basis}", at, area, data)
