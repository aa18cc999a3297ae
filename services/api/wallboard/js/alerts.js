// Alerts: open ones first on the page of all, or those of one unit.

import { h, show } from "./dom.js";
import { ask, chosenTime, link } from "./api.js";
import { catalogue, indicatorName, unitName } from "./catalogue.js";
import { say } from "./words.js";
import { dateTime } from "./format.js";
import { crumbs } from "./table.js";

export async function alertsPage(place) {
  const [alerts, stamp] = await Promise.all([ask("/v1/alerts", { limit: 500 }), ask("/v1/stamp", chosenTime())]);
  const all = await catalogue(stamp.catalogue_version);
  const open = (alert) => (["firing", "lost"].includes(alert.state) ? 0 : 1);
  const ordered = [...alerts.alerts].sort((a, b) => open(a) - open(b) || b.changed.localeCompare(a.changed));
  const draw = () => show(place, h("article", { class: "page" }, crumbs(all), h("h2", {}, `${say("all_alerts")} (${alerts.open})`), alertTable(all, ordered)));
  return { draw, stamp, title: () => say("all_alerts") };
}

export function alertTable(all, alerts) {
  if (!alerts.length) return h("p", { class: "lead" }, say("no_alerts"));
  return h("div", { class: "scroll" }, h("table", { class: "table" },
    h("thead", {}, h("tr", {}, ["since", "unit", "indicator", "state", "message"].map((key) => h("th", { scope: "col" }, say(key))))),
    h("tbody", {}, alerts.map((alert) => h("tr", { class: ["firing", "lost"].includes(alert.state) ? "is-below" : "is-met" },
      h("td", { class: "number" }, dateTime(alert.since)),
      h("td", {}, h("a", { href: link(`/units/${alert.unit}`) }, unitName(all, alert.unit))),
      h("td", {}, h("a", { href: link(`/cells/${alert.indicator}/${alert.unit}`), "data-key": alert.alert_id }, indicatorName(all, alert.indicator))),
      h("td", { class: "status" }, say(alert.state)),
      h("td", { lang: "vi" }, alert.sentence_vi))))));
}
