"""The one table from reason tokens, outcomes, statuses and flags to what officers read: Vietnamese, and English."""

import re
from collections.abc import Mapping
from typing import NamedTuple

PERIOD = re.compile(r"\d{4}(-\w+)*")
"""T04's reported paper files carry the period of their report as reason."""


class Words(NamedTuple):
    """One saying in two languages."""

    vi: str
    en: str


REASONS: Mapping[str, Words] = {
    "awaiting_received": Words("Chờ sự kiện tiếp nhận hồ sơ", "Waiting for the filing's receipt event"),
    "not_offered": Words(
        "Thủ tục không cung cấp trực tuyến toàn trình khi tiếp nhận", "Procedure not offered fully online at receipt"
    ),
    "status_3": Words("Hồ sơ không được tiếp nhận", "Filing not accepted"),
    "status_7": Words("Công dân rút hồ sơ", "Filing withdrawn by the applicant"),
    "status_8": Words("Hồ sơ dừng xử lý", "Processing halted"),
    "no_document": Words("Kết quả không phải là văn bản", "The result is not a document"),
    "fee_free": Words("Hồ sơ không có phí, lệ phí", "No fee due"),
    "waived": Words("Hồ sơ được miễn phí, lệ phí", "Fees waived"),
    "not_in_use": Words("Hệ thống chưa hoặc không còn sử dụng", "System not in use"),
    "went_live_without_dossier": Words(
        "Đưa vào sử dụng khi chưa đủ hồ sơ cấp độ và phương án bảo đảm an toàn", "Went live without dossier and plan"
    ),
    "withdrawn": Words("Thủ tục đã bãi bỏ", "Procedure withdrawn"),
    "contradiction": Words(
        "Mâu thuẫn: cung cấp toàn trình nhưng không thuộc diện đủ điều kiện", "Contradiction: full but not eligible"
    ),
    "not_eligible": Words("Thủ tục không đủ điều kiện trực tuyến toàn trình", "Procedure not eligible"),
    "not_due": Words("Chưa đến hạn theo kế hoạch", "Not due yet"),
    "not_in_catalogue": Words("Báo cáo không có trong danh mục", "Report not in the catalogue"),
    "not_in_register": Words("Không có trong sổ đăng ký", "Not in the register"),
    "impossible_count": Words("Số liệu vô lý: tử số lớn hơn mẫu số", "Impossible count"),
    "unknown_period": Words("Kỳ báo cáo không có trong danh mục", "Unknown period"),
    "unknown_date": Words("Ngày của số liệu không hợp lệ", "Unknown date"),
    "report_ignored": Words(
        "Bỏ qua: trong cùng kỳ đơn vị đã gửi hồ sơ giấy", "Left out: paper files were sent in the same period"
    ),
    "period_overlap": Words("Kỳ báo cáo chồng lên kỳ đã báo cáo", "Period overlaps one already reported"),
    "no_data": Words("Chưa có dữ liệu", "Never heard of"),
    "stale": Words("Số liệu đã cũ, chưa cập nhật", "Figure older than it may be"),
}
"""Reason tokens of the ledger and of receipts, as scoring writes them."""

OUTCOMES: Mapping[str, Words] = {
    "counted": Words("Đã tính vào chỉ tiêu", "Counted"),
    "noted": Words("Đã ghi nhận, không làm thay đổi chỉ tiêu", "Effective, moves no figure"),
    "excluded": Words("Đã nhận, không thuộc diện tính", "Excluded, with the reason"),
    "pending": Words("Chờ sự kiện khác", "Waits for another event"),
    "duplicate": Words("Trùng với sự kiện đã nhận", "Duplicate"),
    "conflict": Words("Cùng mã nhưng khác nội dung; sự kiện nhận trước có hiệu lực", "Conflict: the first one stays"),
    "superseded": Words("Đã được sự kiện khác thay thế", "Superseded"),
    "retracted": Words("Đã thu hồi", "Retracted"),
    "orphan": Words(
        "Chưa thấy sự kiện được đính chính hoặc thu hồi, hoặc sự kiện đó của đơn vị khác",
        "Orphan: the event it names is not there, or is another unit's",
    ),
    "rejected": Words("Bị từ chối khi tiếp nhận, không có trong nhật ký", "Refused by ingest, not in the log"),
    "cycle": Words("Chuỗi đính chính vòng tròn, không có hiệu lực", "Cycle of links, without effect"),
}

STATUSES: Mapping[str, Words] = {
    "met": Words("Đạt", "Met"),
    "below": Words("Chưa đạt", "Below"),
    "no_occurrence": Words("Không phát sinh", "No occurrence"),
    "no_target": Words("Không có chỉ tiêu", "No target"),
}

FLAGS: Mapping[str, Words] = {
    "provisional": Words("Tạm tính", "Provisional"),
    "stale": Words("Số liệu cũ", "Stale"),
    "not_recoverable": Words("Không thể đạt trong năm", "Cannot be reached this year"),
    "offline_conflict": Words("Số giấy báo cáo trùng với sự kiện, không tính", "Paper report ignored"),
    "basis_undefined": Words("Chưa xác định cơ sở tính", "Basis not decided"),
}


DEAD_LETTERS: Mapping[str, Words] = {
    "undecodable": Words("Bản ghi không đọc được", "The record is not readable"),
    "unknown_version": Words("Phiên bản bản ghi chưa được hỗ trợ", "The record's version is not known"),
    "wrong_partition": Words("Bản ghi nằm sai phân vùng", "The record is in the wrong partition"),
    "reading_failed": Words("Quy tắc tính gặp lỗi với bản ghi này", "A reading failed on the record"),
}


def reason_words(token: str) -> Words:
    """An unknown token is shown as it is, so that a new reading never hides its reason; "" says nothing."""
    if PERIOD.fullmatch(token):
        return Words(f"Hồ sơ giấy theo báo cáo kỳ {token}", f"Paper files reported for {token}")
    return REASONS.get(token, Words(token, token))


def outcome_words(token: str) -> Words:
    """What became of an event."""
    return OUTCOMES.get(token, Words(token, token))


def dead_letter_words(token: str) -> Words:
    """Why a record of the log was set aside."""
    return DEAD_LETTERS.get(token, Words(token, token))
