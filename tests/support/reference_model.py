"""A second, slow definition of every figure: fold the set of effective events, then count with dictionaries.

It shares nothing with the engine but the contracts and the facts. It knows no steps, no differences, no ledger: a stock
is asked for one day, a flow is counted on its days.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec.structs import replace

from services.scoring.facts import Facts
from shared.contracts.event import Event

Tally = dict[tuple[str, str, str], tuple[int, int, int]]
"""(reading, unit, reason) → (num, den, excluded), without zeros."""

EPOCH = date(1970, 1, 1)
SECOND_US = 1_000_000
REPORTED_STOCKS = ("bank_account_15plus", "ehealth_record", "adult_personal_signature", "staff_trained")


def tally(events: Iterable[Event], facts: Facts, first_day: int, last_day: int, register: Iterable[str]) -> Tally:
    """Flows of `first_day` to `last_day` and stocks at 24:00 of `last_day`.

    `register`: the subjects of the register that are looked at, besides those of the events.
    """
    by_subject: dict[str, list[Event]] = {subject: [] for subject in register}
    for event in events:
        by_subject.setdefault(event.subject, []).append(event)
    sums: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])

    for subject, log in by_subject.items():
        beats = [event for event in log if event.type == "system.heartbeat"]  # known by their day alone, never by id
        standing = effective(distinct([event for event in log if event.type != "system.heartbeat"]))
        for day, reading, unit, reason, amounts in _facts_of(subject, standing + beats, facts, last_day):
            if day is None or first_day <= day <= last_day:
                for place, amount in enumerate(amounts):
                    sums[reading, unit, reason][place] += amount
    return {key: (s[0], s[1], s[2]) for key, s in sums.items() if any(s)}


def distinct(log: Sequence[Event]) -> list[Event]:
    """The set: first content of each (source, id), with the earliest recordedtime and every reach of its copies."""
    first: dict[tuple[str, str], Event] = {}
    for event in log:
        first.setdefault((event.source, event.id), event)
    whole = []
    for kept in first.values():
        copies = [e for e in log if (e.source, e.id, e.content) == (kept.source, kept.id, kept.content)]
        reach = tuple(unit for copy in copies for unit in copy.reach)
        whole.append(replace(kept, recorded=min(copy.recorded for copy in copies), reach=reach))
    return whole


def effective(events: Sequence[Event]) -> list[Event]:
    """Events that stand, by asking each one recursively; a ring of links answers no."""
    removed = {(e.data["source"], e.data["id"]) for e in events if e.type == "event.displaced"}
    events = [e for e in events if e.type != "event.displaced" and (e.source, e.id) not in removed]
    index = {(e.source, e.id): e for e in events}

    def acts(retraction: Event) -> bool:
        return not on_ring(retraction, index) and not taken_back(retraction)

    def taken_back(event: Event) -> bool:
        return any(r.type == "event.retracted" and aims(r, event) and acts(r) for r in events)

    def stands_for(event: Event) -> Event | None:
        if taken_back(event):
            return None
        corrections = [c for c in events if c.type != "event.retracted" and c.corrects and aims(c, event)]
        for correction in sorted(corrections, key=lambda c: (c.recorded, c.id), reverse=True):
            found = stands_for(correction)
            if found is not None:
                return found
        return event

    originals = [e for e in events if e.type != "event.retracted" and not e.corrects]
    return [found for found in map(stands_for, originals) if found is not None]


def _link(event: Event) -> str:
    return str(event.data["id"]) if event.type == "event.retracted" else event.corrects


def aims(link: Event, event: Event) -> bool:
    """It names the event, of the same source, and the sender speaks for that event's unit."""
    named = link.source == event.source and _link(link) == event.id
    return named and (event.unit in (link.unit, *link.reach) or "*" in link.reach)


def on_ring(event: Event, index: Mapping[tuple[str, str], Event]) -> bool:
    """Following the links leads back to the event itself."""
    at = event
    for _ in index:
        target = index.get((at.source, _link(at)))
        if target is None or target.type != "event.retracted" or not aims(at, target):
            return False
        if target.id == event.id:
            return True
        at = target
    return False


Fact = tuple[int | None, str, str, str, tuple[int, int, int]]
"""(day or None for a stock at the day asked for, reading, unit, reason, amounts)"""

HIT, MISS, OUT = (1, 1, 0), (0, 1, 0), (0, 0, 1)


def _facts_of(subject: str, events: list[Event], facts: Facts, day: int) -> list[Fact]:
    count = {
        "filing": _filing, "document": _document, "casefile": _casefile, "inspection": _inspection, "report": _report,
        "auth": _auth, "network": _network, "procedure": _procedure, "portal": _portal, "dataset": _dataset,
        "system": _system, "count": _count,
    }.get(subject.partition("/")[0])  # fmt: skip
    return count(subject, sorted(events, key=_order), facts, day) if count else []


def _order(event: Event) -> tuple[int, int, str, str]:
    return (event.time, event.recorded, event.id, event.source)


def _last(events: list[Event], kind: str, day: int | None = None, **data: Any) -> Event | None:
    found = [
        e
        for e in events
        if e.type == kind and (day is None or e.day <= day) and all(e.data[k] == v for k, v in data.items())
    ]
    return found[-1] if found else None


def _yes(condition: Any) -> tuple[int, int, int]:
    return HIT if condition else MISS


def _filing(_: str, events: list[Event], __: Facts, ___: int) -> list[Fact]:
    received, result = _last(events, "filing.received"), _last(events, "filing.result_issued")
    rating, status = _last(events, "filing.rated"), _last(events, "filing.status_changed")
    papers, scan = (
        _last(events, "filing.digitised", part="components"),
        _last(events, "filing.digitised", part="result"),
    )
    code = status.data["status"] if status else 0
    rows: list[tuple[int, str, str, str, tuple[int, int, int]]] = []
    if received:
        at = (received.day, "filing_digitised.components", received.data["receiving_unit"])
        done = received.data["channel"] == "online" or (papers is not None and papers.data["complete"])
        rows.append((*at, "status_3", OUT) if code == 3 else (*at, "", _yes(done)))
    elif papers:
        rows.append((papers.day, "filing_digitised.components", papers.unit, "", MISS))
    if rating:
        unit = result.unit if result else rating.unit
        rows.append((rating.day, "satisfaction", unit, "", _yes(rating.data["rating"] == "satisfied")))
    if result:
        rows += _result(received, result, code, scan)
    rows += _fees(events, result)
    return [(d, r, u, why, a) if received else (d, r, u, "awaiting_received", OUT) for d, r, u, why, a in rows]


def _result(received: Event | None, result: Event, status: int, scan: Event | None) -> list[Any]:
    at, said = (result.day, result.unit), result.data
    full = (at[0], "filing_full_online", at[1])
    scanned = said["electronic"] or (scan is not None and scan.data["complete"])
    rows: list[Any] = []
    if received is None or received.data["full_online_offered"] is False:
        rows.append((*full, "not_offered", OUT))
    elif status in (3, 7, 8):
        rows.append((*full, f"status_{status}", OUT))
    else:
        rows.append((*full, "", _yes(received.data["channel"] == "online" and said["delivery"] != "direct")))
    document = received is not None and received.data["result_is_document"]
    for reading, good in (
        ("filing_digitised.results", scanned),
        ("electronic_result", said["electronic"] and said["signed"]),
    ):
        rows.append((at[0], reading, at[1], *(("", _yes(good)) if document else ("no_document", OUT))))
    return rows


def _fees(events: list[Event], result: Event | None) -> list[Any]:
    closing: dict[str, Event | None] = {}
    for event in events:
        if event.type.startswith("filing.fee_"):
            fee = event.data["fee"]
            closing[fee] = closing.get(fee) if event.type == "filing.fee_due" else event
    if closing and all(closing.values()):
        last = max((e for e in closing.values() if e), key=_order)
        paid = [e for e in closing.values() if e and e.type == "filing.fee_paid"]
        good = all(e.data["via"] in ("national", "provincial") for e in paid)
        at = (last.day, "payment_online", result.unit if result else last.unit)
        return [(*at, "", _yes(good)) if paid else (*at, "waived", OUT)]
    if result:
        at = (result.day, "payment_online", result.unit)
        return [(*at, "", MISS) if closing else (*at, "fee_free", OUT)]
    return []


def _document(_: str, events: list[Event], __: Facts, ___: int) -> list[Fact]:
    sent = [e for e in events if e.type == "document.sent"]
    rows: list[Fact] = []
    if sent:
        good = all(e.data["person_signed"] and e.data["agency_signed"] and e.data["signature_valid"] for e in sent)
        rows.append((sent[0].day, "document_signed", sent[0].unit, "", _yes(good)))
    return rows + _handled(events, "document.processed", "work_end_to_end_digital.documents")


def _handled(events: list[Event], kind: str, reading: str) -> list[Fact]:
    latest = {e.unit: e for e in events if e.type == kind}
    return [(e.day, reading, unit, "", _yes(e.data["end_to_end"])) for unit, e in latest.items()]


def _casefile(_: str, events: list[Event], __: Facts, ___: int) -> list[Fact]:
    closed = [e for e in events if e.type == "casefile.closed"]
    rows: list[Fact] = [(e.day, "casefile_online", e.unit, "", _yes(e.data["online"])) for e in closed]
    return rows + _handled(events, "casefile.closed", "work_end_to_end_digital.casefiles")


def _inspection(_: str, events: list[Event], __: Facts, ___: int) -> list[Fact]:
    done = _last(events, "inspection.completed")
    if done is None:
        return []
    return [(done.day, "inspection_online", done.unit, "", _yes(done.data["mode"].startswith("online_")))]


def _report(subject: str, events: list[Event], facts: Facts, _: int) -> list[Fact]:
    unit, code = subject.split("/")[1:3]
    due = _last(events, "report.due")
    if due is None:
        return []
    day = _local(due.data["due_at"])
    if code not in facts.report_codes:
        return [(day, "report_on_system", unit, "not_in_catalogue", OUT)]
    kept = any(e.type == "report.submitted" and e.data["on_system"] for e in events)
    return [(day, "report_on_system", unit, "", _yes(kept))]


def _auth(_: str, events: list[Event], __: Facts, ___: int) -> list[Fact]:
    windows = sorted(events, key=lambda e: (e.data["revision"], _order(e)))
    if not windows:
        return []
    top = windows[-1]
    amounts = (top.data["vneid"], top.data["total"], 0)
    return [(_local(top.data["window_start"]), "online_login_vneid", top.unit, "", amounts)]


def _network(subject: str, events: list[Event], facts: Facts, day: int) -> list[Fact]:
    unit = subject.split("/")[1]
    tenure = facts.state_agencies.get(unit)
    lines = [_last(events, "link.changed", day, line=line) for line in (1, 2)]
    heard = any(lines)
    if tenure is None:
        return [(None, "network_coverage", unit, "not_in_register", OUT)] if heard else []
    rows: list[Fact] = _downtime(unit, events)
    if tenure.since <= day and (tenure.until is None or day <= tenure.until):
        up = any(e is not None and e.data["state"] == "up" for e in lines)
        rows.append((None, "network_coverage", unit, "" if heard else "no_data", _yes(up)))
    return rows


def _downtime(unit: str, events: list[Event]) -> list[Fact]:
    """Minutes between the moment after which no line heard of was up and the next moment after which one was."""
    rows: list[Fact] = []
    lines: dict[int, str] = {}
    dark: int | None = None
    for event in events:
        lines[event.data["line"]] = event.data["state"]
        if "up" not in lines.values():
            dark = event.time if dark is None else dark
        elif dark is not None:
            for day in range(_day(dark), event.day + 1):
                midnight = (day * 86_400 - 7 * 3600) * SECOND_US
                span = min(event.time, midnight + 86_400 * SECOND_US) - max(dark, midnight)
                rows.append((day, "network_coverage.downtime", unit, "", (span // (60 * SECOND_US), 0, 0)))
            dark = None
    return rows


def _procedure(_: str, events: list[Event], __: Facts, day: int) -> list[Fact]:
    state = _last(events, "procedure.catalogued", day)
    if state is None:
        return []
    said = state.data
    if said["withdrawn"]:
        return [(None, r, said["owner"], "withdrawn", OUT) for r in ("procedure_standardised", "procedure_full_online")]
    full = said["online_level"] == "full"
    whole = said["standardised"] and said["simplified"] and said["national_sync"]
    online = ("", _yes(full)) if said["online_eligible"] else ("contradiction" if full else "not_eligible", OUT)
    return [
        (None, "procedure_standardised", said["owner"], "", _yes(whole)),
        (None, "procedure_full_online", said["owner"], *online),
    ]


def _portal(subject: str, events: list[Event], facts: Facts, day: int) -> list[Fact]:
    tenure = facts.portals.get(subject.split("/")[1])
    state = _last(events, "portal.assessed", day)
    reading = "portal_information_complete"
    if tenure is None:
        return [(None, reading, state.unit, "not_in_register", OUT)] if state else []
    if day < tenure.since or (tenure.until is not None and day > tenure.until):
        return []
    if state is None:
        return [(None, reading, tenure.unit, "no_data", MISS)]
    checklist = [version for since, version in facts.checklists if since <= day][-1:]
    good = state.data["items_met"] == state.data["items_total"] and [state.data["checklist_version"]] == checklist
    return [(None, reading, tenure.unit, "stale" if _half_year_old(state.day, day) else "", _yes(good))]


def _half_year_old(since: int, day: int) -> bool:
    """Later than the same day six months on, or than that month's last day when it has no such day."""
    start, now = EPOCH + timedelta(days=since), EPOCH + timedelta(days=day)
    passed = (now.year - start.year) * 12 + now.month - start.month
    return passed > 6 or (passed == 6 and now.day > start.day)


def _dataset(_: str, events: list[Event], __: Facts, day: int) -> list[Fact]:
    plan = _last(events, "dataset.planned", day)
    if plan is None:
        return []
    if day < _local(plan.data["due_at"]):
        return [(None, "open_data_published", plan.unit, "not_due", OUT)]
    changes = [e for e in events if e.type != "dataset.planned" and e.day <= day]
    there = bool(changes) and changes[-1].type == "dataset.published"
    return [(None, "open_data_published", plan.unit, "", _yes(there))]


def _system(subject: str, events: list[Event], facts: Facts, day: int) -> list[Fact]:
    fact = facts.systems.get(subject.split("/")[1])
    state, watch = _last(events, "system.changed", day), _last(events, "system.monitoring_changed", day)
    alive_days = {e.day for e in events if e.type == "system.heartbeat" and e.data["state"] != "down"}
    if fact is not None and fact.until is not None and day > fact.until:
        return []
    unit = fact.unit if fact else state.unit if state else ""
    readings = ("system_security_dossier", "system_monitored")
    if state is not None and state.data["lifecycle"] != "in_use":
        return [(None, reading, unit, "not_in_use", OUT) for reading in readings]
    if state is None and (fact is None or fact.lifecycle != "in_use" or day < fact.since):
        return []
    secured = state is not None and state.data["dossier"] == "approved" and state.data["plan"] == "implemented"
    watched = watch is not None and watch.data["monitored"] and bool(alive_days & {day, day - 1})
    heard = state is not None or watch is not None or any(d <= day for d in alive_days)
    return [
        (None, readings[0], unit, "" if state else "no_data", _yes(secured)),
        (None, readings[1], unit, "" if heard else "no_data", _yes(watched)),
    ]


def _count(subject: str, events: list[Event], facts: Facts, day: int) -> list[Fact]:
    _, slug, _, area, basis = subject.split("/")
    versions: defaultdict[str, list[Event]] = defaultdict(list)
    for event in events:
        versions[event.data["period"]].append(event)
    standing = {p: max(v, key=lambda e: (e.data["revision"], _order(e))) for p, v in versions.items()}
    if slug in REPORTED_STOCKS:
        return _reported_stock(slug, area, list(standing.values()), facts, day)
    reading = "casefile_online.offline_items" if slug == "casefile_online" else f"{slug}.{basis}"
    rows: list[Fact] = []
    taken: set[int] = set()
    for period in sorted(standing, key=lambda p: min(_order(e) for e in versions[p])):
        said, (start, end) = standing[period].data, facts.periods[period]
        at, days = min(_date(said["as_of"]), end), set(range(start, end + 1))
        if days & taken:
            rows.append((at, reading, area, "period_overlap", OUT))
            continue
        taken |= days
        offline = slug == "casefile_online"
        amounts = (0 if offline else said["numerator"], said["denominator"], 0)
        rows.append((at, reading, area, period if offline else "", amounts))
    return rows


def _reported_stock(slug: str, area: str, reports: list[Event], facts: Facts, day: int) -> list[Fact]:
    known = [e for e in reports if _date(e.data["as_of"]) <= day]
    if not known:
        return []
    top = max(known, key=lambda e: (_date(e.data["as_of"]), _order(e)))
    start, end = facts.periods[top.data["period"]]
    age, length = day - _date(top.data["as_of"]), end - start + 1
    reason = "stale" if age > length else ""
    return [(None, slug, area, reason, (top.data["numerator"], top.data["denominator"], 0))]


def _day(time_us: int) -> int:
    return (time_us // SECOND_US + 7 * 3600) // 86_400


def _local(instant: str) -> int:
    return _day(int(datetime.fromisoformat(instant).timestamp()) * SECOND_US)


def _date(text: str) -> int:
    return (date.fromisoformat(text) - EPOCH).days
