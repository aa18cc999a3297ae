"""What counts as personal data or a secrecy marking, and what must not be mistaken for it."""

import unicodedata
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.ingest.reasons import RejectReason
from services.ingest.screening import forbidden_name, screen
from services.ingest.wire import DECLARED
from shared.contracts.personal_data import personal_value


@pytest.mark.parametrize(
    "text",
    [
        "034085001234",
        "hs-034085001234",
        "a034085001234b",
        "034 085 001 234",
        "034.085.001.234",
        "20260302093000-1",
        "00000000-0000-0000-0000-034085001234",
        "00000000000000000000034085001234",
        "0912345678",
        "+84912345678",
        "hs_84912345678",
        "0912.345.678",
        "091-234-5678",
        "02213862345",
        "an.nguyen@hungyen.gov.vn",
        "H31-260302-0001",
        "000.00.16.H31-260302-0012",
        "hs/H31.12.8-260302-00012",
        "٠٣٤٠٨٥٠٠١٢٣٤",
        "०९१२३४५६७८",
        "０３４０８５００１２３４",
        "𝟎𝟗𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖",
        "034085\u200b001234",
        "034\u2011085\u2011001\u2011234",
        "0340.8500.1234",
        "0.3.4.0.8.5.0.0.1.2.3.4",
        "1.034085.001.234",
        "1.000000.001.099.012.345",
        "1.004227.000.00.00.H31.034.085.001.234",
        "1.004227.000.00.00.034085001234",
        "034.1.004227.000.00.00.H31",
    ],
)
def test_numbers_of_people_and_filings_are_found(text: str) -> None:
    assert personal_value(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1",
        "hs-2026-03-02-000123",
        "2026-03-02T01:00:00Z",
        "1772418605123"[:11],
        "01JNCY6V6ZT1234567890123AB"[:26],
        "01ARZ3NDEKTSV4RRFFQ69G5FAV",
        "550e8400-e29b-41d4-a716-446655440000",
        "urn:uuid:550e8400-e29b-41d4-a716-446655440000",
        "dvc:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "e3b0c44298fc1c149afb123456789012",
        "da39a3ee5e6b4b0d3255bfef956018901234567a",
        "1.004227.000.00.00.H31",
        "procedure/1.001193.000.00.00.H56",
        "1.012345.H55.02",
        "count/ehealth_record/people/xa-11977/all",
        "evt-000123456",
    ],
)
def test_opaque_keys_and_ordinary_names_are_left_alone(text: str) -> None:
    assert not personal_value(text)


@given(st.uuids(version=4))
def test_no_random_uuid_is_mistaken(value: UUID) -> None:
    assert not personal_value(str(value))
    assert not personal_value(f"dvc/{str(value).upper()}")


@given(st.text(alphabet="abcxyz-_./", max_size=20), st.from_regex(r"0[0-9]{11}", fullmatch=True))
def test_a_citizen_number_is_found_behind_any_prefix_of_letters(prefix: str, number: str) -> None:
    assert personal_value(prefix + number)


@pytest.mark.parametrize(
    "name",
    [
        "name", "fullName", "applicant_name", "ho_ten", "hoTen", "HỌ VÀ TÊN", unicodedata.normalize("NFD", "họ_tên"),
        "ten", "cccd", "soCCCD", "so_cmnd", "can_cuoc", "số định danh", "idNumber", "citizen-id", "phone", "mobile_no",
        "sdt", "điện_thoại", "email", "thu_dien_tu", "address", "dia_chi", "địa chỉ", "dob", "ngay_sinh", "gioiTinh",
        "so_ho_so", "maHoSo", "nguoi_nop", "ip",
    ],
)  # fmt: skip
def test_names_of_personal_fields_are_found_in_both_languages(name: str) -> None:
    assert forbidden_name(name) is RejectReason.PERSONAL_DATA


@pytest.mark.parametrize("name", ["do_mat", "độ mật", "doMat", "secrecy", "classification", "toi_mat", "TUYỆT_MẬT"])
def test_names_of_secrecy_markings_are_found(name: str) -> None:
    assert forbidden_name(name) is RejectReason.SECRECY_MARKING


@pytest.mark.parametrize("name", ["procedure", "priority", "traceparent", "so_luong", "district", "material"])
def test_other_names_are_only_unknown(name: str) -> None:
    assert forbidden_name(name) is None


def test_a_finding_at_any_depth_is_pointed_to_by_declared_names_only() -> None:
    event = {"data": {"rating": "satisfied", "person 034": {"list": [{"ho_ten": "x"}]}}}

    assert screen(event, DECLARED) == (RejectReason.PERSONAL_DATA, "/data")


@pytest.mark.parametrize("value", ["Mật", "TỐI MẬT", "tuyệt mật"])
def test_a_secrecy_marking_as_a_value_is_found(value: str) -> None:
    assert screen({"data": {"urgency": value}}, DECLARED) == (RejectReason.SECRECY_MARKING, "/data/urgency")


def test_a_badly_written_instant_is_not_taken_for_a_number() -> None:
    assert screen({"time": "20260302093000", "id": str(uuid4())}, DECLARED) is None


def test_deep_nesting_ends_the_walk() -> None:
    value: object = 1
    for _ in range(50):
        value = [value]

    assert screen({"data": value}, DECLARED) == (RejectReason.TOO_DEEP, "/data")
