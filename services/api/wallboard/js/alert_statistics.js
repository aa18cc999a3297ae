// How the alerts do as a whole, as ISA-18.2 asks; asked for when somebody opens it.

import { h, show } from "./dom.js";
import { ask } from "./api.js";
import { unitName } from "./catalogue.js";
import { say } from "./words.js";
import { day, percent, sinceWhen } from "./format.js";
import { alertLink, ruleName } from "./alert_parts.js";

export function statisticsPart(all) {
  const place = h("div");
  const part = h("details", { class: "statistics", "data-statistics": "" }, h("summary", { "data-key": "statistics" }, say("statistics")), place);
  part.addEventListener("toggle", async () => {
    if (!part.open) return;
    try {
      draw(place, all, await ask("/v1/alerts/statistics"));
    } catch (error) {
      show(place, h("p", { class: "lead" }, error.message));
    }
  });
  return part;
}

function draw(place, all, told) {
  const fact = (term, value) => h("dl", { class: "fact" }, h("dt", {}, term), h("dd", {}, value));
  show(place,
    h("div", { class: "facts" },
      fact(say("alerts"), `${told.open}`), fact(say("unacknowledged"), `${told.unacknowledged}`),
      fact(say("standing"), `${told.standing.length}`), fact(say("flapping_now"), `${told.flapping.length}`),
      fact(say("openings"), `${told.openings}`), fact(say("acknowledged"), `${told.acknowledged}`),
      fact(say("median_ack"), told.median_seconds_to_acknowledge === null ? say("not_yet") : span(told.median_seconds_to_acknowledge))),
    lines(all, say("standing"), told.standing, (one) => sinceWhen(one.since)),
    lines(all, say("flapping_now"), told.flapping, often),
    lines(all, say("top_offenders"), told.top_offenders, often),
    days(told.days));
}

const often = (one) => say("times", { n: one.changes, percent: percent(one.percent) });

function lines(all, title, rows, value) {
  if (!rows.length) return null;
  return [h("h3", {}, title), h("table", { class: "table" }, h("tbody", {}, rows.slice(0, 10).map((one) => h("tr", {},
    h("td", {}, h("a", { href: alertLink(one.alert_id) }, ruleName(one.rule))),
    h("td", {}, one.unit ? unitName(all, one.unit) : one.alert_id.slice(one.rule.length + 1)),
    h("td", { class: "number" }, value(one))))))];
}

function days(rows) {
  if (!rows.length) return null;
  const heads = [say("day"), say("openings"), say("ended_count"), say("told_count")];
  return [h("h3", {}, say("by_day")), h("table", { class: "table" },
    h("thead", {}, h("tr", {}, heads.map((one) => h("th", { scope: "col" }, one)))),
    h("tbody", {}, rows.toReversed().map((one) => h("tr", {}, h("td", {}, day(one.day)),
      [one.opened, one.ended, one.told].map((count) => h("td", {}, String(count)))))))];
}

// 95 → "1 phút 35 giây", 7300 → "2 giờ 1 phút"; seconds do not matter above an hour.
function span(seconds) {
  const whole = Math.round(seconds);
  const parts = { h: Math.floor(whole / 3600), m: Math.floor(whole / 60), s: whole % 60 };
  if (parts.h) return say("span_hours", { ...parts, m: parts.m % 60 });
  return say(parts.m ? "span_minutes" : "span_seconds", parts);
}
