"""A hand-made month through two policy files: the difference is a hand count, and every table stays as it was."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.alerts.cli.replay import compared
from services.alerts.policy import RULES, Policies
from services.alerts.policy_files import load_policies
from shared.contracts.event import Event
from tests.support.alert_snapshots import CATALOGUE
from tests.support.events import event, key_of
from tests.support.schema import Schema
from tests.support.scored_tables import ScoredTables
from tests.unit.test_readings_cases import accepted

MARCH = date(2026, 3, 1), date(2026, 3, 31)


def inspection(unit: str, number: int, mode: str, day: int) -> Event:
    where = {"source": "/systems/bao-cao", "unit": unit, "time": f"2026-03-{day:02}T08:00:00+07:00"}
    key = key_of(f"{unit}-{number}")
    return accepted(event("inspection.completed", f"inspection/{key}", {"mode": mode}, id=f"{unit}-{number}", **where))


def month() -> list[Event]:
    """so-y-te: 5 on site, 2 to 6 March, then 20 online on the 20th; so-khcn: 10 on site, 2 to 11 March. Target: 70 %.

    so-y-te: 0/5 on the 6th; 20/25 = 80 % on the 20th. so-khcn: 0/5 on the 6th, 0/10 on the 11th, for good. The
    province: 0/6 on the 4th, 0/10 on the 6th, 20/35 = 57 % at the end.
    """
    site = [("so-y-te", n, "on_site", 2 + n) for n in range(5)] + [("so-khcn", n, "on_site", 2 + n) for n in range(10)]
    return [inspection(*one) for one in [*site, *(("so-y-te", 100 + n, "online_report", 20) for n in range(20))]]


def policies(folder: Path, version: str, least: int) -> Path:
    """`below_target` from `least` events on, every other rule off."""
    rules: dict[str, Any] = {rule: {"enabled": False} for rule in RULES}
    rules["below_target"] = {"min_denominator": least, "receivers": ["don-vi"], "calendar": "always"}
    file = folder / f"{version}.yaml"
    others = [one for one in CATALOGUE.indicators if one != "inspection_online"]
    only = {"match": {"rule": "below_target", "indicator": others},
            "set": {"enabled": False}}  # fmt: skip
    file.write_text(yaml.safe_dump({"version": version, "rules": rules, "overrides": [only]}))
    return file


@pytest.fixture(scope="module")
def tables(module_schema: Schema) -> ScoredTables:
    """Both tests only read them."""
    one = ScoredTables(module_schema)
    one.on_time(month())
    return one


@pytest.fixture
def files(tmp_path: Path) -> list[Policies]:
    """`eager` judges from 5 events on, `calm` from 10."""
    named = (("eager", 5), ("calm", 10))
    return [load_policies(CATALOGUE, policies(tmp_path, name, least)) for name, least in named]


def contents(tables: ScoredTables) -> dict[str, Any]:
    """Rows and a hash over all of them, of every table of the database."""
    client = tables.schema.reader()
    names = client.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine != 'View' ORDER BY name"
    ).result_rows
    query = "SELECT count(), sum(cityHash64(*)) FROM "
    return {name: client.query(query + f"`{name}`").result_rows for (name,) in names}


def test_a_month_under_two_policy_files_equals_the_hand_count_and_touches_nothing(
    tables: ScoredTables, files: list[Policies]
) -> None:
    """From 5 events: so-y-te fires and is resolved, so-khcn and the province fire: 4. From 10 the latter two: 2.

    From 10 so-y-te is first judged at the 20th's 20 events, which all come in one minute: 20/25, never below.
    """
    before = contents(tables)
    lines = compared(tables.schema.reader(), CATALOGUE, files, MARCH, quiet=True)
    sizes = "would have sent 4 messages (4 changes) instead of 2 messages (2 changes)"
    assert lines[0] == f"policies eager {sizes} by policies calm"
    assert "below_target                 3           2" in lines
    assert [line.split() for line in lines if line.startswith("  ")] == [["below_target", "so-y-te", "1"]]
    assert "1 newly caught" in lines
    assert "0 no longer caught" in lines
    assert contents(tables) == before
    assert sum(rows[0][0] for rows in before.values()) > 100


def test_what_was_told_before_the_first_day_is_left_out(tables: ScoredTables, files: list[Policies]) -> None:
    """From 8 March, eager: so-y-te's end on the 20th. Calm: so-khcn on the 11th; the province fired on the 6th."""
    lines = compared(tables.schema.reader(), CATALOGUE, files, (date(2026, 3, 8), MARCH[1]), quiet=True)
    sizes = "would have sent 1 messages (1 changes) instead of 1 messages (1 changes)"
    assert lines[0] == f"policies eager {sizes} by policies calm"
