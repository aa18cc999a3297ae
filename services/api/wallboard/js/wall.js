// The province on one screen: all indicators, the worst units, the open alerts.

import { h, show } from "./dom.js";
import { ask, chosenTime, link } from "./api.js";
import { catalogue, provinceOf, shortName, wallName } from "./catalogue.js";
import { say } from "./words.js";
import { percent, sinceWhen } from "./format.js";
import { isNew, look, soundButton } from "./alarm.js";
import { alertLink, gravity, ruleName, severityMark } from "./alert_parts.js";
import { legend, tile } from "./tile.js";

const WORST = 5;
const ALERTS = 8;

let before = new Map();

export async function wall(place) {
  const time = chosenTime();
  const [board, alerts] = await Promise.all([
    ask("/v1/overview", { worst: WORST, ...time }), ask("/v1/alerts", { state: "open", sort: "severity", limit: ALERTS }), look(),
  ]);
  const all = await catalogue(board.stamp.catalogue_version);
  const groups = byIndicator(board.cells);
  const moved = new Set(groups.filter(hasMoved).map((cells) => cells[0].indicator));
  before = new Map(board.cells.map((cell) => [cell.figure, signature(cell)]));
  const draw = () => show(place, h("div", { class: "board" },
    h("section", { class: "tiles", "aria-label": say("indicator") },
      groups.map((cells) => tile(all, cells, moved.has(cells[0].indicator))), legend()),
    h("div", { class: "side" }, worst(all, board.units), open(all, alerts))));
  return { draw, stamp: board.stamp, unit: provinceOf(all), tally: tally(groups), tool: soundButton };
}

export function byIndicator(cells) {
  const groups = new Map();
  for (const cell of cells) groups.set(cell.indicator, [...(groups.get(cell.indicator) ?? []), cell]);
  return [...groups.values()];
}

export function tally(groups) {
  const counts = { met: 0, below: 0, no_occurrence: 0, no_target: 0 };
  for (const cells of groups) counts[cells[0].indicator_status] += 1;
  return counts;
}

const signature = (cell) => `${cell.num}/${cell.den}/${cell.shown_status}`;
const hasMoved = (cells) => cells.some((cell) => before.has(cell.figure) && before.get(cell.figure) !== signature(cell));

function worst(all, ranks) {
  return h("section", { class: "panel worst" },
    h("h2", {}, h("a", { href: link("/units"), "data-key": "units" }, say("worst"))),
    h("ol", {}, ranks.filter((rank) => rank.below > 0).map((rank) => h("li", {},
      h("a", { href: link(`/units/${rank.unit}`), "data-key": `unit-${rank.unit}` }, wallName(all, rank.unit)),
      h("b", { title: say("below") }, `${rank.below} ✗`)))));
}

function open(all, alerts) {
  return h("section", { class: "panel alerts-open", "aria-live": "polite" },
    h("h2", {}, h("a", { href: link("/alerts"), "data-key": "alerts" }, say("alerts")), h("span", {}, String(alerts.open))),
    alerts.alerts.length
      ? h("ol", {}, alerts.alerts.map((alert) => item(all, alert)))
      : h("p", { class: "quiet" }, say("no_alerts")));
}

function item(all, alert) {
  const rate = alert.evidence.percent;
  const what = alert.indicator ? shortName(all, alert.indicator) : ruleName(alert.rule);
  return h("li", { title: alert.sentence_vi, class: `${gravity(alert)}${isNew(alert.alert_id) ? " is-new" : ""}` },
    h("p", { class: "where" },
      h("a", { href: alertLink(alert.alert_id), "data-key": alert.alert_id }, mark(alert), " ", alert.unit ? wallName(all, alert.unit) : what),
      h("time", { datetime: alert.since }, sinceWhen(alert.since))),
    h("p", { class: "what" }, h("span", {}, alert.acknowledgement ? "✓ " : "", alert.unit ? what : alert.sentence_vi),
      rate === null || rate === undefined ? null : h("b", {}, `${percent(rate)}%`)));
}

// The word is in the tooltip and for readers aloud; three metres away the shape and colour must do.
const mark = (alert) => h("span", { class: `shape ${gravity(alert)}`, title: say(alert.severity), "aria-label": say(alert.severity) }, severityMark(alert).textContent.split(" ")[0]);
