"""A filing from receipt to rating, with its fees and petitions (T09, T10, T12, T13, T14)."""

from dataclasses import dataclass
from random import Random

from deploy.local.simulator.local_time import day_of, local_text
from deploy.local.simulator.scene import Scene
from deploy.local.simulator.world import Procedure, Unit

DELIVERED_ONLINE_SHARE = 0.8
"""The rest of online filings gets its result by post; both count."""

NOTICE_SHARE = 0.3
"""Of the filings that are withdrawn or stopped: a notice is issued as the result, which T09 leaves out."""

UNSCANNED_SHARE = 0.3
"""Of the paper results of a unit that does not digitise everything."""

PLATFORMS = ("national", "national", "national", "provincial")
OFFLINE_WAYS = ("cash", "cash", "other")
APPLICANTS = ("citizen", "citizen", "citizen", "enterprise", "household_business")
STOPPED = {3: 0.03, 7: 0.015, 8: 0.01}
"""Share of filings that end refused, withdrawn by the applicant, or stopped: none of them owes a fee."""


@dataclass(slots=True)
class Filing:
    """One filing while its story is told."""

    unit: Unit
    procedure: Procedure
    subject: str
    received: int
    receiver: str
    offered: bool
    online: bool


class FilingStory:
    """Tells filings of one run."""

    def __init__(self, scene: Scene) -> None:
        self._scene, self._emitter, self._book, self._pace = scene, scene.emitter, scene.book, scene.pace
        self._source = scene.world.sources["filing"]

    def tell(self, unit: Unit, at: int, number: object, *, online: bool | None = None) -> None:
        """One filing that comes in at `at`; `online` None: as the unit's quality has it."""
        rng = self._emitter.rng
        self._play(self._open(unit, at, number, online=online), self._ending(rng), rng)

    def tell_online(self, unit: Unit, at: int, number: object) -> None:
        """One filing that comes in online, as on a day off."""
        self.tell(unit, at, number, online=True)

    def mishap(self, unit: Unit, at: int, number: object) -> None:
        """A filing that is offered online, is handed in over the counter, and gets its result: a miss of T09."""
        filing = self._open(unit, at, number, online=False)
        filing.offered = True
        self._play(filing, 0, self._emitter.rng)

    def _play(self, filing: Filing, end: int, rng: Random) -> None:
        """`end`: the status in which it ends, 0 when it is resolved."""
        if not self._receive(filing, rng):
            return
        after, refused = self._process(filing, end, rng)
        digitised = self._digitise_papers(filing, rng) if end != 3 else False
        if not refused:
            day = day_of(filing.received)
            self._book.flow("filing_digitised.components", filing.receiver, day, int(filing.online or digitised))
        if end == 0:
            self._resolve(filing, after, rng)
        elif end != 3 and rng.random() < NOTICE_SHARE:
            self._issue(filing, self._pace.soon(after, rng), rng, halted=True)

    def carried_over(self, unit: Unit, at: int, number: object) -> None:
        """A result for a filing received in the year before: its receipt is never heard of, so nothing counts."""
        data = '{"electronic":true,"signed":true,"delivery":"online"}'
        subject = f"filing/{self._scene.key('carried', number)}"
        self._send("filing.result_issued", subject, at, unit.code, data)

    def _send(self, type_: str, subject: str, at: int, unit: str, data: str) -> bool:
        return self._emitter.send(self._source, type_, subject, at, unit, data)

    def _open(self, unit: Unit, at: int, number: object, *, online: bool | None) -> Filing:
        rng, procedures = self._emitter.rng, self._scene.world.procedures[unit.code]
        procedure = procedures[int(rng.random() * len(procedures))]
        offered = procedure.offered(day_of(at))
        elsewhere = rng.random() < 0.06 and unit.neighbours
        receiver = rng.choice(unit.neighbours) if elsewhere else unit.code
        if online is None:
            online = rng.random() < (unit.quality.files_online if offered else 0.15)
        return Filing(unit, procedure, f"filing/{self._scene.key(number)}", at, receiver, offered, online)

    def _receive(self, filing: Filing, rng: Random) -> bool:
        if filing.online:
            channel = "online"
        else:
            roll = rng.random()
            channel = "direct" if roll < 0.93 else "postal" if roll < 0.985 else "unknown"
        procedure = filing.procedure
        due = local_text(self._pace.in_days(filing.received, 3, 15, rng))
        data = (
            f'{{"procedure":"{procedure.code}","receiving_unit":"{filing.receiver}","channel":"{channel}",'
            f'"full_online_offered":{_json(filing.offered)},"result_is_document":{_json(procedure.result_is_document)},'
            f'"due_at":"{due}","applicant_kind":"{APPLICANTS[int(rng.random() * 5)]}"}}'
        )
        return self._send("filing.received", filing.subject, filing.received, filing.unit.code, data)

    @staticmethod
    def _ending(rng: Random) -> int:
        """The status in which the filing ends, 0 for one that is resolved."""
        roll = rng.random()
        for status, share in STOPPED.items():
            roll -= share
            if roll < 0:
                return status
        return 0

    def _process(self, filing: Filing, end: int, rng: Random) -> tuple[int, bool]:
        """Statuses up to the decision; (instant of the last one, refused)."""
        subject, unit = filing.subject, filing.unit.code
        at = self._pace.soon(filing.received, rng)
        if end == 3:
            return at, self._status(subject, at, unit, 3)
        self._status(subject, at, unit, 2)
        at = self._pace.soon(at, rng)
        self._status(subject, at, unit, 4)
        if rng.random() < 0.06:
            at = self._pace.in_days(at, 0, 1, rng)
            self._status(subject, at, unit, 5)
            at = self._pace.in_days(at, 1, 3, rng)
            self._status(subject, at, unit, 4)
        if end:
            at = self._pace.in_days(at, 1, 4, rng)
            self._status(subject, at, unit, end)
        return at, False

    def _status(self, subject: str, at: int, unit: str, status: int) -> bool:
        return self._send("filing.status_changed", subject, at, unit, f'{{"status":{status}}}')

    def _digitise_papers(self, filing: Filing, rng: Random) -> bool:
        """Papers handed in are scanned, by the unit that received them; what comes in online needs no scan."""
        if filing.online:
            return False
        complete = rng.random() < filing.unit.quality.digitises
        if not complete and rng.random() < 0.5:
            return False
        at = self._pace.in_days(filing.received, 0, 1, rng)
        data = f'{{"part":"components","complete":{_json(complete)}}}'
        return self._send("filing.digitised", filing.subject, at, filing.receiver, data) and complete

    def _resolve(self, filing: Filing, after: int, rng: Random) -> None:
        subject, unit = filing.subject, filing.unit.code
        paid = self._fees(filing, after, rng) if filing.procedure.has_fee else after
        done = self._pace.in_days(paid or after, 1, 7, rng)
        self._status(subject, done, unit, 9)
        issued = self._pace.soon(done, rng)
        if not self._issue(filing, issued, rng):
            return
        if paid is None:
            self._book.flow("payment_online", unit, day_of(issued), 0)
        if rng.random() < 0.9:
            self._status(subject, self._pace.soon(issued, rng), unit, 10)
        if rng.random() < 0.35:
            self._rate(filing, issued, rng)
        if rng.random() < 0.004:
            self._petition(filing, issued, rng)

    def _fees(self, filing: Filing, after: int, rng: Random) -> int | None:
        """Fees come due and are settled before the result. Returns the last payment, None when the filing stays unpaid.

        A filing with one fee may have it waived; then it has no obligation and counts nowhere.
        """
        subject, unit, quality = filing.subject, filing.unit.code, filing.unit.quality
        count = 2 if rng.random() < 0.1 else 1
        due = [self._pace.soon(after + number, rng) for number in range(count)]
        sent = [self._send("filing.fee_due", subject, at, unit, _fee(n)) for n, at in enumerate(due, 1)]
        latest = max(due)
        if count == 1 and rng.random() < 0.04:
            waived = self._pace.soon(latest, rng)
            self._send("filing.fee_waived", subject, waived, unit, _fee(1))
            return waived
        if rng.random() < (1 - quality.pays_online) * 0.2:
            return None
        if rng.random() < 0.3:
            latest = self._pace.soon(latest, rng)
            self._status(subject, latest, unit, 6)
        online = rng.random() < quality.pays_online
        for number in range(1, count + 1):
            latest = self._pace.any_time(latest, 0, 2, rng)
            ways = PLATFORMS if online or number < count else OFFLINE_WAYS
            way = ways[int(rng.random() * len(ways))]
            sent.append(self._send("filing.fee_paid", subject, latest, unit, _fee(number, way)))
        if all(sent):
            self._book.flow("payment_online", unit, day_of(latest), int(online))
        return latest

    def _issue(self, filing: Filing, at: int, rng: Random, *, halted: bool = False) -> bool:
        quality, unit, day = filing.unit.quality, filing.unit.code, day_of(at)
        online = filing.online and filing.offered
        delivery = ("online" if rng.random() < DELIVERED_ONLINE_SHARE else "postal") if online else "direct"
        electronic = rng.random() < quality.electronic
        signed = electronic and rng.random() < 0.5 + quality.electronic / 2
        data = f'{{"electronic":{_json(electronic)},"signed":{_json(signed)},"delivery":"{delivery}"}}'
        if not self._send("filing.result_issued", filing.subject, at, unit, data):
            return False
        if filing.offered and not halted:
            self._book.flow("filing_full_online", unit, day, int(online))
        if filing.procedure.result_is_document:
            scanned = not electronic and self._scan_result(filing, at, rng)
            self._book.flow("electronic_result", unit, day, int(electronic and signed))
            self._book.flow("filing_digitised.results", unit, day, int(electronic or scanned))
        return True

    def _scan_result(self, filing: Filing, issued: int, rng: Random) -> bool:
        if filing.unit.quality.digitises < 1 and rng.random() < UNSCANNED_SHARE:
            return False
        at = self._pace.soon(issued, rng)
        data = '{"part":"result","complete":true}'
        return self._send("filing.digitised", filing.subject, at, filing.unit.code, data)

    def _rate(self, filing: Filing, issued: int, rng: Random) -> None:
        """The latest rating counts, on its day; one in twenty applicants rates again."""
        at, rating, unit = self._pace.any_time(issued, 0, 3, rng), _rating(filing, rng), filing.unit.code
        if not self._send("filing.rated", filing.subject, at, unit, f'{{"rating":"{rating}"}}'):
            return
        if rng.random() < 0.05:
            again, second = self._pace.any_time(at, 1, 5, rng), _rating(filing, rng)
            if self._send("filing.rated", filing.subject, again, unit, f'{{"rating":"{second}"}}'):
                at, rating = again, second
        self._book.flow("satisfaction", unit, day_of(at), int(rating == "satisfied"))

    def _petition(self, filing: Filing, issued: int, rng: Random) -> None:
        at = self._pace.in_days(issued, 1, 3, rng)
        due = local_text(self._pace.in_days(at, 5, 10, rng))
        data = f'{{"about":"filing","due_at":"{due}"}}'
        if self._send("petition.received", filing.subject, at, filing.unit.code, data):
            closed = self._pace.in_days(at, 2, 9, rng)
            self._send("petition.closed", filing.subject, closed, filing.unit.code, '{"satisfied":true}')


def _json(value: bool) -> str:
    return "true" if value else "false"


def _fee(number: int, via: str = "") -> str:
    return f'{{"fee":"fee-{number}","via":"{via}"}}' if via else f'{{"fee":"fee-{number}"}}'


def _rating(filing: Filing, rng: Random) -> str:
    roll = rng.random()
    if roll < filing.unit.quality.satisfies:
        return "satisfied"
    return "neutral" if rng.random() < 0.6 else "dissatisfied"
