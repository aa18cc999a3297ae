// The buttons of an operator. A command is only asked for here; that it took effect is read from the alert's history.

import { h } from "./dom.js";
import { command } from "./api.js";
import { say } from "./words.js";

const HOURS = [1, 4, 8, 24, 72, 168];
const EFFECT_MS = 15_000; // the alerts service acts within a second; a successor takes over within ten

let waiting = null; // the command whose effect is not seen yet

export function actions(alert, who, clock) {
  if (who?.role !== "operate") return h("p", { class: "lead", "data-actions": "" }, say("operate_to_act"));
  const note = h("textarea", { name: "note", maxlength: "500", rows: "2", placeholder: say("note_hint"), "aria-label": say("note_hint"), "data-key": "note" });
  const hours = h("select", { name: "hours", "data-key": "hours" }, h("option", { value: "" }, say("for_open")),
    HOURS.map((n) => h("option", { value: String(n) }, n < 72 ? say("for_hours", { n }) : say("for_days", { n: n / 24 }))));
  const told = h("p", { class: "told", role: "status" });
  const act = (action) => send(alert.alert_id, action, { note, hours, told, clock });
  const button = (action) => h("button", { type: "button", class: action === "ack" ? "first" : "", "data-action": action, onclick: () => act(action) }, say(`act_${action}`));
  return h("section", { class: "actions", "data-actions": "", "aria-label": say("act") }, note,
    h("label", {}, say("for_how_long"), hours), h("div", { class: "buttons" }, ["ack", "note", "silence", "escalate"].map(button)), told);
}

async function send(id, action, { note, hours, told, clock }) {
  const text = note.value.trim();
  const until = hours.value ? new Date(clock().getTime() + Number(hours.value) * 3_600_000).toISOString() : null;
  if (action === "note" && !text) { told.textContent = say("note_needed"); note.focus(); return; }
  if (action === "silence" && !until) { told.textContent = say("until_needed"); hours.focus(); return; }
  told.textContent = say("sending");
  try {
    const body = { ...(text ? { note: text } : {}), ...(until && ["ack", "silence"].includes(action) ? { until } : {}) };
    const accepted = await command(`/v1/alerts/${encodeURIComponent(id)}/${action}`, body);
    waiting = { id: accepted.command_id, told, clear: () => { note.value = ""; hours.value = ""; } };
    told.textContent = say("sent");
    const asked = waiting;
    setTimeout(() => { if (waiting === asked) { waiting = null; told.textContent = say("no_effect"); } }, EFFECT_MS);
    document.dispatchEvent(new Event("again"));
  } catch (error) {
    told.textContent = `${error.message}. ${error.detail ?? ""}`;
  }
}

// A silence also keeps others quiet when it is not this alert's alone; ending it tells what is still so.
export function endButton(silence) {
  const button = h("button", { type: "button", class: "end", "data-key": `end-${silence}`, onclick: () => end(silence, button) }, say("end_silence"));
  return button;
}

async function end(silence, button) {
  button.disabled = true;
  try {
    await command(`/v1/silences/${silence}`, null, "DELETE");
  } catch (error) {
    button.textContent = `${error.message}. ${error.detail ?? ""}`;
  }
}

// Called with every new picture of the alert.
export function effectOf(page, alert) {
  if (!waiting || !page.contains(waiting.told)) return;
  const seen = alert.history.some((one) => one.command_id === waiting.id) || alert.silences.some((one) => one.silence_id === waiting.id);
  if (!seen) return;
  waiting.told.textContent = say("done");
  waiting.clear();
  waiting = null;
}
