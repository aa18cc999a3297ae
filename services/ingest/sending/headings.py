"""Vietnamese headings of every type's table, and the words that people write for coded values. Pure."""

from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Any, get_args, get_type_hints

from shared.contracts.vocabulary import EVENT_TYPES

TYPE, ID, TIME, UNIT, RECORDED, CORRECTS = (
    "Loại sự kiện", "Mã sự kiện", "Thời điểm", "Mã đơn vị", "Thời điểm ghi nhận", "Đính chính sự kiện",
)  # fmt: skip

ATTRIBUTE_HEADINGS = {
    TYPE: "type", ID: "id", TIME: "time", UNIT: "unit", RECORDED: "recordedtime", CORRECTS: "corrects",
}  # fmt: skip

KEYED_SUBJECTS = {
    "filing": ("Số hồ sơ", "Khóa hồ sơ"),
    "petition": ("Số phản ánh", "Khóa phản ánh"),
    "document": ("Số văn bản", "Khóa văn bản"),
    "casefile": ("Số hồ sơ công việc", "Khóa hồ sơ công việc"),
    "inspection": ("Số cuộc kiểm tra", "Khóa cuộc kiểm tra"),
    "security": ("Số cảnh báo", "Khóa cảnh báo"),
}
"""Subject → (heading of the raw number, which is turned into a key here; heading of a key that is ready)."""

CODED_SUBJECTS = {
    "report": ("{unit}", "Mã báo cáo", "Kỳ báo cáo"),
    "procedure": ("Mã thủ tục",),
    "portal": ("Mã cổng",),
    "dataset": ("Mã bộ dữ liệu",),
    "system": ("Mã hệ thống",),
    "network": ("{unit}",),
    "auth": ("Mã cổng", "{window_start}"),
    "count": ("Mã chỉ tiêu", "Đại lượng", "Mã địa bàn", "Cơ sở tính"),
}
"""Subject → headings of its parts, in order; a part in braces is taken from another column."""

SUBJECT = "Đối tượng"
"""The whole subject, for retractions and for those who know it."""

DATA_HEADINGS = {
    "procedure": "Mã thủ tục", "receiving_unit": "Đơn vị tiếp nhận", "channel": "Kênh tiếp nhận",
    "full_online_offered": "Cung cấp toàn trình", "result_is_document": "Kết quả là giấy tờ",
    "applicant_kind": "Loại người nộp", "due_at": "Hạn", "status": "Mã trạng thái", "part": "Phần số hóa",
    "complete": "Đã số hóa đủ", "electronic": "Kết quả điện tử", "signed": "Đã ký số",
    "delivery": "Cách trả kết quả", "fee": "Mã khoản phí", "via": "Kênh thanh toán", "rating": "Mức hài lòng",
    "about": "Phản ánh về", "satisfied": "Hài lòng với trả lời", "window_start": "Từ lúc", "window_end": "Đến lúc",
    "total": "Tổng lượt", "vneid": "Lượt qua VNeID", "revision": "Lần báo cáo lại", "to_unit": "Đơn vị nhận",
    "person_signed": "Người có thẩm quyền đã ký số", "agency_signed": "Cơ quan đã ký số",
    "signature_valid": "Chữ ký hợp lệ", "urgency": "Độ khẩn", "end_to_end": "Xử lý toàn trình điện tử",
    "online": "Xử lý trên môi trường mạng", "on_system": "Trên hệ thống báo cáo", "mode": "Hình thức",
    "owner": "Đơn vị chủ quản", "standardised": "Đã chuẩn hóa", "simplified": "Đã đơn giản hóa",
    "national_sync": "Đồng bộ cổng quốc gia", "online_eligible": "Đủ điều kiện toàn trình",
    "online_level": "Mức trực tuyến", "withdrawn": "Đã bãi bỏ", "items_total": "Số mục phải có",
    "items_met": "Số mục đạt", "checklist_version": "Phiên bản bảng kiểm", "lifecycle": "Giai đoạn",
    "dossier": "Hồ sơ cấp độ", "plan": "Phương án bảo vệ", "legal_basis": "Căn cứ pháp lý",
    "monitored": "Được SOC giám sát", "state": "Trạng thái", "severity": "Mức độ", "category": "Nhóm sự cố",
    "line": "Đường truyền số", "period": "Kỳ", "numerator": "Số đạt", "denominator": "Tổng số",
    "as_of": "Tính đến ngày", "method": "Cách thống kê", "id": "Mã sự kiện bị rút", "level": "Cấp",
}  # fmt: skip
"""Field of event data → its heading."""

WORDS: dict[str, dict[str, str]] = {
    "channel": {"trực tuyến": "online", "trực tiếp": "direct", "bưu chính": "postal", "không rõ": "unknown"},
    "applicant_kind": {"công dân": "citizen", "doanh nghiệp": "enterprise", "hộ kinh doanh": "household_business"},
    "part": {"thành phần": "components", "kết quả": "result"},
    "delivery": {"trực tuyến": "online", "bưu chính": "postal", "trực tiếp": "direct"},
    "via": {"quốc gia": "national", "tỉnh": "provincial", "tiền mặt": "cash", "khác": "other"},
    "rating": {"hài lòng": "satisfied", "bình thường": "neutral", "không hài lòng": "dissatisfied"},
    "about": {"hồ sơ": "filing", "thái độ": "conduct", "thủ tục": "procedure", "khác": "other"},
    "urgency": {"thường": "normal", "khẩn": "khan", "thượng khẩn": "thuong-khan", "hỏa tốc": "hoa-toc"},
    "mode": {"báo cáo": "online_report", "trên hệ thống": "online_system", "trực tiếp": "on_site", "kết hợp": "mixed"},
    "level": {"tỉnh": "province", "xã": "commune"},
    "online_level": {"không": "none", "một phần": "partial", "toàn trình": "full"},
    "lifecycle": {"dự kiến": "planned", "đang xây dựng": "building", "đang dùng": "in_use", "đã dừng": "retired"},
    "dossier": {"chưa có": "none", "đã trình": "submitted", "đã duyệt": "approved"},
    "plan": {"chưa có": "none", "một phần": "partial", "đã triển khai": "implemented"},
    "method": {"sổ đăng ký": "register", "khảo sát": "survey", "hành chính": "administrative", "ước tính": "estimate"},
}
"""Field → what people may write instead of the code."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a type's table: its heading, what it fills, whether it must be filled, and what may stand in it."""

    heading: str
    required: bool
    allowed: str


def columns_of(kind: str) -> list[Column]:
    """The columns of a type, in the order of its template."""
    fields = EVENT_TYPES[kind].data.__struct_fields__
    head = [
        Column(TIME, True, "dd/MM/yyyy HH:mm, giờ Việt Nam"),
        Column(UNIT, True, "mã đơn vị chịu trách nhiệm"),
        *_subject_columns(kind),
    ]
    taken = {column.heading for column in head}
    data = [_data_column(kind, name) for name in fields if DATA_HEADINGS[name] not in taken]
    tail = [Column(ID, False, "để trống: máy tự đặt"), Column(RECORDED, False, "dd/MM/yyyy HH:mm")]
    if EVENT_TYPES[kind].correctable and kind != "event.retracted":
        tail.append(Column(CORRECTS, False, "mã của sự kiện được thay"))
    return [Column(TYPE, True, kind), *head, *data, *tail]


def subjects_of(kind: str) -> list[str]:
    """First parts of the subjects that a type may name."""
    pattern = EVENT_TYPES[kind].subject.pattern
    return [name for name in (*KEYED_SUBJECTS, *CODED_SUBJECTS) if name in pattern.split("/")[0]]


def _subject_columns(kind: str) -> list[Column]:
    if kind == "event.retracted":
        return [Column(SUBJECT, True, "đúng đối tượng của sự kiện bị rút")]
    columns: list[Column] = []
    for name in subjects_of(kind):
        if name in KEYED_SUBJECTS:
            number, key = KEYED_SUBJECTS[name]
            columns += [Column(number, False, "số gốc; được băm tại máy này"), Column(key, False, "hoặc khóa 64 ký tự")]
        else:
            columns += [Column(part, True, "mã") for part in CODED_SUBJECTS[name] if not part.startswith("{")]
    return columns


def _data_column(kind: str, name: str) -> Column:
    data = EVENT_TYPES[kind].data
    hint = get_type_hints(data)[name]
    required = name in data.__struct_fields__[: len(data.__struct_fields__) - len(data.__struct_defaults__)]
    return Column(DATA_HEADINGS[name], required, _allowed(name, hint))


def _allowed(name: str, hint: Any) -> str:
    kinds = set(get_args(hint)) - {NoneType} or {hint}
    if bool in kinds:
        return "có / không"
    if datetime in kinds:
        return "dd/MM/yyyy HH:mm"
    if int in kinds:
        return "số nguyên"
    codes = [value for value in get_args(hint) if isinstance(value, str)]
    codes += [value for part in get_args(hint) for value in get_args(part) if get_args(part) and isinstance(value, str)]
    words = {code: word for word, code in WORDS.get(name, {}).items()}
    return ", ".join(words.get(code, code) for code in codes) or "mã"
