// One unit: all its indicators and its alerts; and the list of all units, worst first.

import { h, show } from "./dom.js";
import { ask, chosenTime, link } from "./api.js";
import { catalogue, figureName, indicatorName, unitName } from "./catalogue.js";
import { say } from "./words.js";
import { byIndicator, tally } from "./wall.js";
import { alertTable } from "./alerts.js";
import { cellRow, crumbs, reportLink } from "./table.js";

export async function unitPage(place, unit) {
  const time = chosenTime();
  const [board, alerts] = await Promise.all([
    ask("/v1/board", { unit, ...time }), ask("/v1/alerts", { unit, state: "open", limit: 50 }),
  ]);
  const all = await catalogue(board.stamp.catalogue_version);
  const title = () => unitName(all, unit);
  const draw = () => show(place, h("article", { class: "page" }, crumbs(all), h("h2", {}, title()),
    h("div", { class: "scroll" }, h("table", { class: "table" },
      h("thead", {}, h("tr", {}, ["indicator", "rate", "target", "status", "counted", "days30", "notes"].map((key) =>
        h("th", { scope: "col", class: ["rate", "counted", "days30"].includes(key) ? "number" : "" }, say(key))))),
      h("tbody", {}, board.cells.map((cell) => cellRow(cell, name(all, cell), `/cells/${cell.indicator}/${cell.unit}`))))),
    reportLink({ unit }),
    h("h3", {}, say("alerts")), alertTable(all, alerts.alerts)));
  return { draw, stamp: board.stamp, unit: all.units.get(unit), tally: tally(byIndicator(board.cells)), title };
}

function name(all, cell) {
  const indicator = indicatorName(all, cell.indicator);
  const figure = figureName(all, cell.figure);
  return figure === indicator ? indicator : `${indicator}: ${figure}`;
}

export async function unitsPage(place) {
  const ranking = await ask("/v1/ranking", { level: "units", ...chosenTime() });
  const all = await catalogue(ranking.stamp.catalogue_version);
  const rows = h("tbody");
  const fill = (text) => rows.replaceChildren(...ranking.units
    .filter((rank) => folded(unitName(all, rank.unit)).includes(folded(text))).map((rank) => rankRow(all, rank)));
  const draw = () => {
    const wanted = place.querySelector("input")?.value ?? "";
    fill(wanted);
    drawUnits(place, all, wanted, fill, rows);
  };
  return { draw, stamp: ranking.stamp, title: () => say("all_units") };
}

function drawUnits(place, all, wanted, fill, rows) {
  show(place, h("article", { class: "page" }, crumbs(all), h("h2", {}, say("all_units")), h("p", { class: "lead" }, say("ranked")),
    h("input", { class: "search", type: "search", value: wanted, placeholder: say("search_unit"), "aria-label": say("search_unit"),
      "data-key": "search", oninput: (event) => fill(event.target.value) }),
    h("table", { class: "table" }, h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("unit")),
      h("th", { scope: "col", class: "number" }, `✗ ${say("below")}`), h("th", { scope: "col", class: "number" }, `✓ ${say("met")}`))), rows)));
}

function rankRow(all, rank) {
  return h("tr", {}, h("td", {}, h("a", { href: link(`/units/${rank.unit}`), "data-key": rank.unit }, unitName(all, rank.unit))),
    h("td", { class: "number rate is-below" }, String(rank.below)), h("td", { class: "number rate is-met" }, String(rank.met)));
}

// Marks and case do not matter in a search; đ has no decomposition, so it is named.
export function folded(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").replace(/[đĐ]/g, "d").toLowerCase().trim();
}
