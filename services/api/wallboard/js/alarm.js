// Sound and colour for critical alerts that are new to this screen; silent until somebody allows it, then remembered.

import { ask } from "./api.js";
import { say } from "./words.js";
import { h } from "./dom.js";

const BEEPS = [880, 660, 880]; // Hz; three short tones are told from a telephone
const FLASH_MS = 8000;

let seen = null; // null: the first look, at which nothing is new
let context = null;
const fresh = new Map(); // alert → until when it flashes

export const allowed = () => localStorage.getItem("alarm") === "on";
export const isNew = (id) => (fresh.get(id) ?? 0) > Date.now();

// Looks by itself, so that no filter of a list hides a critical alert.
export async function look() {
  const answer = await ask("/v1/alerts", { state: "open", severity: "critical", sort: "since", limit: 100 });
  const open = answer.alerts.filter((alert) => !alert.silenced_until && !alert.acknowledgement);
  const came = seen === null ? [] : open.filter((alert) => !seen.has(key(alert)));
  seen ??= new Set();
  for (const alert of answer.alerts) seen.add(key(alert));
  if (!came.length) return;
  for (const alert of came) fresh.set(alert.alert_id, Date.now() + FLASH_MS);
  flash();
  if (allowed()) beep();
}

const key = (alert) => `${alert.alert_id} ${alert.since}`;

function flash() {
  document.body.classList.add("alarm");
  document.body.dataset.alarms = String(Number(document.body.dataset.alarms ?? 0) + 1);
  setTimeout(() => document.body.classList.toggle("alarm", [...fresh.keys()].some(isNew)), FLASH_MS + 50);
}

// A browser plays nothing before the first touch of the page; once allowed, any touch after a reload wakes it.
function beep() {
  context ??= new AudioContext();
  context.resume().then(() => BEEPS.forEach((pitch, n) => tone(pitch, context.currentTime + n * 0.25)));
}

function tone(pitch, at) {
  const source = new OscillatorNode(context, { frequency: pitch });
  const volume = new GainNode(context, { gain: 0.25 });
  source.connect(volume).connect(context.destination);
  source.start(at);
  source.stop(at + 0.18);
}

export function soundButton() {
  return h("button", {
    type: "button", class: "sound", "data-key": "sound", "aria-pressed": String(allowed()),
    title: say(allowed() ? "sound_on" : "sound_off"), "aria-label": say(allowed() ? "sound_on" : "sound_off"),
    onclick: () => {
      localStorage.setItem("alarm", allowed() ? "off" : "on");
      if (allowed()) beep();
      document.dispatchEvent(new Event("language"));
    },
  }, "♪");
}

document.addEventListener("pointerdown", () => { if (allowed()) { context ??= new AudioContext(); context.resume(); } });
