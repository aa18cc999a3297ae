// The cases behind a number, page by page; only for who operates.

import { h } from "./dom.js";
import { ask, link } from "./api.js";
import { language, say } from "./words.js";
import { day } from "./format.js";

const STATES = [["", "all_states"], ["counting", "counting"], ["missing", "missing"], ["excluded", "excluded_state"], ["no_data", "no_data"]];
const PAGE = 25;

// Keeps what the reader opened: a refresh of the figures does not close the list under their eyes.
export async function subjects(place, scope, who) {
  const wanted = JSON.stringify([scope, language()]);
  if (place.dataset.scope === wanted) return;
  place.dataset.scope = wanted;
  if (who?.role !== "operate") {
    place.replaceChildren(h("p", { class: "lead" }, say("need_operate"), " ", h("a", { href: link("/login") }, say("login"))));
    return;
  }
  await list(place, scope, "").catch((error) => {
    delete place.dataset.scope;
    place.replaceChildren(h("p", { class: "lead", role: "alert" }, error.message));
  });
}

async function list(place, scope, state) {
  const rows = h("tbody");
  const more = h("button", { type: "button", class: "more", hidden: true }, say("more"));
  place.replaceChildren(
    h("div", { class: "tabs" }, STATES.map(([code, word]) => h("button", {
      type: "button", "aria-pressed": String(code === state), "data-state": code, onclick: () => list(place, scope, code),
    }, say(word)))),
    h("div", { class: "scroll" }, h("table", { class: "table" },
      h("thead", {}, h("tr", {}, ["status", "day", "subject", "reason", "sender"].map((key) => h("th", { scope: "col" }, say(key))))), rows)),
    more);
  const add = async (after) => {
    const page = await ask(`/v1/cells/${scope.indicator}/${scope.unit}/subjects`, { ...scope, indicator: "", unit: "", state, after, limit: PAGE });
    rows.append(...page.subjects.map(row));
    if (!rows.children.length) rows.append(h("tr", {}, h("td", { colspan: 5 }, say("none_found"))));
    more.hidden = page.next === null;
    more.onclick = () => add(page.next);
  };
  await add("");
}

const TONES = { counting: "is-met", missing: "is-below", excluded: "is-no_target", no_data: "is-no_target" };

function row(one) {
  return h("tr", { class: TONES[one.state], "data-subject": one.subject },
    h("td", { class: "status" }, say(one.state === "excluded" ? "excluded_state" : one.state)),
    h("td", {}, day(one.day)), h("td", { class: "key" }, one.subject),
    h("td", {}, language() === "en" ? one.sentence_en : one.sentence),
    h("td", { class: "key" }, `${one.source} ${one.id}`));
}
