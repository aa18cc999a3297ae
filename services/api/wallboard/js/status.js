// Status as shape and word, never as colour alone.

import { say } from "./words.js";
import { percent } from "./format.js";
import { h } from "./dom.js";

export const MARK = { met: "✓", below: "✗", no_occurrence: "–", no_target: "○" };

export const tone = (status) => `is-${status}`;

export function target(cell) {
  if (cell.target === null) return say("no_target");
  const sign = { ">=": "≥", ">": ">", "=": "=" }[cell.comparator] ?? "";
  return `${sign} ${cell.target}%`;
}

// The 30 days against the period to date; nothing when one of them has not occurred.
export function trend(cell) {
  if (cell.recent_percent === null || cell.percent === null || cell.recent_percent === cell.percent) return null;
  const up = cell.recent_percent > cell.percent;
  const told = `${say(up ? "trend_up" : "trend_down")}: ${percent(cell.recent_percent)}%`;
  return h("span", { class: "trend", title: told }, up ? "▲" : "▼", h("span", { class: "hidden-text" }, ` ${told}`));
}

export function statusText(cell) {
  return `${MARK[cell.status]} ${say(cell.status)}`;
}

export const flagsText = (cell) => cell.flags.map((flag) => say(`${flag}_why`)).join(" · ");
