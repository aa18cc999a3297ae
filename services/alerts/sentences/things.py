"""Sentences of the rules about sources, systems, lines, security events, reports and data quality."""

from services.alerts.sentences.frame import Facts, Words, taken_back
from services.alerts.vietnamese import day_vi, listed_vi, moment_vi, percent_vi, share_vi, span_vi
from shared.contracts.alerts import Rule

CATEGORIES = {
    "malware": "mã độc",
    "intrusion": "xâm nhập",
    "ddos": "tấn công từ chối dịch vụ",
    "data_leak": "lộ, lọt dữ liệu",
    "phishing": "lừa đảo",
    "misuse": "sử dụng sai mục đích",
    "vulnerability": "lỗ hổng bảo mật",
    "other": "loại khác",
}
SEVERITIES = {"low": "thấp", "medium": "trung bình", "high": "cao", "critical": "nghiêm trọng"}
DOSSIERS = {"none": "chưa có hồ sơ cấp độ", "submitted": "hồ sơ cấp độ chưa được phê duyệt", "approved": ""}
PLANS = {"none": "chưa triển khai phương án bảo đảm an toàn", "partial": "phương án bảo đảm an toàn chưa triển khai đủ"}
MEASURES = {"conflicts": "xung đột nội dung", "late": "đến muộn quá 2 ngày", "rejected": "bị từ chối khi tiếp nhận"}


def _source(facts: Facts) -> str:
    return f"Nguồn {facts['source_vi']}"


def _silent(facts: Facts) -> str:
    heard = f"từ {moment_vi(facts['last_heard'])}" if facts["last_heard"] else "từ khi bắt đầu theo dõi"
    return f"{_source(facts)} không gửi dữ liệu {heard} (chu kỳ {_cadence(facts)}){_provisional(facts)}"


def _cadence(facts: Facts) -> str:
    days = f"{facts['cadence_working_days']} ngày làm việc"
    return span_vi(facts["cadence_minutes"]) if facts["cadence_minutes"] else days


def _provisional(facts: Facts) -> str:
    return f"; số liệu tạm tính: {listed_vi(facts['provisional'])}" if facts["provisional"] else ""


def _heard(facts: Facts) -> str:
    when = f", lần gần nhất {moment_vi(facts['last_heard'])}" if facts["last_heard"] else ""
    return f"{_source(facts)} đã gửi dữ liệu trở lại{when}"


def _system(facts: Facts) -> str:
    return f"{facts['unit_vi']}: hệ thống {facts['system_vi']}"


def _undocumented(facts: Facts) -> str:
    missing = [DOSSIERS.get(facts["dossier"], ""), PLANS.get(facts["plan"], "")]
    return f"{_system(facts)} đang sử dụng khi {' và '.join(filter(None, missing)) or 'thiếu hồ sơ an toàn'}"


def _documented(facts: Facts) -> str:
    if facts["lifecycle"] != "in_use":
        return f"{_system(facts)} không còn sử dụng"
    return f"{_system(facts)} đã có hồ sơ cấp độ được phê duyệt và đã triển khai phương án bảo đảm an toàn"


def _unmonitored(facts: Facts) -> str:
    if not facts["monitored"]:
        return f"{_system(facts)} đang sử dụng nhưng không được giám sát an toàn thông tin"
    last = facts["last_heartbeat"]
    since = f", lần gần nhất {moment_vi(last)}" if last else ""
    return f"{_system(facts)} không có tín hiệu giám sát quá {span_vi(facts['ttl_minutes'])}{since}"


def _monitored(facts: Facts) -> str:
    if facts["lifecycle"] != "in_use":
        return f"{_system(facts)} không còn sử dụng"
    return f"{_system(facts)} đã được giám sát trở lại"


def _network(facts: Facts) -> str:
    return f"{facts['unit_vi']}: Mạng truyền số liệu chuyên dùng"


def _line_down(facts: Facts) -> str:
    since = f" từ {moment_vi(facts['since'])}" if facts["since"] else ""
    lines = ", ".join(str(line) for line in facts["lines_down"])
    if facts["lines_up"]:
        return f"{_network(facts)} suy giảm, mất đường truyền {lines}{since}"
    return f"{_network(facts)} mất kết nối hoàn toàn (đường truyền {lines}){since}"


def _line_up(facts: Facts) -> str:
    if facts["lines_down"]:
        return f"{_network(facts)} đã kết nối lại, còn mất đường truyền {', '.join(map(str, facts['lines_down']))}"
    return f"{_network(facts)} đã hoạt động bình thường"


def _incident(facts: Facts) -> str:
    """All that was said of it may have been taken back."""
    severity = SEVERITIES.get(facts["severity"])
    kind = CATEGORIES.get(facts["category"])
    said = f" mức {severity}" if severity else ""
    return f"{facts['unit_vi']}: sự cố an toàn thông tin{said}{f' ({kind})' if kind else ''}"


def _incident_open(facts: Facts) -> str:
    handling = {"new": "mới phát hiện", "acknowledged": "đang xử lý"}.get(facts["handling"], "chưa đóng")
    return f"{_incident(facts)}, {handling}, ghi nhận lúc {moment_vi(facts['time'])}"


def _incident_over(facts: Facts) -> str:
    if facts["handling"] == "closed":
        return f"{_incident(facts)} đã được đóng"
    return f"{_incident(facts)} không còn ở mức cao hoặc nghiêm trọng"


def _report(facts: Facts) -> str:
    return f"{facts['unit_vi']}: {facts['report_vi']} ({facts['report_period_vi']})"


def _owed(facts: Facts) -> str:
    """A reminder knows how many working days are left; overdue does not."""
    due = day_vi(facts["due"])
    if "working_days_left" not in facts:
        return f"{_report(facts)} đã quá hạn {due}, chưa nộp trên hệ thống"
    left = facts["working_days_left"]
    days = f"còn {left} ngày làm việc đến hạn {due}" if left else f"hôm nay là ngày làm việc cuối cùng trước hạn {due}"
    if facts["due_today"]:
        days = f"hôm nay {due} là hạn cuối"
    return f"{_report(facts)} {days}, chưa nộp trên hệ thống"


def _delivered(facts: Facts) -> str:
    if facts["submitted"]:
        return f"{_report(facts)} đã nộp trên hệ thống"
    return f"{_report(facts)} đã hết ngày nhắc, chưa nộp trên hệ thống"


def _faults(facts: Facts) -> str:
    share = percent_vi(facts["numerator"] * 1000 // facts["denominator"] / 10 if facts["denominator"] else None)
    amounts = share_vi(facts["numerator"], facts["denominator"])
    return f"{_source(facts)}: {facts['window_days']} ngày qua {share} dữ liệu {MEASURES[facts['measure']]} ({amounts})"


def _faulty(facts: Facts) -> str:
    return f"{_faults(facts)}, vượt mức cho phép {facts['tolerated_percent']}%"


def _clean(facts: Facts) -> str:
    return f"{_faults(facts)}, đã trở lại trong mức cho phép {facts['tolerated_percent']}%"


WORDS: dict[Rule, Words] = {
    "source_silent": Words("nguồn dữ liệu im lặng", _silent, _heard, taken_back(_source), _silent),
    "system_undocumented": Words(
        "hệ thống thiếu hồ sơ an toàn", _undocumented, _documented, taken_back(_system), _undocumented
    ),
    "system_unmonitored": Words(
        "hệ thống không được giám sát", _unmonitored, _monitored, taken_back(_system), _unmonitored
    ),
    "link_down": Words("đường truyền", _line_down, _line_up, taken_back(_network), _line_down),
    "security_event": Words(
        "sự cố an toàn thông tin", _incident_open, _incident_over, taken_back(_incident), _incident_open
    ),
    "report_due": Words("báo cáo đến hạn", _owed, _delivered, taken_back(_report), _owed),
    "data_quality": Words("chất lượng dữ liệu", _faulty, _clean, taken_back(_source), _faulty),
}
