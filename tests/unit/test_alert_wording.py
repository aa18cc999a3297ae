"""What people read: the state as it is now, links, and nothing that breaks a header or a page."""

from services.alerts.channels.chat import ENTRIES_MAX, text_vi
from services.alerts.channels.email import EmailOptions, composed
from services.alerts.grouping import Message
from services.alerts.wording import entries_vi, title_vi
from tests.support.notifications import MONDAY_TEN, notification, resolved

OPTIONS = EmailOptions(kind="email", host="mail.tinh.vn", sender="chitieu@tinh.vn", to=("desk@tinh.vn",))


def test_a_resolved_message_shows_the_figure_of_its_end_only() -> None:
    message = Message((notification(), resolved()))
    (entry,) = entries_vi(message, "")
    assert "85,0%" in entry.sentence
    assert "71,4%" not in title_vi(message) + text_vi([entry])
    assert entry.before == "Trước đó: Cảnh báo lúc 10:00 23/11/2026."


def test_a_title_says_what_happened_or_how_many_stand_open() -> None:
    assert title_vi(Message((notification(),))).startswith("Cảnh báo: Sở Nội vụ")
    assert title_vi(Message((notification(severity="critical"),))).startswith("[KHẨN] Cảnh báo: ")
    several = Message((notification("a"), resolved("b"), resolved("c")))
    assert title_vi(several) == "3 cảnh báo: 1 đang mở, 2 đã kết thúc"


def test_withdrawn_says_that_the_data_were_corrected() -> None:
    withdrawn = Message((resolved(state="withdrawn"),))
    assert "dữ liệu được đính chính" in title_vi(withdrawn)


def test_what_is_open_and_critical_comes_first() -> None:
    message = Message((resolved("a"), notification("b"), notification("c", severity="critical")))
    assert [entry.meta.split(",")[0] for entry in entries_vi(message, "")] == ["khẩn cấp", "cảnh báo", "cảnh báo"]
    assert entries_vi(message, "")[-1].heading == "Đã hết"


def test_entries_link_to_the_alert_when_an_address_is_known() -> None:
    (entry,) = entries_vi(Message((notification(),)), "https://chitieu.tinh.vn/")
    assert entry.link == "https://chitieu.tinh.vn/alerts/below_target%3Afiling_full_online%3Aso-noi-vu%3A2026"


def test_a_note_is_said_with_its_author() -> None:
    noted = notification(change="noted", by="desk", note="đã gọi\nđơn vị")
    (entry,) = entries_vi(Message((noted,)), "")
    assert entry.heading == "Có ghi chú"
    assert entry.sentence.endswith("Ghi chú của desk: đã gọi đơn vị")


def test_a_chat_counts_what_it_does_not_show() -> None:
    many = Message(tuple(notification(f"u{number}") for number in range(ENTRIES_MAX + 3)))
    assert text_vi(entries_vi(many, "")).endswith("… và 3 cảnh báo khác.")


def test_a_sentence_can_neither_add_a_header_nor_a_tag() -> None:
    hostile = notification(sentence_vi="Sở <script>alert(1)</script>\r\nBcc: all@tinh.vn $title")
    mail = composed(Message((hostile,)), OPTIONS, "", MONDAY_TEN)
    assert mail["Bcc"] is None
    page = mail.get_body(("html",))
    assert page is not None
    assert "<script>" not in page.get_content()
    assert "&lt;script&gt;" in page.get_content()


def test_a_repeat_has_the_same_message_id_and_alerts_are_threaded() -> None:
    first, again = (composed(Message((notification(),)), OPTIONS, "", MONDAY_TEN) for _ in range(2))
    end = composed(Message((resolved(),)), OPTIONS, "", MONDAY_TEN)
    assert first["Message-ID"] == again["Message-ID"] != end["Message-ID"]
    assert first["In-Reply-To"] == end["In-Reply-To"] == end["References"]
