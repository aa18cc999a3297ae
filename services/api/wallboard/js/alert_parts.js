// Small parts that alert pages and the wall share: how grave, in which state, taken on by whom, about what.

import { h } from "./dom.js";
import { link } from "./api.js";
import { indicatorName, unitName } from "./catalogue.js";
import { say } from "./words.js";
import { dateTime } from "./format.js";

export const SEVERITIES = ["critical", "warning", "info"];
export const OPEN = ["firing", "lost"];
const SHAPE = { critical: "◆", warning: "▲", info: "●" };

export const isOpen = (alert) => OPEN.includes(alert.state);
export const gravity = (alert) => (isOpen(alert) ? `is-${alert.severity}` : "is-ended");
export const alertLink = (id) => link(`/alerts/${encodeURIComponent(id)}`);
export const ruleName = (rule) => say(`rule_${rule}`);

// Shape, word and colour together.
export const severityMark = (alert) => h("span", { class: `severity ${gravity(alert)}` }, `${SHAPE[alert.severity] ?? "●"} ${say(alert.severity)}`);

// What it is about: the indicator, else the source, system, report or subject behind it.
export function about(all, alert) {
  if (alert.indicator && all.indicators.has(alert.indicator)) return indicatorName(all, alert.indicator);
  const known = alert.evidence ?? {};
  const name = known.system_vi ?? known.source_vi ?? known.report_vi;
  return name ? `${ruleName(alert.rule)}: ${name}` : ruleName(alert.rule);
}

// Alerts about a security event or a source of nobody have no unit.
export const whose = (all, alert) => (alert.unit ? unitName(all, alert.unit) : short(alert.thing));
export const short = (key) => (key.length > 28 ? `${key.slice(0, 24)}…` : key);

export function takenText(alert) {
  const taken = alert.acknowledgement;
  if (!taken || !isOpen(alert)) return "";
  const until = taken.until ? say("until_moment", { at: dateTime(taken.until) }) : "";
  return say("taken_by", { by: taken.by || say("somebody"), at: dateTime(taken.at) }) + until;
}

// What stands beside the state, as short texts.
export function beside(alert) {
  return [
    takenText(alert) ? h("span", { class: "taken" }, `✓ ${takenText(alert)}`) : null,
    alert.silenced_until ? h("span", { class: "silenced" }, `◌ ${say("silenced_until", { at: dateTime(alert.silenced_until) })}`) : null,
    alert.flapping ? h("span", { class: "flaps" }, `⇅ ${say("flapping_now")}`) : null,
    alert.escalation && isOpen(alert) ? h("span", { class: "passed" }, `↑ ${say("steps_taken", { n: alert.escalation })}`) : null,
  ].filter(Boolean);
}
