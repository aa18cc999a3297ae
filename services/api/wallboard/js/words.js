// Every word of the pages in Vietnamese and English; the choice is remembered on the screen.

import { ALERT_WORDS } from "./alert_words.js";

const WORDS = {
  ...ALERT_WORDS,
  title: ["Chỉ tiêu chuyển đổi số", "Digital transformation targets"],
  loading: ["Đang tải số liệu…", "Loading…"],
  skip: ["Tới nội dung", "Skip to content"],
  met: ["Đạt", "Met"],
  below: ["Chưa đạt", "Below"],
  no_occurrence: ["Không phát sinh", "No occurrence"],
  no_target: ["Không có chỉ tiêu", "No target"],
  no_occurrence_tile: ["không phát sinh", "no events"],
  provisional: ["tạm tính", "prelim."],
  stale: ["số liệu cũ", "stale"],
  not_recoverable: ["✗ không thể đạt trong năm", "✗ out of reach this year"],
  offline_conflict: ["trùng số giấy báo cáo", "paper report ignored"],
  basis_undefined: ["cơ sở tính chưa xác định", "basis not decided"],
  provisional_why: ["Tạm tính: còn nguồn chưa có dữ liệu", "Provisional: some sources have not reported"],
  stale_why: ["Số liệu cũ: quá hạn cập nhật", "Stale: older than its period"],
  not_recoverable_why: ["✗ Không thể đạt trong năm", "✗ Cannot be reached this year"],
  offline_conflict_why: [
    "Đơn vị vừa gửi sự kiện vừa báo số giấy trong cùng kỳ; số báo cáo không được tính",
    "Events and a paper report in one period: the report is ignored"],
  basis_undefined_why: ["Chưa xác định cơ sở tính (số lượng hay giá trị)", "The plan does not say which basis counts"],
  data_at: ["Số liệu", "Data"],
  as_of: ["Tính đến hết ngày", "As of the end of"],
  sources: ["Nguồn", "Sources"],
  sources_long: ["Hệ thống đang gửi số liệu", "Sources reporting"],
  final: ["ĐÃ CHỐT", "FINAL"],
  worst: ["Đơn vị cần quan tâm", "Units to look at"],
  alerts: ["Cảnh báo đang mở", "Open alerts"],
  all_alerts: ["Cảnh báo", "Alerts"],
  no_alerts: ["Không có cảnh báo nào đang mở.", "No alert is open."],
  trend_up: ["30 ngày cao hơn lũy kế", "30 days above year"],
  trend_down: ["30 ngày thấp hơn lũy kế", "30 days below year"],
  legend_up: ["30 ngày tăng", "30 days up"],
  legend_down: ["30 ngày giảm", "30 days down"],
  all_states: ["Tất cả", "All"],
  legend: ["Chú giải", "Legend"],
  province: ["Toàn tỉnh", "Province"],
  units: ["Đơn vị", "Units"],
  all_units: ["Tất cả đơn vị", "All units"],
  search_unit: ["Tìm đơn vị (không cần dấu)", "Find a unit"],
  indicator: ["Chỉ tiêu", "Indicator"],
  unit: ["Đơn vị", "Unit"],
  rate: ["Tỷ lệ", "Rate"],
  target: ["Mục tiêu", "Target"],
  status: ["Kết quả", "Status"],
  notes: ["Ghi chú", "Notes"],
  counted: ["Tử số / mẫu số", "Numerator / denominator"],
  to_date: ["Lũy kế từ đầu kỳ", "Period to date"],
  days30_tile: ["30 ngày", "30 days"],
  minutes_ago: ["{n} phút trước", "{n} min ago"],
  hours_ago: ["{n} giờ trước", "{n} h ago"],
  days_ago: ["{n} ngày trước", "{n} days ago"],
  live: ["trực tiếp", "live"],
  days30: ["30 ngày gần nhất", "Last 30 days"],
  excluded: ["Ngoài diện tính", "Not in the rate"],
  history: ["Diễn biến lũy kế", "History, to date"],
  no_history: ["Chưa có số liệu trong kỳ.", "Nothing in this period yet."],
  why: ["Vì sao có con số này", "Why this number"],
  nothing_excluded: ["Không có trường hợp nào bị loại.", "Nothing was left out."],
  filings: ["Từng trường hợp", "Single cases"],
  counting: ["Được tính đạt", "Counting"],
  missing: ["Chưa đạt", "Missing"],
  excluded_state: ["Ngoài diện tính", "Excluded"],
  no_data: ["Chưa có dữ liệu", "No data"],
  subject: ["Mã (đã ẩn danh)", "Key (opaque)"],
  day: ["Ngày", "Day"],
  reason: ["Lý do", "Reason"],
  sender: ["Hệ thống gửi", "Sent by"],
  more: ["Xem thêm", "More"],
  none_found: ["Không có trường hợp nào.", "None."],
  need_operate: ["Cần khóa có quyền “vận hành” để xem từng trường hợp.", "Needs a key of role “operate”."],
  lead: ["Chủ trì", "Lead"],
  coordinating: ["Phối hợp", "Coordinating"],
  annex: ["Phụ lục 01, dòng", "Annex 01, row"],
  section: ["Kế hoạch, mục", "Plan, section"],
  from_events: ["Tính từ sự kiện", "Counted from events"],
  reported: ["Số báo cáo", "Reported"],
  source_of: ["Nguồn số liệu", "Source of the figure"],
  ranked: ["Xếp theo mức hoàn thành, thấp nhất trước", "Worst first"],
  below_count: ["chưa đạt", "below"],
  since: ["Từ", "Since"],
  changed: ["Thay đổi", "Changed"],
  state: ["Trạng thái", "State"],
  firing: ["đang cảnh báo", "firing"],
  pending: ["đang theo dõi", "pending"],
  lost: ["không thể đạt nữa", "cannot be reached"],
  resolved: ["đã đạt lại", "resolved"],
  withdrawn: ["đã rút", "withdrawn"],
  ok: ["bình thường", "ok"],
  message: ["Nội dung", "Message"],
  report_csv: ["Tải bảng báo cáo (CSV)", "Download the report table (CSV)"],
  login: ["Đăng nhập", "Log in"],
  logout: ["Đăng xuất", "Log out"],
  login_why: ["Nhập khóa truy cập được cấp cho bạn. Khóa không được lưu trên máy này.", "Enter your access key."],
  key: ["Khóa truy cập", "Access key"],
  disconnected: [
    "Mất kết nối với máy chủ từ {time} — số liệu trên màn hình không còn cập nhật. Đang tự kết nối lại…",
    "Disconnected since {time} — figures are no longer updated. Reconnecting…"],
  engine_away: [
    "Kho số liệu không trả lời — đang hiển thị số liệu lúc {time}. Hệ thống đang tự thử lại…",
    "The database does not answer — showing figures of {time}. Retrying…"],
  past: ["Đang xem số liệu của ngày {day}", "Showing the figures of {day}"],
};

let chosen = "vi";

export function chooseLanguage() {
  chosen = localStorage.getItem("language") === "en" ? "en" : "vi";
  document.documentElement.lang = chosen;
}

export function setLanguage(code) {
  localStorage.setItem("language", code);
  chooseLanguage();
}

export const language = () => chosen;

export function say(key, values = {}) {
  const words = WORDS[key];
  if (!words) return key;
  const text = words[chosen === "en" ? 1 : 0];
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");
}
