"""What the wallboards call an indicator, a part of one, and a target: words that only the catalogue decides (pure)."""

SHORT_NAMES = {
    "network_coverage": "Mạng truyền số liệu",
    "document_signed": "Văn bản ký số",
    "work_end_to_end_digital": "Công việc toàn trình",
    "casefile_online": "Xử lý hồ sơ trên mạng",
    "report_on_system": "Báo cáo trên hệ thống",
    "inspection_online": "Kiểm tra qua mạng",
    "procedure_standardised": "Chuẩn hóa thủ tục",
    "procedure_full_online": "Dịch vụ công toàn trình",
    "filing_full_online": "Hồ sơ trực tuyến",
    "satisfaction": "Mức độ hài lòng",
    "online_login_vneid": "Đăng nhập qua VNeID",
    "filing_digitised": "Số hóa hồ sơ, kết quả",
    "electronic_result": "Kết quả điện tử",
    "payment_online": "Thanh toán trực tuyến",
    "portal_information_complete": "Cổng đủ thông tin",
    "open_data_published": "Cung cấp dữ liệu mở",
    "cashless_transactions": "Không dùng tiền mặt",
    "bank_account_15plus": "Tài khoản ngân hàng",
    "ehealth_record": "Sổ sức khỏe điện tử",
    "adult_personal_signature": "Chữ ký số cá nhân",
    "system_security_dossier": "Hồ sơ cấp độ an toàn",
    "system_monitored": "Giám sát an ninh mạng",
    "staff_trained": "Cán bộ được tập huấn",
    "casefile_online.province": "Tỉnh",
    "casefile_online.commune": "Xã",
    "filing_digitised.components": "Giấy tờ",
    "filing_digitised.results": "Kết quả",
    "cashless_transactions.number": "Số GD",
    "cashless_transactions.value": "Giá trị",
}
"""Labels for a tile, of indicators and of the parts of some; the pages' `short_names.js` has the same."""

SIGNS = {">=": "≥ ", ">": "> ", "=": "= "}


def short_name(indicator: str, figure: str) -> str:
    """Of the indicator, and of the figure when it is a part that has a name of its own."""
    name = SHORT_NAMES.get(indicator, indicator)
    part = SHORT_NAMES.get(figure) if figure != indicator else None
    return f"{name} · {part}" if part else name


def aim(target: int, comparator: str) -> str:
    """A target in whole percent as officers read it; below 0 there is none."""
    return f"{SIGNS.get(comparator, '')}{target}%" if target >= 0 else "không có chỉ tiêu"
