"""The api over HTTP, on the real engine with the real schema and catalogue."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from shared.keys import Role, new_key
from shared.keystore import ClickHouseKeyStore
from tests.support.api import TODAY, ApiProcess, start_api
from tests.support.board_seed import EVENT, LEDGER, entry, mark, seeded_schema
from tests.support.engine import EngineProcess
from tests.support.schema import OWNER_TOKEN
from tests.support.waiting import wait_until

CELL = "/v1/cells/filing_full_online/xa-12070"
STREAM_SECONDS = 20
"""Far above the poll of half a second, for a machine that is busy with other tests."""


@pytest.fixture(scope="module")
def api(engine: EngineProcess, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiProcess]:
    process = start_api(seeded_schema(engine, TODAY), tmp_path_factory.mktemp("api"))
    yield process
    process.process.stop()


def test_the_board_says_what_the_view_says_under_the_stamp_of_the_same_query(api: ApiProcess) -> None:
    answer = api.get("/v1/board?period=2026", "view").json()
    reader = api.schema.reader()
    rows = reader.query(
        "SELECT figure, unit, num, den, toString(status), flags, watermark FROM board(period = '2026', as_of = "
        "'2026-11-23') ORDER BY position, figure, unit"
    ).result_rows
    reader.close()
    told = [(c["figure"], c["unit"], c["num"], c["den"], c["status"], c["flags"]) for c in answer["cells"]]
    assert told == [row[:6] for row in rows]
    assert len({cell["indicator"] for cell in answer["cells"]}) == 23
    assert [(m["partition"], m["offset"]) for m in answer["stamp"]["watermark"]] == [m[:2] for m in rows[0][6]]
    assert answer["stamp"]["as_of"] == "2026-11-23"
    assert answer["stamp"]["final"] is False
    assert 0 < answer["stamp"]["sources_reporting"] < answer["stamp"]["sources_expected"]


def test_filters_keep_the_asked_cells_only(api: ApiProcess) -> None:
    for query, name, value in [
        ("unit=xa-12070", "unit", "xa-12070"),
        ("indicator=satisfaction", "indicator", "satisfaction"),
        ("level=whole", "unit", "hung-yen"),
    ]:
        cells = api.get(f"/v1/board?{query}", "view").json()["cells"]
        assert {cell[name] for cell in cells} == {value}


def test_an_unchanged_board_is_not_sent_again(api: ApiProcess) -> None:
    first = api.get("/v1/board?unit=xa-12073", "view")
    again = api.get("/v1/board?unit=xa-12073", "view", {"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


def test_the_overview_agrees_with_board_and_ranking(api: ApiProcess) -> None:
    overview = api.get("/v1/overview?worst=5", "view").json()
    assert overview["cells"] == api.get("/v1/board?level=whole", "view").json()["cells"]
    assert overview["units"] == api.get("/v1/ranking?level=units&limit=5", "view").json()["units"]
    counts = [unit["below"] for unit in overview["units"]]
    assert counts == sorted(counts, reverse=True)
    assert "hung-yen" not in {unit["unit"] for unit in overview["units"]}


@pytest.mark.parametrize("how", ["?format=csv", ""])
def test_the_board_is_a_report_table_in_csv(api: ApiProcess, how: str) -> None:
    answer = api.get(f"/v1/board{how}", "view", {"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="chi-tieu-2026-2026-11-23.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbf")
    lines = answer.content.decode("utf-8-sig").splitlines()
    assert lines[0].startswith("Phụ lục 01 - STT;Mã;")
    assert any("Tỉnh Hưng Yên" in line and "Trung tâm" not in line for line in lines)
    assert len(lines) == len(api.get("/v1/board", "view").json()["cells"]) + 1


def test_a_format_that_is_not_there_is_refused(api: ApiProcess) -> None:
    answer = api.get("/v1/board", "view", {"Accept": "application/pdf"})
    assert (answer.status_code, answer.json()["reason"]) == (406, "format")


def test_a_cell_has_its_history_and_what_was_left_out(api: ApiProcess) -> None:
    answer = api.get(CELL, "view").json()
    (figure,) = answer["figures"]
    board = api.get("/v1/board?unit=xa-12070&indicator=filing_full_online", "view").json()
    assert figure["cell"] == board["cells"][0]
    assert answer["stamp"] == board["stamp"]
    last = figure["history"][-1]
    assert (last["num"], last["den"]) == (figure["cell"]["num"], figure["cell"]["den"])
    left_out = {one["reason"]: one["count"] for one in figure["exclusions"]}
    assert sum(left_out.values()) == figure["cell"]["excluded"]
    assert left_out["not_offered"] == 30
    assert {one["reason"]: one["sentence"] for one in figure["exclusions"]}["status_7"] == "Công dân rút hồ sơ"


def test_an_indicator_with_two_figures_shows_both(api: ApiProcess) -> None:
    both = api.get("/v1/cells/filing_digitised/hung-yen", "view").json()["figures"]
    assert [one["cell"]["figure"] for one in both] == ["filing_digitised.components", "filing_digitised.results"]
    one = api.get("/v1/cells/filing_digitised/hung-yen?figure=filing_digitised.results", "view").json()["figures"]
    assert one == both[1:]
    assert both[0]["history"] != both[1]["history"]


def test_every_subject_is_on_exactly_one_page(api: ApiProcess) -> None:
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = api.get(f"{CELL}/subjects?state=excluded&limit=7&after={after}", "operate").json()
        seen += [one["subject"] for one in page["subjects"] if one["subject"].startswith("filing/")]
        assert len(page["subjects"]) <= 7
        after = page["next"]
    assert len(seen) == len(set(seen)) == 60


@pytest.mark.parametrize("state", ["counting", "missing", "excluded"])
def test_subjects_are_told_apart_by_state_with_their_reason(api: ApiProcess, state: str) -> None:
    found = api.get(f"{CELL}/subjects?state={state}&limit=500", "operate").json()["subjects"]
    assert found
    assert {one["state"] for one in found} == {state}
    assert all(bool(one["sentence"]) is (state == "excluded") for one in found)


def test_alerts_carry_their_sentence_and_evidence(api: ApiProcess) -> None:
    answer = api.get("/v1/alerts?state=open&limit=3", "view").json()
    assert (len(answer["alerts"]), answer["open"]) == (3, 18)
    first = answer["alerts"][0]
    assert first["evidence"]["denominator"] > 20
    detail = api.get(f"/v1/alerts/{quote(first['alert_id'], safe='')}", "view").json()
    assert first.items() <= detail.items()
    assert [(one["number"], one["state"]) for one in detail["history"]] == [(1, "firing")]
    assert api.get(f"/v1/alerts?unit={first['unit']}", "view").json()["alerts"][0]["unit"] == first["unit"]
    assert api.get("/v1/alerts?state=withdrawn", "view").json() == {"alerts": [], "open": 18}
    assert api.get("/v1/alerts/none", "view").status_code == 404


def test_units_are_found_without_marks(api: ApiProcess) -> None:
    found = api.get("/v1/units?q=DUONG%20hao", "view").json()["units"]
    assert [one["name_vi"] for one in found] == ["Phường Đường Hào"]
    assert len(api.get("/v1/units?level=commune", "view").json()["units"]) == 104


def test_the_catalogue_is_served_in_the_order_of_the_plan(api: ApiProcess) -> None:
    figures = api.get("/v1/indicators", "view").json()["figures"]
    assert [one["position"] for one in figures] == sorted(one["position"] for one in figures)
    assert len({one["indicator"] for one in figures}) == 23


def test_a_receipt_is_the_newest_row_of_the_own_system_s_event(api: ApiProcess) -> None:
    writer, now = api.schema.writer(), datetime(2026, 7, 1, 3, tzinfo=UTC)
    for source in ("/systems/tthc", "/systems/other"):
        rows = [
            ["event", source, "r-1", "filing/x", "filing.rated", "xa-12070", now, now, outcome, "", cells, left_out,
             "{}", 0, 5, seq, OWNER_TOKEN]
            for seq, (outcome, cells, left_out) in enumerate([
                ("pending", [], [("satisfaction", "awaiting_received")]),
                ("counted", [("satisfaction", "xa-12070", now.date(), 1, 1)], []),
            ])
        ]  # fmt: skip
        writer.insert("events_1", rows, column_names=EVENT.split())
    writer.close()
    mine = api.get("/v1/events?source=/systems/tthc&id=r-1", "emit").json()
    assert (mine["outcome"], mine["sentence"]) == ("counted", "Đã tính vào chỉ tiêu")
    assert mine["cells"][0]["reading"] == "satisfaction"
    foreign = api.get("/v1/events?source=/systems/other&id=r-1", "emit")
    unknown = api.get("/v1/events?source=/systems/tthc&id=none", "emit")
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json() == unknown.json()


def test_a_receipt_of_an_id_on_two_subjects_is_the_firsts_and_for_the_other_unit_its_conflict(api: ApiProcess) -> None:
    writer, first, later = api.schema.writer(), datetime(2026, 7, 1, 3, tzinfo=UTC), datetime(2026, 7, 1, 4, tzinfo=UTC)
    rows = [
        ["event", "/systems/tthc", "two", subject, "filing.rated", unit, first, received, outcome, other, [], [], "{}",
         0, offset, 0, OWNER_TOKEN]
        for subject, unit, received, outcome, other, offset in [
            ("filing/y", "xa-12082", later, "counted", "", 6),
            ("filing/x", "xa-12070", first, "counted", "", 7),
            ("filing/y", "xa-12082", later, "conflict", "displaced-1", 8),
            ("filing/y", "xa-12082", later, "duplicate", "two", 9),
        ]
    ]  # fmt: skip
    writer.insert("events_1", rows, column_names=EVENT.split())
    restricted = new_key(Role.EMIT, "test", system="tthc", units=["xa-12082"], at=datetime.now(UTC))
    ClickHouseKeyStore(writer).put(restricted.record)
    writer.close()
    path = "/v1/events?source=/systems/tthc&id=two"
    mine = api.get(path, "emit").json()
    assert (mine["subject"], mine["outcome"]) == ("filing/x", "counted")

    header = {"Authorization": f"Bearer {restricted.token}"}
    wait_until(
        lambda: api.get(path, headers=header).status_code != httpx.codes.UNAUTHORIZED,
        deadline_seconds=STREAM_SECONDS,
        what="the key to be known",
    )
    other = api.get(path, headers=header).json()
    assert (other["subject"], other["outcome"], other["other_id"]) == ("filing/y", "conflict", "displaced-1")


def test_a_day_to_come_an_unknown_period_and_bad_parameters_are_refused_by_name(api: ApiProcess) -> None:
    for path, status, reason in [
        ("/v1/board?as_of=2026-11-24", 422, "as_of_future"),
        ("/v1/board?period=1999", 404, "no_period"),
        ("/v1/board?unit=%27%20OR%201%3D1", 422, "parameters"),
        ("/v1/alerts?limit=100000", 422, "parameters"),
        ("/v1/cells/nothing/xa-12070", 404, "no_cell"),
        ("/v1/nothing", 404, "not_found"),
    ]:
        answer = api.get(path, "view")
        assert (answer.status_code, answer.json()["reason"]) == (status, reason), path
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json()["title"]


def test_a_refused_value_is_not_repeated(api: ApiProcess) -> None:
    assert "033090001234" not in api.get("/v1/board?unit=033090001234%27", "view").text


def test_an_earlier_day_shows_what_was_then(api: ApiProcess) -> None:
    then = api.get("/v1/board?as_of=2026-06-30&level=whole&indicator=filing_full_online", "view").json()
    now = api.get("/v1/board?level=whole&indicator=filing_full_online", "view").json()
    assert then["stamp"]["as_of"] == "2026-06-30"
    assert 0 < then["cells"][0]["den"] < now["cells"][0]["den"]


def test_the_stream_says_at_once_that_the_watermark_moved(api: ApiProcess) -> None:
    headers = {"Authorization": f"Bearer {api.tokens['view']}"}
    with httpx.stream("GET", f"{api.url}/v1/stream", headers=headers, timeout=STREAM_SECONDS) as stream:
        lines = stream.iter_lines()
        assert next_event(lines, "moved")["engine"] == "reachable"
        assert next_event(lines, "heartbeat")["as_of"] == "2026-11-23"
        writer = api.schema.writer()
        row = entry("filing_full_online", "xa-12073", TODAY, (1, 1, 0), "filing/new")
        writer.insert("ledger_1", [row, mark(0, 2000, datetime.now(UTC))], column_names=LEDGER)
        writer.close()
        moved = next_event(lines, "moved")
    assert {m["partition"]: m["offset"] for m in moved["watermark"]}[0] == 2000
    assert api.get("/v1/stamp", "view").json()["watermark"][0]["offset"] == 2000


def next_event(lines: Iterator[str], wanted: str) -> dict[str, Any]:
    """The data of the next event of this name."""
    for line in lines:
        if line == f"event: {wanted}":
            told: dict[str, Any] = json.loads(next(lines).removeprefix("data: "))
            return told
    raise AssertionError("the stream ended")


def test_the_openapi_document_describes_every_route_with_an_example(api: ApiProcess) -> None:
    document = api.get("/v1/openapi.json").json()
    assert {"/v1/board", "/v1/stream", "/v1/events", "/session"} <= set(document["paths"])
    assert "example" in document["components"]["schemas"]["Board"]


def test_metrics_and_health_need_no_key_and_name_no_unit(api: ApiProcess) -> None:
    assert api.get("/-/healthy").status_code == api.get("/-/ready").status_code == 200
    metrics = api.get("/metrics").text
    assert 'chitieu_api_requests_total{route="/v1/board",status="200"}' in metrics
    assert "xa-12070" not in metrics


def test_after_new_year_2026_is_final_and_2027_has_no_target(
    api: ApiProcess, tmp_path_factory: pytest.TempPathFactory
) -> None:
    later = start_api(api.schema, Path(tmp_path_factory.mktemp("later")), now="2027-01-05T05:00:00Z")
    try:
        old = later.get("/v1/board?period=2026&level=whole", "view").json()
        assert (old["stamp"]["final"], old["stamp"]["as_of"]) == (True, "2026-12-31")
        new = later.get("/v1/board?level=whole", "view").json()
        assert (new["period"], new["stamp"]["final"]) == ("2027", False)
        assert {cell["status"] for cell in new["cells"]} == {"no_target"}
        assert {cell["target"] for cell in new["cells"]} == {None}
    finally:
        later.process.stop()
