// One indicator of the province as a tile.

import { h } from "./dom.js";
import { percent } from "./format.js";
import { say } from "./words.js";
import { link } from "./api.js";
import { partName, shortName, indicatorName } from "./catalogue.js";
import { MARK, target, tone, trend } from "./status.js";

const FOOT_FLAGS = ["provisional", "stale"]; // short enough to stand beside the target
const LINE_FLAGS = ["not_recoverable", "offline_conflict", "basis_undefined", "stale"]; // the first of them has the last line

// `cells`: the figures of one indicator at one unit, in the order of the plan. Figures without a target are on its page.
export function tile(all, cells, moved) {
  const shown = cells.length > 1 && cells.some((cell) => cell.target !== null)
    ? cells.filter((cell) => cell.target !== null) : cells.slice(0, 2);
  const first = shown[0];
  const flags = new Set(shown.flatMap((cell) => cell.flags));
  return h("a", {
    class: `tile ${tone(shown.length > 1 ? worst(shown) : first.shown_status)}${moved ? " moved" : ""}`,
    href: link(`/indicators/${first.indicator}`), "data-key": first.indicator, "data-indicator": first.indicator,
    title: indicatorName(all, first.indicator),
  },
    h("span", { class: "name" }, shortName(all, first.indicator)),
    shown.length > 1 ? pair(all, shown) : figure(first),
    foot(shown, flags),
    lastLine(shown, flags));
}

const worst = (cells) => (cells.some((cell) => cell.shown_status === "below") ? "below" : cells[0].shown_status);

function figure(cell) {
  return h("span", { class: "figures" },
    h("span", { class: "figure" }, percent(cell.percent), cell.percent === null ? null : h("small", {}, "%")),
    trend(cell), mark(cell));
}

// The sign says how the period to date stands, as everywhere, also where the colour is that of the last 30 days.
function mark(cell) {
  if (cell.percent === null) return h("span", { class: "hidden-text" }, ` ${say(cell.status)}`);
  return h("span", { class: "mark" }, h("span", { "aria-hidden": "true" }, MARK[cell.status]),
    h("span", { class: "hidden-text" }, ` ${say(cell.status)}`));
}

function pair(all, cells) {
  return h("span", { class: "pair" }, cells.map((cell) =>
    h("span", { class: `half ${tone(cell.shown_status)}` },
      h("span", { class: "figure" }, percent(cell.percent)), mark(cell),
      h("span", { class: "part" }, partName(all, cell.figure)))));
}

function foot(cells, flags) {
  const targets = [...new Set(cells.map(target))];
  const text = targets.length > 1 ? cells.map((cell) => cell.target).join("|") : targets[0];
  const flag = FOOT_FLAGS.find((name) => flags.has(name));
  return h("span", { class: "foot" }, h("span", {}, text), flag ? h("span", { class: "flag" }, say(flag)) : null);
}

function lastLine(cells, flags) {
  const flag = LINE_FLAGS.find((name) => flags.has(name) && (name !== "stale" || flags.has("provisional")));
  if (flag) return h("span", { class: "flags" }, say(flag));
  if (cells.every((cell) => cell.percent === null)) return h("span", { class: "recent" }, say("no_occurrence_tile"));
  if (cells.length > 1 || cells[0].recent_percent === null) return null;
  return h("span", { class: "recent" }, `${say("days30_tile")} ${percent(cells[0].recent_percent)}%`);
}

export function legend() {
  const row = (mark, word, status) => h("li", { class: status ? tone(status) : "" }, h("b", {}, mark), say(word));
  return h("ul", { class: "tile legend", "aria-label": say("legend") },
    row("✓", "met", "met"), row("✗", "below", "below"), row("–", "no_occurrence", "no_occurrence"),
    row("▲", "legend_up"), row("▼", "legend_down"));
}
