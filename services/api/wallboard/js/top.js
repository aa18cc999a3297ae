// The header of every page: title, tally, stamp, sources, language; and the banner above it.

import { h, show } from "./dom.js";
import { chosenTime, link, logOut } from "./api.js";
import { day, dateTime, newest, time } from "./format.js";
import { language, say, setLanguage } from "./words.js";
import { tone } from "./status.js";

export function top(place, page, session) {
  const stamp = page?.stamp;
  show(place, h("div", { class: "top" },
    h("h1", {}, h("a", { href: link("/"), "data-key": "home" }, heading(stamp)),
      page?.unit ? h("span", { class: "province" }, ` · ${page.unit[`name_${language()}`]}`) : null),
    page?.tally ? tally(page.tally) : null,
    h("div", { class: "stamp" }, stamp ? freshness(stamp) : null),
    h("nav", { "aria-label": "Language" }, page?.tool?.(), choice("vi"), choice("en"), session?.role ? leave() : null)));
  document.title = `${say("title")}${page?.title ? ` · ${page.title()}` : ""}`;
}

const heading = (stamp) => (stamp ? `${say("title")} ${stamp.as_of.slice(0, 4)}` : say("title"));

function tally(counts) {
  const part = (status, mark) => h("span", { class: tone(status), title: say(status) }, `${mark} ${counts[status]}`);
  return h("div", { class: "tally" }, part("met", "✓"), part("below", "✗"), part("no_occurrence", "–"));
}

function freshness(stamp) {
  const received = newest(stamp);
  const past = chosenTime().as_of || stamp.final;
  return [
    stamp.final ? h("span", { class: "late" }, `${say("final")} ${day(stamp.as_of)}`) : null,
    past ? null : h("span", { id: "age", class: "live" }, "● ", say("live")),
    past && !stamp.final ? h("span", { class: "late" }, say("past", { day: day(stamp.as_of) })) : null,
    h("span", { title: `${say("as_of")} ${day(stamp.as_of)}` }, `${say("data_at")} `,
      h("b", { id: "data-at" }, received ? dateTime(received) : "–")),
    h("span", { title: say("sources_long") }, `${say("sources")} `,
      h("b", { id: "sources", class: stamp.sources_reporting < stamp.sources_expected ? "late" : "" },
        `${stamp.sources_reporting}/${stamp.sources_expected}`)),
  ];
}

function choice(code) {
  return h("button", {
    type: "button", "aria-pressed": String(language() === code), "data-key": `language-${code}`, lang: code,
    onclick: () => { setLanguage(code); document.dispatchEvent(new Event("language")); },
  }, code.toUpperCase());
}

function leave() {
  return h("button", {
    type: "button", "data-key": "logout", title: say("logout"), "aria-label": say("logout"),
    onclick: async () => { await logOut(); location.assign("/login"); },
  }, "⎋");
}

const LATE_MS = 15 * 60_000; // in working hours events come by the second; at night the age is no fault, but it is said

// Beside the stamp: "live", or how long nothing new has come.
export function age(live) {
  const place = document.getElementById("age");
  if (!place || !live?.last?.received) return;
  const old = live.now() - Date.parse(live.last.received);
  const late = old > LATE_MS;
  place.className = late ? "late" : "live";
  place.textContent = late ? `◷ ${ago(old)}` : `● ${say("live")}`;
}

function ago(ms) {
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 120) return say("minutes_ago", { n: minutes });
  return minutes < 2880 ? say("hours_ago", { n: Math.floor(minutes / 60) }) : say("days_ago", { n: Math.floor(minutes / 1440) });
}

// One line over the page while its figures may be old; nothing while all is well.
export function banner(place, live, stamp) {
  const received = stamp && newest(stamp);
  let text = "";
  if (live.lost) text = say("disconnected", { time: time(live.lost) });
  else if (live.engine !== "reachable") text = say("engine_away", { time: received ? dateTime(received) : "–" });
  if (place.textContent !== text) place.textContent = text;
  place.hidden = text === "";
}
