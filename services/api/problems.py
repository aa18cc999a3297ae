"""Errors as RFC 9457 problem documents, with a title and detail that an officer can read."""

import json
from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from shared.errors import RetryableError

RETRY_AFTER_SECONDS = 2
"""The engine restarts within seconds; a page that asks again sooner only adds load."""

TITLES_VI = {
    "no_key": (401, "Chưa đăng nhập", "Cần khóa truy cập hoặc phiên đăng nhập."),
    "bad_key": (401, "Khóa không hợp lệ", "Khóa truy cập không đúng, đã hết hạn hoặc đã bị thu hồi."),
    "role": (403, "Không đủ quyền", "Khóa này không có quyền xem nội dung được yêu cầu."),
    "other_site": (403, "Yêu cầu từ trang khác", "Thao tác chỉ được thực hiện từ trang của hệ thống này."),
    "not_found": (404, "Không tìm thấy", "Không có nội dung tại địa chỉ này."),
    "no_period": (404, "Không có kỳ này", "Kỳ báo cáo không có trong danh mục."),
    "no_cell": (404, "Không có ô chỉ tiêu này", "Chỉ tiêu này không áp dụng cho đơn vị đã chọn."),
    "no_alert": (404, "Không có cảnh báo này", "Mã cảnh báo không tồn tại."),
    "no_silence": (404, "Không có lệnh tạm im này", "Mã lệnh tạm im không tồn tại."),
    "no_receipt": (404, "Không có sự kiện này", "Hệ thống của khóa này chưa gửi sự kiện có mã như vậy."),
    "method": (405, "Phương thức không được phép", "Địa chỉ này không nhận phương thức đã dùng."),
    "format": (406, "Định dạng không hỗ trợ", "Chỉ có JSON và CSV."),
    "alert_not_open": (409, "Cảnh báo không còn mở", "Chỉ tiếp nhận hoặc chuyển cấp cảnh báo đang mở."),
    "silence_over": (409, "Lệnh tạm im đã hết", "Lệnh tạm im này không còn hiệu lực."),
    "personal_data": (422, "Có dữ liệu cá nhân", "Ghi chú không được có số định danh, số điện thoại hoặc thư điện tử."),
    "until": (422, "Thời hạn không hợp lệ", "Thời hạn phải ở tương lai và không quá 90 ngày."),
    "matches_everything": (422, "Chưa chọn cảnh báo", "Chọn ít nhất một: cảnh báo, loại, chỉ tiêu hoặc đơn vị."),
    "matches_nothing": (422, "Không có cảnh báo nào phù hợp", "Cảnh báo, chỉ tiêu hoặc đơn vị này không tồn tại."),
    "parameters": (422, "Tham số không hợp lệ", "Kiểm tra lại các tham số được nêu."),
    "as_of_future": (422, "Ngày chưa tới", "Ngày xem số liệu không được sau ngày hôm nay."),
    "too_many_logins": (429, "Đăng nhập quá nhiều lần", "Chờ ít phút rồi thử lại."),
    "too_many_requests": (503, "Quá nhiều yêu cầu cùng lúc", "Thử lại sau ít giây."),
    "broker_away": (503, "Kafka tạm thời không trả lời", "Thử lại sau ít giây."),
    "command_unsure": (503, "Chưa ghi được lệnh", "Kafka tạm thời không trả lời; lệnh có thể vẫn được thực hiện sau."),
    "engine_away": (503, "Kho số liệu tạm thời không trả lời", "Hệ thống sẽ tự thử lại."),
    "too_many_streams": (503, "Quá nhiều màn hình đang mở", "Đóng bớt màn hình khác rồi thử lại."),
    "unexpected": (500, "Lỗi hệ thống", "Đã ghi nhận lỗi; xin thử lại sau."),
}
"""Reason token → (status, title, detail). The token is the same in the answer, the log and the metric."""

_BY_STATUS = {401: "no_key", 403: "role", 404: "not_found", 405: "method", 406: "format", 422: "parameters"}


class ProblemError(Exception):
    """An answer that is not what was asked for; `reason` is a token of `TITLES_VI`."""

    def __init__(self, reason: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.headers = dict(headers or {})


def problem_response(reason: str, headers: Mapping[str, str] | None = None, **more: object) -> Response:
    """The problem document of a reason token; `more` are extension members."""
    status, title, detail = TITLES_VI[reason]
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "reason": reason, **more}
    content = json.dumps(body, ensure_ascii=False)
    no_store = {"Cache-Control": "no-store", **(headers or {})}
    return Response(content, status, headers=no_store, media_type="application/problem+json")


def install(app: FastAPI) -> None:
    """Register the handlers; refused parameter values are named but never repeated."""

    @app.exception_handler(ProblemError)
    async def known(_: Request, problem: ProblemError) -> Response:
        return problem_response(problem.reason, problem.headers)

    @app.exception_handler(RetryableError)
    async def retryable(_: Request, __: RetryableError) -> Response:
        return problem_response("engine_away", {"Retry-After": str(RETRY_AFTER_SECONDS)})

    @app.exception_handler(RequestValidationError)
    async def invalid(_: Request, error: RequestValidationError) -> Response:
        names = sorted({str(one["loc"][-1]) for one in error.errors()})
        return problem_response("parameters", parameters=names)

    @app.exception_handler(HTTPException)
    async def http(_: Request, error: HTTPException) -> Response:
        return problem_response(_BY_STATUS.get(error.status_code, "unexpected"), error.headers)

    @app.exception_handler(Exception)
    async def unexpected(_: Request, __: Exception) -> Response:
        return problem_response("unexpected")
