"""Systems as played: where their dossiers stand, who watches them, and the planted cases of T21 and T22."""

from datetime import date
from random import Random

from deploy.local.simulator.local_time import day_number
from deploy.local.simulator.world import System, SystemState
from shared.catalogue import Catalogue
from shared.catalogue.models import System as Registered

UNHEARD_SYSTEMS = frozenset({"cham-diem-cchc"})
"""In use by the register, never heard of: it stays in the denominators."""

LIVE_WITHOUT_DOSSIER = ("csdl-y-te", 60)
"""(system, day of the year): goes live without an approved dossier."""

SILENT_SYSTEM = ("truy-xuat", 150, 171)
"""(system, days of the year [first, last)): monitored, but not heard of for three weeks."""

SELDOM_HEARD = {"csdl-khcn": 2, "phong-hop": 3}
"""System → heard of every so many days."""

GOES_LIVE_SHARE = 0.3
SECURED_SHARE, SECURED_LATER_SHARE = 0.7, 0.2
WATCHED_SHARE, WATCHED_LATER_SHARE = 0.85, 0.1

SECURED = ("approved", "implemented")
UNSECURED = (("none", "none"), ("submitted", "none"), ("submitted", "partial"), ("approved", "partial"))

PLANTED_TEXTS = (
    f"T21: {LIVE_WITHOUT_DOSSIER[0]} đưa vào sử dụng khi chưa có hồ sơ cấp độ (ngày thứ {LIVE_WITHOUT_DOSSIER[1] + 1})",
    f"T21, T22: {', '.join(UNHEARD_SYSTEMS)} chưa bao giờ có dữ liệu",
    f"T22: {SILENT_SYSTEM[0]} không còn tín hiệu giám sát (ngày thứ {SILENT_SYSTEM[1] + 1} đến {SILENT_SYSTEM[2]})",
    *(f"T22: {code} chỉ có tín hiệu giám sát {days} ngày một lần" for code, days in SELDOM_HEARD.items()),
)


def cast_systems(catalogue: Catalogue, seed: int, start: date) -> tuple[System, ...]:
    """The register of T21 and T22."""
    year = day_number(start)
    return tuple(_cast(row, seed, year) for row in catalogue.registered_systems(start))


def _cast(row: Registered, seed: int, year: int) -> System:
    rng = Random(f"{seed}/system/{row.code}")  # noqa: S311
    if row.code in UNHEARD_SYSTEMS:
        return System(row.code, row.owner, row.lifecycle == "in_use", (), None)
    states, live = _states(row, rng, year)
    roll = rng.random()
    watched = None
    if live is not None and roll < WATCHED_SHARE + WATCHED_LATER_SHARE:
        watched = live if roll < WATCHED_SHARE else max(live, year + int(rng.random() * 330))
    silent = None
    if row.code == SILENT_SYSTEM[0]:
        watched, silent = year, (year + SILENT_SYSTEM[1], year + SILENT_SYSTEM[2])
    seldom = SELDOM_HEARD.get(row.code, 1)
    if seldom > 1:
        watched = year
    return System(row.code, row.owner, row.lifecycle == "in_use", tuple(states), watched, silent, seldom)


def _states(row: Registered, rng: Random, year: int) -> tuple[list[tuple[int, SystemState]], int | None]:
    """Dated states, and the day from which on it is in use (None: not this year)."""
    if row.code == LIVE_WITHOUT_DOSSIER[0]:
        live = year + LIVE_WITHOUT_DOSSIER[1]
        before, after = (
            SystemState("building", "submitted", "partial", 3),
            SystemState("in_use", "submitted", "partial", 3),
        )
        return [(year, before), (live, after)], live
    level = 1 + int(rng.random() * 3)
    if row.lifecycle == "in_use":
        return _secured_states(rng, year, level), year
    states = [(year, SystemState(row.lifecycle, *rng.choice(UNSECURED), level))]
    if row.lifecycle != "building" or rng.random() >= GOES_LIVE_SHARE:
        return states, None
    live = year + 30 + int(rng.random() * 300)
    return [*states, (live, SystemState("in_use", *SECURED, level))], live


def _secured_states(rng: Random, year: int, level: int) -> list[tuple[int, SystemState]]:
    roll = rng.random()
    if roll < SECURED_SHARE:
        return [(year, SystemState("in_use", *SECURED, level))]
    states = [(year, SystemState("in_use", *rng.choice(UNSECURED), level))]
    if roll < SECURED_SHARE + SECURED_LATER_SHARE:
        states.append((year + 20 + int(rng.random() * 320), SystemState("in_use", *SECURED, level)))
    return states
