"""What people read in a message: title, and per alert what happened, its sentence and a link (pure)."""

from dataclasses import dataclass
from urllib.parse import quote

from services.alerts.grouping import Message
from services.alerts.state import OPEN
from services.alerts.store import Notification
from shared.local_time import LOCAL

STATES_VI = {
    "ok": "Bình thường",
    "pending": "Đang theo dõi",
    "firing": "Cảnh báo",
    "lost": "Không thể đạt nữa",
    "resolved": "Đã hết",
    "withdrawn": "Đã rút vì dữ liệu được đính chính",
}
CHANGES_VI = {
    "acknowledged": "Đã có người tiếp nhận",
    "acknowledgement_ended": "Hết thời hạn tiếp nhận",
    "noted": "Có ghi chú",
    "escalated": "Chuyển cấp trên vì chưa ai tiếp nhận",
    "flapping": "Lặp đi lặp lại nhiều lần",
    "steady": "Đã ổn định",
}
SEVERITIES_VI = {"info": "thông tin", "warning": "cảnh báo", "critical": "khẩn cấp"}
URGENT_VI = "[KHẨN] "


@dataclass(frozen=True, slots=True)
class Entry:
    """One alert as it is now. `meta`: severity and local time. `before`: earlier changes that waited with it."""

    heading: str
    sentence: str
    meta: str
    before: str
    link: str


def title_vi(message: Message) -> str:
    """One line: what happened and to what, or how many alerts stand open and have ended."""
    newest = message.newest
    urgent = URGENT_VI if any(one.severity == "critical" and one.state in OPEN for one in newest) else ""
    if len(newest) == 1:
        return f"{urgent}{heading_vi(newest[0])}: {one_line(newest[0].sentence_vi)}"
    standing = sum(one.state in OPEN for one in newest)
    return f"{urgent}{len(newest)} cảnh báo: {standing} đang mở, {len(newest) - standing} đã kết thúc"


def heading_vi(notification: Notification) -> str:
    """What happened: the change where it has a name, else the state."""
    return CHANGES_VI.get(notification.change, STATES_VI[notification.state])


def entries_vi(message: Message, public_url: str) -> list[Entry]:
    """One per alert: what is still open first, in it what is critical."""
    order = sorted(message.newest, key=lambda one: (one.state not in OPEN, one.severity != "critical"))
    return [_entry(one, message, public_url) for one in order]


def paragraph(entry: Entry) -> str:
    """An entry as plain text."""
    lines = [f"{entry.heading} ({entry.meta})", entry.sentence, entry.before, entry.link]
    return "\n".join(line for line in lines if line)


def alert_link(notification: Notification, public_url: str) -> str:
    """The alert's page; empty when the installation has told no address."""
    return f"{public_url.rstrip('/')}/alerts/{quote(notification.alert_id, safe='')}" if public_url else ""


def one_line(text: str) -> str:
    """Without line breaks: in a header they would begin another one."""
    return " ".join(text.split())


def _entry(one: Notification, message: Message, public_url: str) -> Entry:
    earlier = [other for other in message.notifications if other.alert_id == one.alert_id and other.number < one.number]
    before = ", ".join(f"{heading_vi(other)} lúc {_local(other)}" for other in earlier)
    said = one_line(one.sentence_vi) + (f" Ghi chú của {one.by}: {one_line(one.note)}" if one.note else "")
    meta = f"{SEVERITIES_VI[one.severity]}, {_local(one)}"
    return Entry(heading_vi(one), said, meta, f"Trước đó: {before}." if before else "", alert_link(one, public_url))


def _local(notification: Notification) -> str:
    return notification.at.astimezone(LOCAL).strftime("%H:%M %d/%m/%Y")
