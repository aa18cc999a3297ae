// One indicator: the plan's own words, and every unit, worst first.

import { h, show } from "./dom.js";
import { ask, chosenTime } from "./api.js";
import { catalogue, figureName, indicatorName, unitName } from "./catalogue.js";
import { language, say } from "./words.js";
import { cellRow, crumbs, reportLink } from "./table.js";

const ORDER = { below: 0, met: 1, no_target: 2, no_occurrence: 3 };

export async function indicatorPage(place, indicator) {
  const board = await ask("/v1/board", { indicator, ...chosenTime() });
  const all = await catalogue(board.stamp.catalogue_version);
  const facts = all.indicators.get(indicator);
  const title = () => indicatorName(all, indicator);
  const draw = () => show(place, h("article", { class: "page" }, crumbs(all), h("h2", {}, title()), facts ? quote(facts) : null,
    h("p", { class: "lead" }, say("ranked")),
    h("div", { class: "scroll" }, h("table", { class: "table" },
      h("thead", {}, h("tr", {}, ["unit", "rate", "target", "status", "counted", "days30", "notes"].map((key) =>
        h("th", { scope: "col", class: ["rate", "counted", "days30"].includes(key) ? "number" : "" }, say(key))))),
      h("tbody", {}, ranked(all, board.cells).map((cell) => cellRow(cell, name(all, cell), `/cells/${cell.indicator}/${cell.unit}`))))),
    reportLink({ indicator })));
  return { draw, stamp: board.stamp, title };
}

// The province first, then the worst; by what is missing to the target, so that 69 of 70 stands after 20 of 100.
function ranked(all, cells) {
  const whole = (cell) => (all.units.get(cell.unit)?.kind === "province" ? 0 : 1);
  const gap = (cell) => (cell.percent === null ? 0 : (cell.target ?? 0) - cell.percent);
  return [...cells].sort((a, b) => whole(a) - whole(b) || ORDER[a.status] - ORDER[b.status] || gap(b) - gap(a));
}

function name(all, cell) {
  const figure = figureName(all, cell.figure);
  const unit = unitName(all, cell.unit);
  return figure === indicatorName(all, cell.indicator) ? unit : `${unit}: ${figure}`;
}

function quote(facts) {
  const where = facts.annex_row ? `${say("annex")} ${facts.annex_row}` : `${say("section")} ${facts.section}`;
  return [
    h("p", { class: "lead", lang: "vi" }, `“${facts.text_vi}” (${where})`),
    facts.lead_vi ? h("p", { class: "lead", lang: "vi" }, `${say("lead")}: ${facts.lead_vi}. ${say("coordinating")}: ${facts.coordinating_vi}.`) : null,
    language() === "en" ? h("p", { class: "lead" }, facts.indicator_en) : null,
  ];
}
