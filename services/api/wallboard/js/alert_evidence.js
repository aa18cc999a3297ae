// The evidence as it was frozen with the alert: numbers, target, what tipped it, who contributes most, what is new.

import { h } from "./dom.js";
import { link } from "./api.js";
import { indicatorName, unitName } from "./catalogue.js";
import { say } from "./words.js";
import { dateTime, day, number, percent } from "./format.js";
import { short } from "./alert_parts.js";

const TEXTS = ["source_vi", "system_vi", "last_heard", "last_heartbeat", "category", "handling", "report_vi", "report_period_vi", "due", "down", "up"];

export function evidencePart(all, alert) {
  const known = alert.evidence;
  if (!Object.keys(known).length) return h("p", { class: "lead" }, say("no_evidence"));
  return h("section", { class: "evidence" }, h("div", { class: "facts" }, facts(known)),
    known.cell ? h("p", {}, h("a", { href: link(known.cell), "data-key": "cell" }, say("to_cell"))) : null,
    difference(known.difference), then(known.then), events(known.events), contributors(all, known.contributors),
    h("details", {}, h("summary", { "data-key": "evidence" }, say("whole_evidence")), h("pre", {}, JSON.stringify(known, null, 2))));
}

function facts(known) {
  const fact = (term, value, small) => h("dl", { class: "fact" }, h("dt", {}, term), h("dd", {}, value), small ? h("dd", { class: "small" }, small) : null);
  const rows = [];
  if (Number.isInteger(known.numerator)) {
    const rate = known.percent ?? (known.denominator ? Math.floor((known.numerator * 1000) / known.denominator) / 10 : null);
    rows.push(fact(say("numbers"), `${percent(rate)}%`, `${number(known.numerator)} / ${number(known.denominator)}`));
  }
  if (Number.isInteger(known.target) && known.target >= 0) {
    const margin = known.alert_level !== undefined && known.alert_level !== known.target ? `${say("alert_level")} ${known.alert_level}%` : "";
    rows.push(fact(say("target"), `${{ ">=": "≥", ">": ">", "=": "=" }[known.comparator] ?? ""} ${known.target}%`,
      [known.legal_row ? `${say("legal_row")}: ${known.legal_row}` : "", margin].filter(Boolean).join(" · ")));
  }
  if (known.required_percent !== undefined) rows.push(fact(say("required"), `${percent(known.required_percent)}%`, `${number(known.expected)}`));
  if (known.forecast_percent !== undefined) {
    rows.push(fact(say("forecast"), `${percent(known.forecast_percent)}%`, `${percent(known.forecast_low_percent)}% – ${percent(known.forecast_high_percent)}%`));
  }
  if (known.tolerated_percent !== undefined) rows.push(fact(say("tolerated_percent"), `${known.tolerated_percent}%`));
  for (const name of TEXTS) if (known[name]?.length !== 0 && known[name]) rows.push(fact(say(name), plain(known[name])));
  if (known.window) rows.push(fact(say("window"), `${day(known.window.start)} – ${day(known.window.as_of)}`, known.window.period));
  if (known.watermark?.length) rows.push(fact(say("known_until"), newest(known.watermark), known.watermark.map((one) => `${one.partition}: ${number(one.offset)}`).join(" · ")));
  if (known.policy_version) rows.push(fact(say("policy_version"), known.policy_version, known.previous_state ? `${say("previous_state")}: ${say(known.previous_state)}` : ""));
  return rows;
}

const newest = (marks) => dateTime(marks.map((one) => one.received).sort().at(-1));

// Instants and days as officers write them, everything else as it is.
function plain(value) {
  if (Array.isArray(value)) return value.join(", ");
  if (typeof value !== "string") return String(value);
  if (/^\d{4}-\d{2}-\d{2}$/.test(value)) return day(value);
  return /^\d{4}-\d{2}-\d{2}T/.test(value) ? dateTime(value) : value;
}

function difference(known) {
  if (!known) return null;
  const signed = (value) => (value > 0 ? `+${number(value)}` : number(value));
  const moved = known.numerator === undefined ? "" : ` (${signed(known.numerator)} / ${signed(known.denominator)})`;
  return [h("h4", {}, say("difference")), h("p", {}, say("difference_of", { n: known.number, at: dateTime(known.at), state: say(known.state) }), moved)];
}

function then(known) {
  if (!known) return null;
  return [h("h4", {}, say("then_known")), h("p", { class: "key" }, JSON.stringify(known))];
}

function events(known) {
  if (!known?.length) return null;
  const heads = ["happened", "received_at", "message", "subject", "sender"].map((key) => h("th", { scope: "col" }, say(key)));
  return [h("h4", {}, say("tipping")), h("div", { class: "scroll" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, heads)),
    h("tbody", {}, known.map((one) => h("tr", {}, h("td", { class: "at" }, dateTime(one.time)),
      h("td", { class: "at" }, dateTime(one.received), one.late ? h("span", { class: "flags" }, ` ${say("late_event")}`) : null),
      h("td", { class: "key" }, one.type), h("td", { class: "key", title: one.subject }, short(one.subject)), h("td", { class: "key" }, one.source, " ", short(one.id))))))) ];
}

function contributors(all, known) {
  if (!known?.length) return null;
  return [h("h4", {}, say("contributors")), h("ul", { class: "contributors" }, known.map((one) => h("li", {},
    h("b", {}, number(one.missing)), " ", thing(all, one.thing), one.among ? h("span", { class: "soft" }, ` (${say("among", { n: one.among })})`) : null)))];
}

const thing = (all, name) => (all.units.has(name) ? unitName(all, name) : all.indicators.has(name) ? indicatorName(all, name) : name.replace(/^procedure\//, "TTHC "));
