"""Hypothesis strategies: small worlds in which events collide, correct each other and come back."""

from collections.abc import Mapping
from typing import Any

import msgspec
from hypothesis import strategies as st

from services.scoring.facts import Facts, SystemFact, Tenure
from shared.contracts.event import DAY_US, LOCAL_OFFSET_US, Event, content_hash
from shared.contracts.platform import DISPLACED, PLATFORM_SOURCE

FIRST_DAY = 20_454
"""2026-01-01."""

UNITS = ("xa-1", "xa-2")
SOURCES = ("/systems/a", "/systems/b")
LINKS = ("", "", "", "corrects", "corrects", "retracts", "retracts", "displaces")
FACTS = Facts(
    checklists=((FIRST_DAY, "v1"), (FIRST_DAY + 5, "v2")),
    state_agencies={"xa-1": Tenure("xa-1", FIRST_DAY - 100), "xa-2": Tenure("xa-2", FIRST_DAY + 2, FIRST_DAY + 6)},
    portals={"p1": Tenure("xa-1", FIRST_DAY), "p2": Tenure("xa-2", FIRST_DAY + 3, FIRST_DAY + 8)},
    systems={
        "s1": SystemFact("xa-1", "in_use", FIRST_DAY),
        "s2": SystemFact("xa-2", "building", FIRST_DAY),
        "s3": SystemFact("xa-2", "in_use", FIRST_DAY + 1, FIRST_DAY + 7),
    },
    report_codes=frozenset({"bc"}),
    periods={
        "2026-01": (FIRST_DAY, FIRST_DAY + 2),
        "2026-02": (FIRST_DAY + 3, FIRST_DAY + 4),
        "2026-Q1": (FIRST_DAY + 2, FIRST_DAY + 5),
    },
)
"""Registers, checklists and periods that begin, change and end within the days of the events."""

REGISTER = ("network/xa-1", "network/xa-2", "portal/p1", "portal/p2", "system/s1", "system/s2", "system/s3")

flag = st.booleans()
unit = st.sampled_from(UNITS)
reach = st.sampled_from([(), ("*",), ("*",), ("xa-1",), UNITS])
"""Links reach their own unit alone, all, one, or both."""

moment = st.integers(0, 6 * 24 - 1).map(lambda hour: FIRST_DAY * DAY_US - LOCAL_OFFSET_US + hour * 3_600_000_000)
"""An hour of the first six local days."""

due = st.integers(0, 9).map(lambda n: f"2026-01-{n + 1:02}T16:30:00Z")
date_text = st.integers(1, 9).map(lambda n: f"2026-01-{n:02}")


def data(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Event data with a strategy per field."""
    return st.fixed_dictionaries(fields)


fee = st.sampled_from(["fee-1", "fee-2"])
counts = st.integers(0, 6).flatmap(lambda den: st.tuples(st.integers(0, den), st.just(den)))

FAMILIES: Mapping[str, tuple[tuple[str, ...], dict[str, st.SearchStrategy[dict[str, Any]]]]] = {
    "filing": (
        ("filing/1", "filing/2"),
        {
            "filing.received": data(
                procedure=st.just("1.000001"),
                receiving_unit=unit,
                channel=st.sampled_from(["online", "direct"]),
                full_online_offered=flag,
                result_is_document=flag,
            ),
            "filing.status_changed": data(status=st.sampled_from([2, 3, 7, 8, 10])),
            "filing.digitised": data(part=st.sampled_from(["components", "result"]), complete=flag),
            "filing.result_issued": data(
                electronic=flag, signed=flag, delivery=st.sampled_from(["online", "postal", "direct"])
            ),
            "filing.fee_due": data(fee=fee),
            "filing.fee_paid": data(fee=fee, via=st.sampled_from(["national", "provincial", "cash"])),
            "filing.fee_waived": data(fee=fee),
            "filing.rated": data(rating=st.sampled_from(["satisfied", "neutral"])),
            "petition.received": data(about=st.just("filing")),
        },
    ),
    "document": (
        ("document/1",),
        {
            "document.sent": data(
                to_unit=unit, person_signed=flag, agency_signed=st.just(True), signature_valid=st.just(True)
            ),
            "document.processed": data(end_to_end=flag),
        },
    ),
    "casefile": (("casefile/1",), {"casefile.closed": data(online=flag, end_to_end=flag)}),
    "inspection": (("inspection/1",), {"inspection.completed": data(mode=st.sampled_from(["online_report", "mixed"]))}),
    "report": (
        ("report/xa-1/bc/2026-01", "report/xa-2/other/2026-01"),
        {"report.due": data(due_at=due), "report.submitted": data(on_system=flag)},
    ),
    "auth": (
        ("auth/p/2026-01-02T00:00:00Z",),
        {
            "auth.counted": st.builds(
                lambda pair, revision: {
                    "window_start": "2026-01-02T00:00:00Z",
                    "total": pair[1],
                    "vneid": pair[0],
                    "revision": revision,
                },
                counts,
                st.integers(0, 2),
            )
        },
    ),
    "network": (
        ("network/xa-1", "network/xa-2", "network/club"),
        {"link.changed": data(line=st.sampled_from([1, 2]), state=st.sampled_from(["up", "down"]))},
    ),
    "procedure": (
        ("procedure/1.000001",),
        {
            "procedure.catalogued": data(
                owner=unit,
                standardised=flag,
                simplified=st.just(True),
                national_sync=st.just(True),
                online_eligible=flag,
                online_level=st.sampled_from(["none", "full"]),
                withdrawn=flag,
            )
        },
    ),
    "portal": (
        ("portal/p1", "portal/p2", "portal/other"),
        {
            "portal.assessed": data(
                items_total=st.just(2), items_met=st.integers(1, 2), checklist_version=st.sampled_from(["v1", "v2"])
            )
        },
    ),
    "dataset": (
        ("dataset/d",),
        {
            "dataset.planned": data(due_at=due),
            "dataset.published": st.just({}),
            "dataset.withdrawn": st.just({}),
        },
    ),
    "system": (
        ("system/s1", "system/s2", "system/s3", "system/s4"),
        {
            "system.changed": data(
                lifecycle=st.sampled_from(["building", "in_use", "retired"]),
                dossier=st.sampled_from(["submitted", "approved"]),
                plan=st.just("implemented"),
            ),
            "system.monitoring_changed": data(monitored=flag),
            "system.heartbeat": data(state=st.sampled_from(["up", "degraded", "down"])),
        },
    ),
    "count": (
        (
            "count/ehealth_record/people/xa-1/all",
            "count/cashless_transactions/transactions/xa-1/value",
            "count/casefile_online/offline_items/xa-1/all",
        ),
        {
            "count.reported": st.builds(
                lambda period, pair, as_of, revision: {
                    "period": period,
                    "numerator": pair[0],
                    "denominator": pair[1],
                    "as_of": as_of,
                    "revision": revision,
                },
                st.sampled_from(sorted(FACTS.periods)),
                counts,
                date_text,
                st.integers(0, 2),
            )
        },
    ),
}


@st.composite
def logs(draw: st.DrawFn, conflicts: bool = False) -> list[Event]:
    """Events of one family, 1 to 12, that link to each other and to nothing; ids are unique unless `conflicts`."""
    subjects, types = FAMILIES[draw(st.sampled_from(sorted(FAMILIES)))]
    size = draw(st.integers(1, 12))
    return [draw(_event(n, size, conflicts, subjects, types)) for n in range(size)]


@st.composite
def _event(
    draw: st.DrawFn,
    number: int,
    size: int,
    conflicts: bool,
    subjects: tuple[str, ...],
    types: dict[str, st.SearchStrategy[dict[str, Any]]],
) -> Event:
    kind = draw(st.sampled_from(sorted(types)))
    content = draw(types[kind])
    other = f"e{draw(st.integers(0, size))}"
    source, id_ = draw(st.sampled_from(SOURCES)), f"e{draw(st.integers(0, 2)) if conflicts else number}"
    link = draw(st.sampled_from(LINKS)) if kind != "system.heartbeat" else ""
    if link == "retracts":
        kind, content = "event.retracted", {"id": other}
    elif link == "displaces":
        kind, content, source, id_ = DISPLACED, {"id": other, "source": source}, PLATFORM_SOURCE, f"displaced-{number}"
    event = Event(
        source=source,
        id=id_,
        type=kind,
        subject=draw(st.sampled_from(subjects)),
        time=draw(moment),
        unit=draw(unit),
        recorded=draw(st.sampled_from([0, 1, 2])),
        corrects=other if link == "corrects" else "",
        content=b"",
        data=content,
        reach=draw(reach) if link in {"corrects", "retracts"} else (),
    )
    return msgspec.structs.replace(event, content=content_hash(event))
