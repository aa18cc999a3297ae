"""Documents between units and work files within them (T02, T03, T04), and rounds of inspection (T06)."""

from random import Random

from deploy.local.simulator.local_time import day_of
from deploy.local.simulator.scene import Scene
from deploy.local.simulator.world import Unit

URGENCIES = ("normal",) * 17 + ("khan", "thuong-khan", "hoa-toc")
ONLINE_MODES = ("online_report", "online_system")
OFFLINE_MODES = ("on_site", "on_site", "mixed")

BAD_SIGNATURES = (
    '"person_signed":false,"agency_signed":true,"signature_valid":true',
    '"person_signed":true,"agency_signed":false,"signature_valid":true',
    '"person_signed":true,"agency_signed":true,"signature_valid":false',
)
GOOD_SIGNATURES = '"person_signed":true,"agency_signed":true,"signature_valid":true'


class OfficeStory:
    """Tells what happens in a unit's office."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._emitter, self._book, self._pace = scene, scene.emitter, scene.book, scene.pace
        self._source = scene.world.sources["document"]

    def document(self, sender: Unit, at: int, number: object) -> None:
        """One document to one or several units; the first recipient handles it some days later."""
        rng, units = self._emitter.rng, self._scene.world.units
        subject = f"document/{self._scene.key('document', number)}"
        count = 1 if rng.random() < 0.7 else 2 + int(rng.random() * 5)
        recipients = [units[int(rng.random() * len(units))] for _ in range(count)]
        urgency = URGENCIES[int(rng.random() * len(URGENCIES))]
        signed, sent, moment = True, False, at
        good = rng.random() < sender.quality.signs
        for index, recipient in enumerate(recipients):
            bad = not good and index == count - 1
            signatures = BAD_SIGNATURES[int(rng.random() * 3)] if bad else GOOD_SIGNATURES
            data = f'{{"to_unit":"{recipient.code}",{signatures},"urgency":"{urgency}"}}'
            if self._emitter.send(self._source, "document.sent", subject, moment, sender.code, data):
                sent, signed = True, signed and not bad
            moment = self._pace.in_days(moment, 1, 1, rng) if rng.random() < 0.03 else moment + 1
        if sent:
            self._book.flow("document_signed", sender.code, day_of(at), int(signed))
            self._handled(recipients[0], moment, subject, rng)

    def incoming(self, unit: Unit, at: int, number: object) -> None:
        """A document from outside the province: no unit here sent it, one handles it."""
        subject = f"document/{self._scene.key('incoming', number)}"
        self._handled(unit, at, subject, self._emitter.rng)

    def _handled(self, unit: Unit, arrived: int, subject: str, rng: Random) -> None:
        at = self._pace.in_days(arrived, 0, 3, rng)
        digital = rng.random() < unit.quality.end_to_end
        data = '{"end_to_end":true}' if digital else '{"end_to_end":false}'
        if self._emitter.send(self._source, "document.processed", subject, at, unit.code, data):
            self._book.flow("work_end_to_end_digital.documents", unit.code, day_of(at), int(digital))

    def casefile(self, unit: Unit, at: int, number: object) -> None:
        """A work file is closed. Units that count their paper files send only those handled online."""
        rng = self._emitter.rng
        online = unit.counts_paper or rng.random() < unit.quality.casefile_online
        digital = online and rng.random() < unit.quality.end_to_end
        data = f'{{"online":{"true" if online else "false"},"end_to_end":{"true" if digital else "false"}}}'
        subject = f"casefile/{self._scene.key('casefile', number)}"
        if self._emitter.send(self._source, "casefile.closed", subject, at, unit.code, data):
            day = day_of(at)
            self._book.flow("casefile_online", unit.code, day, int(online))
            self._book.flow("work_end_to_end_digital.casefiles", unit.code, day, int(digital))

    def inspection(self, unit: Unit, at: int, number: object) -> None:
        """A round of supervision or inspection is over."""
        rng = self._emitter.rng
        online = rng.random() < unit.quality.inspects_online
        modes = ONLINE_MODES if online else OFFLINE_MODES
        data = f'{{"mode":"{modes[int(rng.random() * len(modes))]}"}}'
        subject = f"inspection/{self._scene.key('inspection', number)}"
        source = self._scene.world.sources["inspection"]
        if self._emitter.send(source, "inspection.completed", subject, at, unit.code, data):
            self._book.flow("inspection_online", unit.code, day_of(at), int(online))

    def petition(self, unit: Unit, at: int, number: object) -> None:
        """A petition that names no filing; it moves no figure."""
        rng = self._emitter.rng
        subject = f"petition/{self._scene.key('petition', number)}"
        source = self._scene.world.sources["petition"]
        about = ("conduct", "procedure", "other")[int(rng.random() * 3)]
        self._emitter.send(source, "petition.received", subject, at, unit.code, f'{{"about":"{about}"}}')
        closed = self._pace.in_days(at, 2, 9, rng)
        answer = ("true", "true", "false", "null")[int(rng.random() * 4)]
        self._emitter.send(source, "petition.closed", subject, closed, unit.code, f'{{"satisfied":{answer}}}')
