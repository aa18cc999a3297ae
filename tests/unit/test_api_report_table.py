from datetime import UTC, date, datetime
from typing import Any

import pytest

from services.api.reports.board_csv import HEADINGS, board_csv, number, percent, safe

ROW: dict[str, Any] = {
    "annex_row": "11a", "code": "T09", "text_vi": "Tỷ lệ hồ sơ", "figure_vi": "Hồ sơ trực tuyến",
    "unit_vi": "Xã Thuỵ Anh", "counted_vi": "hồ sơ", "num": 1799, "den": 2250, "percent": 79.9,
    "recent_num": None, "recent_den": None,
    "recent_percent": None, "target": 80, "comparator": ">=", "status": "below", "flags": ["provisional"],
    "excluded": 3, "lead_vi": "=HYPERLINK(1)", "coordinating_vi": "", "kind": "flow", "period": "2026",
    "as_of": date(2026, 7, 5), "watermark": [(0, 8, datetime(2026, 7, 5, 2, tzinfo=UTC))], "catalogue_version": "v1",
    "sources_reporting": 4, "sources_expected": 5, "final": False,
}  # fmt: skip


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx"])
def test_no_cell_can_run_as_a_formula(text: str) -> None:
    assert safe(text) == f"'{text}"


def test_plain_text_stays_as_it_is() -> None:
    assert safe("Xã Thuỵ Anh") == "Xã Thuỵ Anh"


@pytest.mark.parametrize(
    ("value", "told"), [(0, "0"), (999, "999"), (1234, "1.234\u00a0"), (1234567, "1.234.567\u00a0"), (None, "")]
)
def test_numbers_have_dots_and_stay_text_in_every_locale(value: int | None, told: str) -> None:
    assert number(value) == told


def test_rates_have_a_comma_and_nothing_occurred_has_words() -> None:
    assert percent(79.9) == "79,9\u00a0"
    assert percent(100.0) == "100,0\u00a0"
    assert percent(None) == "không phát sinh"


def test_the_table_opens_with_the_byte_order_mark_and_vietnamese_headings() -> None:
    table = board_csv([])
    assert table.startswith("\ufeffPhụ lục 01 - STT;")
    assert table.endswith("\r\n")


def test_a_row_has_a_value_for_every_heading() -> None:
    line = board_csv([ROW]).splitlines()[1]
    assert len(line.split(";")) == len(HEADINGS)
    for told in ["11a", "1.799\u00a0", "79,9\u00a0", "từ 80 %", "Chưa đạt", "Tạm tính", "05/07/2026", "'=HYPERLINK(1)"]:
        assert told in line
    assert "0:8 (05/07/2026 09:00:00)" in line
