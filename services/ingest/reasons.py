"""Why an event is refused: one token per reason, identical in the answer, the log and the metric."""

from enum import StrEnum
from typing import NamedTuple


class RejectReason(StrEnum):
    """Tokens of a refused event; `EXPLANATIONS` says each in Vietnamese, docs/integrators.md in English."""

    NOT_AN_EVENT = "not_an_event"
    EVENT_TOO_LARGE = "event_too_large"
    TOO_DEEP = "too_deep"
    MISSING_ATTRIBUTE = "missing_attribute"
    UNKNOWN_ATTRIBUTE = "unknown_attribute"
    INVALID_ATTRIBUTE = "invalid_attribute"
    SPECVERSION_UNSUPPORTED = "specversion_unsupported"
    ID_FORMAT = "id_format"
    SOURCE_NOT_ALLOWED = "source_not_allowed"
    TYPE_UNKNOWN = "type_unknown"
    TYPE_NOT_ALLOWED = "type_not_allowed"
    SOC_ONLY = "soc_only"
    SUBJECT_FORMAT = "subject_format"
    SUBJECT_UNKNOWN = "subject_unknown"
    SUBJECT_MISMATCH = "subject_mismatch"
    UNIT_UNKNOWN = "unit_unknown"
    UNIT_NOT_ALLOWED = "unit_not_allowed"
    TIME_FORMAT = "time_format"
    TIME_TOO_EARLY = "time_too_early"
    TIME_IN_FUTURE = "time_in_future"
    CORRECTS_NOT_ALLOWED = "corrects_not_allowed"
    DATA_MISSING_FIELD = "data_missing_field"
    DATA_UNKNOWN_FIELD = "data_unknown_field"
    DATA_INVALID = "data_invalid"
    NUMERATOR_OVER_DENOMINATOR = "numerator_over_denominator"
    SERIES_UNKNOWN = "series_unknown"
    WINDOW_INVALID = "window_invalid"
    PERSONAL_DATA = "personal_data"
    SECRECY_MARKING = "secrecy_marking"


EXPLANATIONS: dict[RejectReason, str] = {
    RejectReason.NOT_AN_EVENT: "Không phải là một sự kiện CloudEvents (cần một đối tượng JSON).",
    RejectReason.EVENT_TOO_LARGE: "Sự kiện dài quá mức cho phép.",
    RejectReason.TOO_DEEP: "Dữ liệu lồng nhau quá sâu.",
    RejectReason.MISSING_ATTRIBUTE: "Thiếu thuộc tính bắt buộc.",
    RejectReason.UNKNOWN_ATTRIBUTE: "Có thuộc tính không được khai báo.",
    RejectReason.INVALID_ATTRIBUTE: "Thuộc tính sai kiểu hoặc sai giá trị.",
    RejectReason.SPECVERSION_UNSUPPORTED: "Chỉ nhận specversion 1.0.",
    RejectReason.ID_FORMAT: "Mã sự kiện (id) sai định dạng: 1–64 ký tự, không có dấu cách.",
    RejectReason.SOURCE_NOT_ALLOWED: "Nguồn (source) không phải là hệ thống của khóa đang dùng.",
    RejectReason.TYPE_UNKNOWN: "Loại sự kiện (type) không có trong danh mục.",
    RejectReason.TYPE_NOT_ALLOWED: "Khóa hoặc hệ thống không được gửi loại sự kiện này.",
    RejectReason.SOC_ONLY: "Chỉ SOC được gửi loại sự kiện này.",
    RejectReason.SUBJECT_FORMAT: "Đối tượng (subject) sai định dạng của loại sự kiện.",
    RejectReason.SUBJECT_UNKNOWN: "Đối tượng (subject) nêu mã không có trong danh mục.",
    RejectReason.SUBJECT_MISMATCH: "Đối tượng (subject) không khớp với đơn vị hoặc dữ liệu của sự kiện.",
    RejectReason.UNIT_UNKNOWN: "Mã đơn vị không có trong danh mục.",
    RejectReason.UNIT_NOT_ALLOWED: "Khóa không được gửi thay cho đơn vị này.",
    RejectReason.TIME_FORMAT: "Thời điểm sai định dạng: cần RFC 3339 kèm múi giờ.",
    RejectReason.TIME_TOO_EARLY: "Thời điểm trước ngày 01/01/2026.",
    RejectReason.TIME_IN_FUTURE: "Thời điểm ở tương lai.",
    RejectReason.CORRECTS_NOT_ALLOWED: "Loại sự kiện này không được đính chính.",
    RejectReason.DATA_MISSING_FIELD: "Dữ liệu thiếu trường bắt buộc.",
    RejectReason.DATA_UNKNOWN_FIELD: "Dữ liệu có trường không được khai báo.",
    RejectReason.DATA_INVALID: "Dữ liệu sai kiểu hoặc sai giá trị.",
    RejectReason.NUMERATOR_OVER_DENOMINATOR: "Phần đạt lớn hơn tổng số.",
    RejectReason.SERIES_UNKNOWN: "Số báo cáo không thuộc chuỗi số liệu nào đã định.",
    RejectReason.WINDOW_INVALID: "Khoảng thời gian đếm không hợp lệ: phải nằm trong một ngày (giờ Việt Nam).",
    RejectReason.PERSONAL_DATA: "Có dữ liệu cá nhân hoặc số hồ sơ gốc; không được gửi.",
    RejectReason.SECRECY_MARKING: "Có dấu hiệu độ mật; tài liệu mật không được gửi.",
}
"""Reason → one Vietnamese sentence for people who send files."""


class Claim(NamedTuple):
    """What a refused event said of itself, as it was sent: only ever compared with codes, never kept."""

    source: str = ""
    unit: str = ""
    type: str = ""


class Rejected:
    """A refused event: `reason`, a JSON pointer to the declared field it is about ("" = the event itself), and its id.

    `id` is "" unless it is well formed and holds no personal data, because it is repeated in the answer.
    """

    __slots__ = ("claim", "id", "pointer", "reason")

    def __init__(self, reason: RejectReason, pointer: str = "", id_: str = "", claim: Claim = Claim()) -> None:  # noqa: B008 - frozen
        self.reason = reason
        self.pointer = pointer
        self.id = id_
        self.claim = claim
