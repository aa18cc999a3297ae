// One alert: what, in which state, why, what happened since, who was told; and what an operator can do.

import { h, frame, show } from "./dom.js";
import { ask, chosenTime, link } from "./api.js";
import { catalogue, unitName } from "./catalogue.js";
import { language, say } from "./words.js";
import { dateTime } from "./format.js";
import { about, beside, gravity, ruleName, severityMark, whose } from "./alert_parts.js";
import { actions, effectOf, endButton } from "./alert_actions.js";
import { evidencePart } from "./alert_evidence.js";
import { crumbs } from "./table.js";

export async function alertPage(place, id, who, clock) {
  const [alert, stamp] = await Promise.all([ask(`/v1/alerts/${encodeURIComponent(id)}`), ask("/v1/stamp", chosenTime())]);
  const all = await catalogue(stamp.catalogue_version);
  const draw = () => {
    // What is being written stays untouched while the rest follows the stream.
    const page = frame(place, `${id} ${language()}`, () => skeleton(alert, who, clock));
    show(page.querySelector("[data-head]"), head(all, alert));
    effectOf(page, alert);
    show(page.querySelector("[data-rest]"), h("h3", {}, say("why_alert")), evidencePart(all, alert),
      silences(alert, who), h("h3", {}, say("alert_history")), history(alert),
      who?.role ? [h("h3", {}, say("deliveries")), deliveries(alert)] : null);
  };
  return { draw, stamp, unit: all.units.get(alert.unit), title: () => about(all, alert) };
}

function skeleton(alert, who, clock) {
  return h("article", { class: "page alert" }, h("div", { "data-head": "" }), actions(alert, who, clock), h("div", { "data-rest": "" }));
}

function head(all, alert) {
  return [
    crumbs(all, h("a", { href: link("/alerts"), "data-key": "crumb-alerts" }, say("all_alerts")),
      alert.unit ? h("a", { href: link(`/units/${alert.unit}`), "data-key": "crumb-unit" }, unitName(all, alert.unit)) : whose(all, alert)),
    h("p", { class: "marks" }, severityMark(alert), h("span", { class: `state ${gravity(alert)}`, id: "state" }, say(alert.state)),
      h("span", {}, ruleName(alert.rule)), h("time", { datetime: alert.since }, `${say("since")} ${dateTime(alert.since)}`)),
    h("h2", { lang: "vi" }, alert.sentence_vi || about(all, alert)),
    beside(alert).length ? h("p", { class: "marks", id: "beside" }, beside(alert)) : null,
  ];
}

function silences(alert, who) {
  if (!alert.silences.length) return null;
  return [h("h3", {}, say("act_silence")), h("ul", { id: "silences" }, alert.silences.map((one) => h("li", {},
    `${dateTime(one.begins)} – ${dateTime(one.ends)}`, one.by ? ` · ${one.by}` : "", one.note ? ` · ${one.note}` : "", " ",
    who?.role === "operate" ? endButton(one.silence_id) : null)))];
}

function history(alert) {
  const heads = ["when", "what", "by", "note", "message"].map((key) => h("th", { scope: "col" }, say(key)));
  return h("div", { class: "scroll" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, heads)),
    h("tbody", { id: "history" }, alert.history.toReversed().map((one) => h("tr", { "data-number": one.number },
      h("td", { class: "at" }, dateTime(one.at)),
      h("td", { class: "status" }, changeText(one)),
      h("td", {}, one.by), h("td", { class: "note" }, one.note),
      h("td", { lang: "vi" }, one.sentence_vi, quiet(one)))))));
}

const changeText = (one) => (one.change === "state" ? `${say(one.from_state)} → ${say(one.state)}` : say(`change_${one.change}`));

function quiet(one) {
  if (!one.quiet_because) return null;
  const why = ["silence", "flapping"].find((kind) => one.quiet_because.startsWith(kind)) ?? "other";
  return h("p", { class: "beside" }, say("quiet_why", { why: say(`quiet_${why}`) }));
}

function deliveries(alert) {
  if (!alert.deliveries.length) return h("p", { class: "lead" }, say("no_deliveries"));
  const heads = ["what", "receiver", "state", "when", "attempts", "notes"].map((key) => h("th", { scope: "col" }, say(key)));
  const changes = new Map(alert.history.map((one) => [one.number, one]));
  return h("div", { class: "scroll" }, h("table", { class: "table" }, h("thead", {}, h("tr", {}, heads)),
    h("tbody", { id: "deliveries" }, alert.deliveries.map((one) => h("tr", { class: `is-${one.state}` },
      h("td", {}, changes.has(one.number) ? changeText(changes.get(one.number)) : `${one.number}`),
      h("td", { class: "key" }, one.receiver), h("td", { class: "status" }, say(`delivery_${one.state}`)),
      h("td", { class: "at" }, one.at ? dateTime(one.at) : "–"), h("td", {}, String(one.attempts)),
      h("td", { class: "key" }, one.detail))))));
}
