// Numbers as 1.234,5 and dates as dd/MM/yyyy in local time (Asia/Ho_Chi_Minh), whatever the screen's own settings are.

const ZONE = "Asia/Ho_Chi_Minh";

export function number(value) {
  const sign = value < 0 ? "−" : "";
  return sign + String(Math.abs(value)).replace(/\B(?=(\d{3})+(?!\d))/g, ".");
}

// Tenths of a percent as the board gives them; they were rounded there so that they never flatter.
export function percent(value) {
  if (value === null || value === undefined) return "–";
  const [whole, tenth] = value.toFixed(1).split(".");
  return tenth === "0" ? number(Number(whole)) : `${number(Number(whole))},${tenth}`;
}

function parts(instant) {
  const format = new Intl.DateTimeFormat("en-GB", {
    timeZone: ZONE, year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit",
    hourCycle: "h23",
  });
  return Object.fromEntries(format.formatToParts(new Date(instant)).map((part) => [part.type, part.value]));
}

export function dateTime(instant) {
  const p = parts(instant);
  return `${p.day}/${p.month}/${p.year} ${p.hour}:${p.minute}:${p.second}`;
}

export function time(instant) {
  const p = parts(instant);
  return `${p.hour}:${p.minute}:${p.second}`;
}

// Today's alerts by their hour, older ones by their day.
export function sinceWhen(instant, now = Date.now()) {
  const p = parts(instant);
  const today = parts(now);
  return p.day === today.day && p.month === today.month && p.year === today.year ? `${p.hour}:${p.minute}` : `${p.day}/${p.month}`;
}

// "2026-07-05" → "05/07/2026"; a local day has no time zone.
export function day(iso) {
  const [year, month, date] = iso.split("-");
  return `${date}/${month}/${year}`;
}

export function newest(stamp) {
  const received = stamp.watermark.map((mark) => mark.received).sort();
  return received.length ? received[received.length - 1] : null;
}
