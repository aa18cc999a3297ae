"""The platform itself, by its own metrics in Prometheus."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from deploy.grafana.panels import Told, metrics
from deploy.grafana.variables import board

RATE = "[$__rate_interval]"

PANELS = (
    (
        Told("Sự kiện đã nhận mỗi giây", "Đã ghi bền vào nhật ký, theo loại."),
        [(f"sum by (type) (rate(chitieu_ingest_accepted_total{RATE}))", "{{type}}")],
        "eps",
    ),
    (
        Told("Sự kiện bị từ chối mỗi giây", "Theo lý do; cùng lý do trong câu trả lời cho nơi gửi."),
        [
            (f"sum by (reason) (rate(chitieu_ingest_rejected_total{RATE}))", "{{reason}}"),
            (f"sum by (reason) (rate(chitieu_ingest_refused_requests_total{RATE}))", "cả yêu cầu: {{reason}}"),
        ],
        "eps",
    ),
    (
        Told("Thời gian trả lời của cổng nhận", "99% yêu cầu nhanh hơn, và thời gian nhật ký xác nhận."),
        [
            (f"histogram_quantile(0.99, sum by (le) (rate(chitieu_ingest_request_seconds_bucket{RATE})))", "trả lời"),
            (f"histogram_quantile(0.99, sum by (le) (rate(chitieu_ingest_kafka_ack_seconds_bucket{RATE})))", "nhật ký"),
        ],
        "s",
    ),
    (
        Told("Bản ghi chưa xử lý", "Độ trễ của bộ tính theo phân vùng; phải trở về 0."),
        [("sum by (partition) (chitieu_scoring_lag_records)", "phân vùng {{partition}}")],
        "none",
    ),
    (
        Told("Tuổi của số liệu", "Bản ghi cũ nhất còn chờ, và tuổi mốc số liệu của bảng, của cảnh báo."),
        [
            ("max by (partition) (chitieu_scoring_watermark_age_seconds)", "đang chờ, phân vùng {{partition}}"),
            ("time() - max(chitieu_api_watermark_timestamp_seconds)", "bảng"),
            ("time() - max(chitieu_alerts_watermark_timestamp_seconds)", "cảnh báo"),
        ],
        "s",
    ),
    (
        Told("Số phận của sự kiện mỗi giây", "Trùng, xung đột, bị thay thế, bị thu hồi… theo kết quả xử lý."),
        [(f"sum by (outcome) (rate(chitieu_scoring_outcomes_total{RATE}))", "{{outcome}}")],
        "eps",
    ),
    (
        Told("Sự cố khi ghi", "Bản ghi bị để riêng, lần ghi chưa rõ kết quả, khối bị chủ khác từ chối."),
        [
            (f"sum by (reason) (increase(chitieu_scoring_dead_letters_total{RATE}))", "để riêng: {{reason}}"),
            (f"sum(increase(chitieu_scoring_unknown_outcomes_total{RATE}))", "chưa rõ kết quả"),
            (f"sum(increase(chitieu_scoring_fenced_total{RATE}))", "bị từ chối"),
        ],
        "none",
    ),
    (
        Told("Gửi cảnh báo", "Lần gửi lỗi, đã dừng gửi, và cảnh báo chờ lâu nhất theo nơi nhận."),
        [
            (
                f'sum by (receiver, outcome) (increase(chitieu_alerts_deliveries_total{{outcome!="delivered"}}{RATE}))',
                "{{receiver}}: {{outcome}}",
            ),
            ("max by (receiver) (chitieu_alerts_oldest_waiting_seconds)", "{{receiver}}: chờ (giây)"),
        ],
        "none",
    ),
)
HEIGHT = 8


def pipeline() -> Dashboard:
    """Two panels a row."""
    frame = board(
        "chitieu-pipeline",
        "Chỉ tiêu · Hệ thống",
        "Nhận, tính, ghi, cảnh báo: số đo của chính nền tảng (Prometheus).",
    ).time("now-6h", "now")
    for number, (told, exprs, unit) in enumerate(PANELS):
        place = (12 * (number % 2), HEIGHT * (number // 2), 12, HEIGHT)
        frame.with_panel(metrics(told, exprs, place, unit))
    return frame
