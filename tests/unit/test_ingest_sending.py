"""Tables become events: headings, dates, words, keys and ids."""

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from services.ingest.scope import facts_of, scope_of
from services.ingest.sending.files import delimiter_of, read_events, template
from services.ingest.sending.headings import DATA_HEADINGS, WORDS, columns_of
from services.ingest.sending.rows import RowError, event_of_row, folded, instant, with_id
from services.ingest.validation import moment, validate
from shared.catalogue import load_catalogue
from shared.contracts.event import Event
from shared.contracts.vocabulary import EVENT_TYPES
from shared.filing_keys import filing_key
from shared.keys import Role, new_key

SECRET = "0123456789abcdef0123456789abcdef"
GOLDEN = Path(__file__).parents[1] / "data" / "contracts"
NOW = moment(int(datetime(2026, 3, 2, 4, tzinfo=UTC).timestamp()) * 1_000_000)


@pytest.mark.parametrize("kind", EVENT_TYPES)
def test_every_type_has_a_template_whose_headings_differ(kind: str) -> None:
    (headings,) = csv.reader(io.StringIO(template(kind).removeprefix("\ufeff")), delimiter=";")

    assert len({folded(heading) for heading in headings}) == len(headings) == len(columns_of(kind))
    assert not any(separator in heading for heading in headings for separator in ";,\t")


def test_every_field_has_a_heading_and_every_word_stands_for_a_code_of_its_field() -> None:
    fields = {name for kind in EVENT_TYPES.values() for name in kind.data.__struct_fields__}

    assert fields == DATA_HEADINGS.keys()
    assert WORDS.keys() <= fields


@pytest.mark.parametrize("kind", sorted(EVENT_TYPES.keys() - {"event.retracted"}))
def test_a_filled_template_of_every_type_is_accepted_by_ingest(kind: str) -> None:
    sample = json.loads((GOLDEN / f"{kind}.json").read_text())
    row = {folded(heading): text for heading, text in filled(kind, sample).items()}

    event = event_of_row(row, None, sample["source"], SECRET)

    catalogue = load_catalogue()
    key = new_key(Role.EMIT, "test", system=sample["source"].removeprefix("/systems/")).record
    outcome = validate(json.dumps(event).encode(), scope_of(key, catalogue, facts_of(catalogue)), NOW)
    assert isinstance(outcome, Event), (outcome.reason, outcome.pointer)
    assert (outcome.subject, outcome.unit) == (sample["subject"], sample["unit"])


def filled(kind: str, sample: dict[str, object]) -> dict[str, str]:
    """The row that a person would write for a golden sample."""
    first, *parts = str(sample["subject"]).split("/")
    row = {"Loại sự kiện": kind, "Thời điểm": "02/03/2026 09:30", "Mã đơn vị": str(sample["unit"])}
    keyed = {
        "filing": "Khóa hồ sơ", "petition": "Khóa phản ánh", "document": "Khóa văn bản",
        "casefile": "Khóa hồ sơ công việc", "inspection": "Khóa cuộc kiểm tra", "security": "Khóa cảnh báo",
    }  # fmt: skip
    coded = {
        "report": ("", "Mã báo cáo", "Kỳ báo cáo"), "procedure": ("Mã thủ tục",), "portal": ("Mã cổng",),
        "dataset": ("Mã bộ dữ liệu",), "system": ("Mã hệ thống",), "network": ("",), "auth": ("Mã cổng", ""),
        "count": ("Mã chỉ tiêu", "Đại lượng", "Mã địa bàn", "Cơ sở tính"),
    }  # fmt: skip
    headings = (keyed[first],) if first in keyed else coded[first]
    row |= {heading: part for heading, part in zip(headings, parts, strict=True) if heading}
    data = sample["data"]
    assert isinstance(data, dict)
    written = {True: "có", False: "không"}
    return row | {DATA_HEADINGS[name]: written.get(value, str(value)) if isinstance(value, bool) else str(value)
                  for name, value in data.items()}  # fmt: skip


def test_a_raw_number_is_turned_into_a_key_and_stays_on_the_machine() -> None:
    row = {"loại sự kiện": "filing.rated", "số hồ sơ": " h31-260302-0001 ", "mức hài lòng": "Hài lòng"}

    event = event_of_row(row, None, "/systems/nhap-lieu", SECRET)

    assert event["subject"] == f"filing/{filing_key(SECRET, 'H31-260302-0001')}"
    assert event["data"] == {"rating": "satisfied"}
    assert "260302" not in json.dumps(event)


def test_without_the_secret_a_raw_number_is_refused_on_the_machine() -> None:
    with pytest.raises(RowError) as caught:
        event_of_row({"loại sự kiện": "filing.rated", "số hồ sơ": "H31-260302-0001"}, None, "/systems/x", None)
    assert "H31" not in caught.value.reason


def test_the_same_content_gets_the_same_id_and_other_content_another() -> None:
    event = {"type": "filing.rated", "data": {"rating": "satisfied"}, "subject": "x"}

    recorded_later = dict(reversed(event.items())) | {"recordedtime": "2026-03-02T09:30:00Z"}

    assert with_id(event)["id"] == with_id(recorded_later)["id"]
    assert with_id(event)["id"] != with_id(event | {"subject": "y"})["id"]
    assert with_id(event | {"id": "own"})["id"] == "own"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("02/03/2026 09:30", "2026-03-02T09:30:00+07:00"),
        ("2/3/2026", "2026-03-02T00:00:00+07:00"),
        ("02/03/2026 9:30:15", "2026-03-02T09:30:15+07:00"),
        ("2026-03-02 09:30", "2026-03-02T09:30:00+07:00"),
        ("2026-03-02", "2026-03-02T00:00:00+07:00"),
        ("2026-03-02T09:30:00Z", "2026-03-02T09:30:00Z"),
        ("hôm qua", "hôm qua"),
    ],
)
def test_dates_are_read_day_first_and_in_vietnamese_time(text: str, expected: str) -> None:
    assert instant(text) == expected


@pytest.mark.parametrize(("line", "delimiter"), [("a;b;c", ";"), ("a,b", ","), ("a\tb\tc", "\t")])
def test_the_delimiter_is_found_by_itself(line: str, delimiter: str) -> None:
    assert delimiter_of(line) == delimiter


@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
def test_a_file_of_excel_is_read_with_its_line_numbers(tmp_path: Path, delimiter: str) -> None:
    headings, blank, unknown = ["Loại sự kiện *", "Khóa hồ sơ", "MỨC HÀI LÒNG"], ["", "", ""], ["?", "", ""]
    rows = [headings, ["filing.rated", "a" * 64, "hài lòng"], blank, unknown]
    file = tmp_path / "x.csv"
    file.write_text("\ufeff" + "\r\n".join(delimiter.join(row) for row in rows), encoding="utf-8", newline="")

    found = dict(read_events(file, None, "/systems/nhap-lieu", None))

    assert found.keys() == {2, 4}
    assert isinstance(found[4], RowError)
    assert found[2]["data"] == {"rating": "satisfied"}  # type: ignore[index]


def test_lines_of_ndjson_get_source_and_id(tmp_path: Path) -> None:
    file = tmp_path / "x.ndjson"
    file.write_text('{"type":"filing.rated"}\n\nnot json\n[1]\n', encoding="utf-8")

    found = dict(read_events(file, None, "/systems/nhap-lieu", None))

    assert [number for number, event in found.items() if isinstance(event, RowError)] == [3, 4]
    assert found[1]["source"] == "/systems/nhap-lieu"  # type: ignore[index]
