// One cell: its value, why it is what it is, its history, and the cases behind it.

import { h, show } from "./dom.js";
import { ask, chosenTime, link } from "./api.js";
import { catalogue, indicatorName, unitName } from "./catalogue.js";
import { language, say } from "./words.js";
import { number, percent } from "./format.js";
import { chart } from "./chart.js";
import { crumbs } from "./table.js";
import { flagsText, statusText, target, tone } from "./status.js";
import { subjects } from "./subjects.js";

let chosen = null;

export async function cellPage(place, indicator, unit, who) {
  const answer = await ask(`/v1/cells/${indicator}/${unit}`, chosenTime());
  const all = await catalogue(answer.stamp.catalogue_version);
  const title = () => indicatorName(all, indicator);
  const draw = () => {
    const figure = answer.figures.find((one) => one.cell.figure === chosen) ?? answer.figures[0];
    const cases = place.querySelector("[data-cases]") ?? h("section", { "data-cases": "" });
    show(place, h("article", { class: "page" },
      crumbs(all, h("a", { href: link(`/units/${unit}`), "data-key": "crumb-unit" }, unitName(all, unit)),
        h("a", { href: link(`/indicators/${indicator}`), "data-key": "crumb-indicator" }, title())),
      h("h2", {}, `${title()} · ${unitName(all, unit)}`),
      answer.figures.length > 1 ? tabs(answer.figures, figure, draw) : null,
      facts(figure.cell, all.figures.get(figure.cell.figure)),
      h("h3", {}, say("history")), chart(figure.history, figure.cell, answer.start, answer.end),
      h("h3", {}, say("why")), why(figure),
      h("h3", {}, say("filings")), cases));
    subjects(cases, { indicator, unit, figure: figure.cell.figure, ...chosenTime() }, who);
  };
  return { draw, stamp: answer.stamp, unit: all.units.get(unit), title };
}

function tabs(figures, shown, draw) {
  return h("div", { class: "tabs" }, figures.map((one) => h("button", {
    type: "button", "aria-pressed": String(one === shown), "data-key": `figure-${one.cell.figure}`,
    onclick: () => { chosen = one.cell.figure; draw(); },
  }, one[`name_${language()}`])));
}

function facts(cell, known) {
  const fact = (term, value, small) => h("dl", { class: "fact" }, h("dt", {}, term), h("dd", {}, value), small ? h("dd", { class: "small" }, small) : null);
  const rate = cell.percent === null ? say("no_occurrence") : `${percent(cell.percent)}%`;
  const recent = cell.recent_percent === null ? say("no_occurrence") : `${percent(cell.recent_percent)}%`;
  return h("div", { class: "facts" },
    h("dl", { class: `fact tone ${tone(cell.shown_status)}` }, h("dt", {}, `${say("to_date")} · ${statusText(cell)}`), h("dd", { id: "value" }, rate),
      h("dd", { class: "small" }, flagsText(cell))),
    fact(say("counted"), `${number(cell.num)} / ${number(cell.den)}`, known?.counted_vi),
    fact(say("target"), target(cell), cell.legal_row),
    cell.recent_den === null ? null : fact(say("days30"), recent, `${number(cell.recent_num)} / ${number(cell.recent_den)}`),
    fact(say("source_of"), say(cell.reported ? "reported" : "from_events")));
}

function why({ cell, exclusions }) {
  const rows = [
    [say("counting"), cell.num], [say("missing"), cell.den - cell.num],
    ...exclusions.map((one) => [`${say("excluded")}: ${language() === "en" ? one.sentence_en : one.sentence}`, one.count]),
  ];
  return h("table", { class: "table" }, h("tbody", {}, rows.map(([words, count]) =>
    h("tr", {}, h("td", {}, words), h("td", { class: "number" }, number(count))))));
}

