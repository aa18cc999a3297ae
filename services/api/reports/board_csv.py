"""The board as a table to hand in: opens in Excel with Vietnamese text, and no cell of it is ever a formula."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from io import StringIO
from typing import Any

from services.api.wording import FLAGS, STATUSES
from shared.local_time import LOCAL

Row = Mapping[str, Any]

BYTE_ORDER_MARK = "\ufeff"
"""Without it Excel reads UTF-8 as the machine's old code page."""

DELIMITER = ";"
"""The list separator where the decimal sign is a comma, as in Vietnamese."""

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""A cell that begins with one of these could run as a formula; an apostrophe before it makes it text."""

AS_TEXT = "\u00a0"
"""A no-break space after a formatted number: an Excel with another locale would else read 1.234 as 1,234."""

HEADINGS = (
    "Phụ lục 01 - STT", "Mã", "Nội dung chỉ tiêu", "Số liệu", "Đơn vị", "Đơn vị tính", "Tử số", "Mẫu số", "Tỷ lệ (%)",
    "Tử số 30 ngày", "Mẫu số 30 ngày", "Tỷ lệ 30 ngày (%)", "Chỉ tiêu", "Kết quả", "Ghi chú", "Ngoài diện tính",
    "Đơn vị chủ trì", "Đơn vị phối hợp", "Nguồn số liệu", "Kỳ", "Tính đến ngày", "Đã xử lý đến", "Phiên bản danh mục",
    "Hệ thống đang gửi", "Chốt kỳ",
)  # fmt: skip

COMPARATORS = {">": "trên", ">=": "từ", "=": "đúng"}


def board_csv(rows: Iterable[Row]) -> str:
    """All rows under Vietnamese headings; every row carries the stamp, so that a sorted or cut table keeps it."""
    out = StringIO()
    writer = csv.writer(out, delimiter=DELIMITER, lineterminator="\r\n")
    writer.writerow(HEADINGS)
    writer.writerows([safe(value) for value in _values(row)] for row in rows)
    return BYTE_ORDER_MARK + out.getvalue()


def safe(text: str) -> str:
    """The text, never a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def number(value: int | None) -> str:
    """1234567 → "1.234.567"; None → ""."""
    if value is None:
        return ""
    grouped = f"{value:,}".replace(",", ".")
    return grouped + AS_TEXT if "." in grouped else grouped


def percent(value: float | None) -> str:
    """79.9 → "79,9"; nothing occurred → "không phát sinh"."""
    return "không phát sinh" if value is None else f"{value:.1f}".replace(".", ",") + AS_TEXT


def day(value: date) -> str:
    """dd/MM/yyyy."""
    return f"{value:%d/%m/%Y}"


def _values(row: Row) -> Sequence[str]:
    recent = "" if row["recent_den"] is None else percent(row["recent_percent"])
    return (
        row["annex_row"], row["code"], row["text_vi"], row["figure_vi"], row["unit_vi"], row["counted_vi"],
        number(row["num"]), number(row["den"]), percent(row["percent"]),
        number(row["recent_num"]), number(row["recent_den"]), recent,
        _target(row), STATUSES[row["status"]].vi, ", ".join(FLAGS[flag].vi for flag in row["flags"]),
        number(row["excluded"]), row["lead_vi"], row["coordinating_vi"],
        "Số báo cáo" if str(row["kind"]).startswith("reported") else "Tính từ sự kiện",
        row["period"], day(row["as_of"]), _watermark(row["watermark"]), row["catalogue_version"],
        f"{row['sources_reporting']} trên {row['sources_expected']}", "đã chốt" if row["final"] else "chưa hết kỳ",
    )  # fmt: skip


def _target(row: Row) -> str:
    return "không có" if row["target"] < 0 else f"{COMPARATORS.get(row['comparator'], '')} {row['target']} %".strip()


def _watermark(marks: Iterable[tuple[int, int, datetime]]) -> str:
    told = (
        f"{partition}:{offset} ({received.astimezone(LOCAL):%d/%m/%Y %H:%M:%S})"
        for partition, offset, received in marks
    )
    return ", ".join(told)
