// Rows and small parts that several pages share.

import { h } from "./dom.js";
import { chosenTime, link } from "./api.js";
import { provinceOf } from "./catalogue.js";
import { language, say } from "./words.js";
import { number, percent } from "./format.js";
import { flagsText, statusText, target, tone, trend } from "./status.js";

export function cellRow(cell, name, address) {
  const rate = cell.percent === null ? say("no_occurrence") : `${percent(cell.percent)}%`;
  const recent = cell.recent_den === null ? "" : cell.recent_percent === null ? say("no_occurrence") : `${percent(cell.recent_percent)}%`;
  return h("tr", { class: tone(cell.shown_status), "data-figure": cell.figure, "data-unit": cell.unit },
    h("td", {}, h("a", { href: link(address), "data-key": `${cell.figure}/${cell.unit}` }, name)),
    h("td", { class: `number rate ${tone(cell.status)}` }, rate), h("td", {}, target(cell)),
    h("td", { class: `status ${tone(cell.status)}` }, statusText(cell)),
    h("td", { class: "number" }, `${number(cell.num)} / ${number(cell.den)}`),
    h("td", { class: `number tinted ${tone(cell.recent_status ?? "no_target")}` }, recent, " ", trend(cell)),
    h("td", { class: "flags" }, flagsText(cell)));
}

export function crumbs(all, ...more) {
  const province = provinceOf(all);
  return h("nav", { class: "crumbs", "aria-label": "Breadcrumb" },
    h("a", { href: link("/"), "data-key": "crumb-home" }, province ? province[`name_${language()}`] : say("province")), " › ",
    h("a", { href: link("/units"), "data-key": "crumb-units" }, say("units")), more.map((one) => [" › ", one]));
}

export function reportLink(filters) {
  const query = new URLSearchParams({ format: "csv", ...filters });
  for (const [name, value] of Object.entries(chosenTime())) if (value) query.set(name, value);
  return h("p", {}, h("a", { href: `/v1/board?${query}`, download: "" }, say("report_csv")));
}
