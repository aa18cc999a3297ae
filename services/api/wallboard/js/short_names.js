// Labels for tiles: at most two lines of a tile at three metres. The full names stand in the catalogue.

export const SHORT = {
  network_coverage: { vi: "Mạng truyền số liệu", en: "Data network" },
  document_signed: { vi: "Văn bản ký số", en: "Signed documents" },
  work_end_to_end_digital: { vi: "Công việc toàn trình", en: "End-to-end digital work" },
  casefile_online: { vi: "Xử lý hồ sơ trên mạng", en: "Work files online" },
  report_on_system: { vi: "Báo cáo trên hệ thống", en: "Reports on system" },
  inspection_online: { vi: "Kiểm tra qua mạng", en: "Online inspections" },
  procedure_standardised: { vi: "Chuẩn hóa thủ tục", en: "Standardised procedures" },
  procedure_full_online: { vi: "Dịch vụ công toàn trình", en: "Full online services" },
  filing_full_online: { vi: "Hồ sơ trực tuyến", en: "Filings fully online" },
  satisfaction: { vi: "Mức độ hài lòng", en: "Satisfaction" },
  online_login_vneid: { vi: "Đăng nhập qua VNeID", en: "VNeID logins" },
  filing_digitised: { vi: "Số hóa hồ sơ, kết quả", en: "Digitised filings" },
  electronic_result: { vi: "Kết quả điện tử", en: "Electronic results" },
  payment_online: { vi: "Thanh toán trực tuyến", en: "Online payment" },
  portal_information_complete: { vi: "Cổng đủ thông tin", en: "Complete portals" },
  open_data_published: { vi: "Cung cấp dữ liệu mở", en: "Open data" },
  cashless_transactions: { vi: "Không dùng tiền mặt", en: "Cashless transactions" },
  bank_account_15plus: { vi: "Tài khoản ngân hàng", en: "Bank accounts" },
  ehealth_record: { vi: "Sổ sức khỏe điện tử", en: "E-health records" },
  adult_personal_signature: { vi: "Chữ ký số cá nhân", en: "Personal signatures" },
  system_security_dossier: { vi: "Hồ sơ cấp độ an toàn", en: "Security dossiers" },
  system_monitored: { vi: "Giám sát an ninh mạng", en: "Systems monitored" },
  staff_trained: { vi: "Cán bộ được tập huấn", en: "Staff trained" },
};

// The two figures of one tile.
export const PARTS = {
  "casefile_online.province": { vi: "Tỉnh", en: "Prov." },
  "casefile_online.commune": { vi: "Xã", en: "Comm." },
  "filing_digitised.components": { vi: "Giấy tờ", en: "Papers" },
  "filing_digitised.results": { vi: "Kết quả", en: "Results" },
  "cashless_transactions.number": { vi: "Số GD", en: "Count" },
  "cashless_transactions.value": { vi: "Giá trị", en: "Value" },
};
