"""Errors of a whole request, as RFC 9457 problem documents. Pure."""

from enum import StrEnum
from http import HTTPStatus

PROBLEM_JSON = "application/problem+json"


class Problem(StrEnum):
    """Why a whole request is refused; the token is the last part of the document's `type`."""

    INVALID_JSON = "invalid_json"
    EMPTY_BATCH = "empty_batch"
    UNAUTHORIZED = "unauthorized"
    FORBIDDEN = "forbidden"
    BODY_TIMEOUT = "body_timeout"
    BODY_TOO_LARGE = "body_too_large"
    INFLATED_TOO_LARGE = "inflated_too_large"
    TOO_MANY_EVENTS = "too_many_events"
    MEDIA_TYPE = "unsupported_media_type"
    CONTENT_ENCODING = "unsupported_content_encoding"
    EVENTS_REJECTED = "events_rejected"
    TOO_MANY_REQUESTS = "too_many_requests"
    OVERLOADED = "overloaded"
    KAFKA_UNAVAILABLE = "kafka_unavailable"
    INTERNAL = "internal_error"


STATUS: dict[Problem, HTTPStatus] = {
    Problem.INVALID_JSON: HTTPStatus.BAD_REQUEST,
    Problem.EMPTY_BATCH: HTTPStatus.BAD_REQUEST,
    Problem.UNAUTHORIZED: HTTPStatus.UNAUTHORIZED,
    Problem.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Problem.BODY_TIMEOUT: HTTPStatus.REQUEST_TIMEOUT,
    Problem.BODY_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Problem.INFLATED_TOO_LARGE: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Problem.TOO_MANY_EVENTS: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    Problem.MEDIA_TYPE: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Problem.CONTENT_ENCODING: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    Problem.EVENTS_REJECTED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Problem.TOO_MANY_REQUESTS: HTTPStatus.TOO_MANY_REQUESTS,
    Problem.OVERLOADED: HTTPStatus.SERVICE_UNAVAILABLE,
    Problem.KAFKA_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
    Problem.INTERNAL: HTTPStatus.INTERNAL_SERVER_ERROR,
}

DETAILS: dict[Problem, str] = {
    Problem.INVALID_JSON: "Thân yêu cầu không phải là JSON hợp lệ (UTF-8).",
    Problem.EMPTY_BATCH: "Lô sự kiện rỗng.",
    Problem.UNAUTHORIZED: "Thiếu khóa, khóa sai hoặc khóa đã bị thu hồi.",
    Problem.FORBIDDEN: "Khóa này không có quyền gửi sự kiện.",
    Problem.BODY_TIMEOUT: "Thân yêu cầu đến quá chậm.",
    Problem.BODY_TOO_LARGE: "Thân yêu cầu quá lớn; hãy chia thành các lô nhỏ hơn.",
    Problem.INFLATED_TOO_LARGE: "Thân yêu cầu sau khi giải nén quá lớn.",
    Problem.TOO_MANY_EVENTS: "Lô có quá nhiều sự kiện; hãy chia nhỏ.",
    Problem.MEDIA_TYPE: "Content-Type phải là một dạng CloudEvents: structured, batch hoặc binary.",
    Problem.CONTENT_ENCODING: "Content-Encoding chỉ nhận gzip, zstd hoặc không nén; hoặc dữ liệu nén bị hỏng.",
    Problem.EVENTS_REJECTED: "Không sự kiện nào được nhận; lý do nằm trong results.",
    Problem.TOO_MANY_REQUESTS: "Khóa này đang gửi quá nhiều yêu cầu cùng lúc.",
    Problem.OVERLOADED: "Hệ thống đang nhận quá nhiều dữ liệu; hãy gửi lại sau.",
    Problem.KAFKA_UNAVAILABLE: "Chưa ghi được vào nhật ký; hãy gửi lại nguyên yêu cầu. Gửi lại không bị đếm hai lần.",
    Problem.INTERNAL: "Lỗi của hệ thống; hãy gửi lại nguyên yêu cầu. Gửi lại không bị đếm hai lần.",
}

RETRY_AFTER_SECONDS: dict[Problem, int] = {
    Problem.TOO_MANY_REQUESTS: 1,
    Problem.OVERLOADED: 2,
    Problem.KAFKA_UNAVAILABLE: 5,
}
"""Short, because a retry is safe and a waiting caller holds its events back from the board."""


class Refused(Exception):  # noqa: N818 - it ends a request, it is no fault
    """Ends the handling of a request with a problem document; `key_id` is for the log, "" when no key was proved."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.value)
        self.problem = problem
        self.key_id = ""


def document(problem: Problem, **members: object) -> dict[str, object]:
    """The members of a problem document."""
    status = STATUS[problem]
    return {
        "type": f"urn:chitieu:problem:{problem.value}",
        "title": status.phrase,
        "status": status.value,
        "reason": problem.value,
        "detail": DETAILS[problem],
        **members,
    }
