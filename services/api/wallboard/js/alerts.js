// Alerts: filtered and sorted by the address, so that a link shows the same list; below them how they do as a whole.

import { h, frame, show } from "./dom.js";
import { ask, chosenTime, link } from "./api.js";
import { catalogue, indicatorName, unitName } from "./catalogue.js";
import { language, say } from "./words.js";
import { dateTime, sinceWhen } from "./format.js";
import { look, isNew, soundButton } from "./alarm.js";
import { about, alertLink, beside, gravity, isOpen, SEVERITIES, severityMark, whose } from "./alert_parts.js";
import { statisticsPart } from "./alert_statistics.js";
import { crumbs } from "./table.js";

const RULES = ["below_target", "below_recent", "pace", "source_silent", "system_undocumented", "system_unmonitored", "link_down", "security_event", "report_due", "data_quality"];
const LIMIT = 500;
const FILTERS = ["state", "severity", "rule", "acknowledged", "indicator", "unit", "sort"];

function chosen() {
  const query = new URLSearchParams(location.search);
  return { sort: "severity", ...Object.fromEntries(FILTERS.filter((name) => query.get(name)).map((name) => [name, query.get(name)])) };
}

function choose(name, value) {
  const query = new URLSearchParams(location.search);
  if (value) query.set(name, value); else query.delete(name);
  history.replaceState(null, "", query.size ? `${location.pathname}?${query}` : location.pathname);
  document.dispatchEvent(new Event("again"));
}

export async function alertsPage(place) {
  const [alerts, stamp] = await Promise.all([
    ask("/v1/alerts", { limit: LIMIT, ...chosen() }), ask("/v1/stamp", chosenTime()), look(),
  ]);
  const all = await catalogue(stamp.catalogue_version);
  const draw = () => {
    const page = frame(place, `alerts/${language()}`, () => skeleton(all));
    const list = () => show(page.querySelector("[data-list]"), table(all, matching(all, alerts.alerts, page.querySelector(".search").value)));
    page.querySelector("h2").textContent = `${say("alerts")} (${alerts.open})`;
    page.querySelector(".search").oninput = list;
    list();
  };
  return { draw, stamp, title: () => say("all_alerts"), tool: soundButton };
}

function skeleton(all) {
  return h("article", { class: "page alerts" }, crumbs(all), h("h2"), bar(all), h("section", { "data-list": "" }), statisticsPart(all));
}

function bar(all) {
  const states = [["", say("open_state")], ...["firing", "lost", "resolved", "withdrawn", "pending"].map((one) => [one, say(one)]), ["all", say("all_of_them")]];
  const any = ["", say("all_of_them")];
  return h("div", { class: "bar" },
    select("state", say("state"), states),
    select("severity", say("severity"), [any, ...SEVERITIES.map((one) => [one, say(one)])]),
    select("rule", say("rule"), [any, ...RULES.map((one) => [one, say(`rule_${one}`)])]),
    select("indicator", say("indicator"), [any, ...[...all.indicators.keys()].map((one) => [one, indicatorName(all, one)])]),
    select("unit", say("unit"), [any, ...[...all.units.keys()].map((one) => [one, unitName(all, one)])]),
    select("acknowledged", say("acknowledged"), [any, ["yes", say("taken_yes")], ["no", say("taken_no")]]),
    select("sort", say("sort"), ["severity", "since", "unit"].map((one) => [one, say(`sort_${one}`)])),
    h("input", { class: "search", type: "search", placeholder: say("find_text"), "aria-label": say("find_text"), "data-key": "find" }));
}

function select(name, label, options) {
  const now = chosen()[name] ?? "";
  return h("label", {}, label, h("select", { name, "data-key": `filter-${name}`, onchange: (event) => choose(name, event.target.value) },
    options.map(([value, text]) => h("option", { value, selected: value === now }, text))));
}

const fold = (text) => text.normalize("NFD").replace(/[\u0300-\u036f]/g, "").replace(/đ/g, "d").replace(/Đ/g, "D").toLowerCase();

function matching(all, alerts, text) {
  const wanted = fold(text.trim());
  return wanted ? alerts.filter((alert) => fold(`${whose(all, alert)} ${about(all, alert)} ${alert.sentence_vi}`).includes(wanted)) : alerts;
}

function table(all, alerts) {
  if (!alerts.length) return h("p", { class: "lead" }, say("none_match"));
  return alertTable(all, alerts);
}

export function alertTable(all, alerts) {
  if (!alerts.length) return h("p", { class: "lead" }, say("no_alerts"));
  return h("div", { class: "scroll" }, h("table", { class: "table alert-table" },
    h("thead", {}, h("tr", {}, ["severity", "since", "unit", "message", "state"].map((key) => h("th", { scope: "col" }, say(key))))),
    h("tbody", {}, alerts.map((alert) => h("tr", { class: `${gravity(alert)}${isNew(alert.alert_id) ? " is-new" : ""}`, "data-alert": alert.alert_id },
      h("td", {}, severityMark(alert)),
      h("td", { class: "number", title: dateTime(alert.since) }, sinceWhen(alert.since)),
      h("td", {}, alert.unit ? h("a", { href: link(`/units/${alert.unit}`) }, unitName(all, alert.unit)) : whose(all, alert)),
      h("td", {}, h("a", { class: "what", href: alertLink(alert.alert_id), "data-key": alert.alert_id }, about(all, alert)),
        h("p", { lang: "vi", class: "said" }, alert.sentence_vi)),
      h("td", { class: `status ${isOpen(alert) ? gravity(alert) : "is-ended"}` }, say(alert.state),
        beside(alert).map((one) => h("p", { class: "beside" }, one))))))));
}
