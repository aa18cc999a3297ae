// The login page: the key goes to the server once and comes back as a cookie that no script can read.

import { h, show } from "./dom.js";
import { logIn } from "./api.js";
import { say } from "./words.js";

export function loginPage(place) {
  const wrong = h("p", { class: "wrong", role: "alert" });
  const key = h("input", { type: "password", name: "key", autocomplete: "current-password", required: true, "data-key": "key" });
  show(place, h("form", { class: "form", onsubmit: (event) => { event.preventDefault(); enter(key, wrong); } },
    h("h2", {}, say("login")), h("p", {}, say("login_why")),
    h("label", {}, say("key"), key), wrong,
    h("button", { type: "submit" }, say("login"))));
  key.focus();
}

async function enter(key, wrong) {
  try {
    await logIn(key.value.trim());
    location.assign(location.pathname === "/login" ? "/" : location.href);
  } catch (error) {
    wrong.textContent = `${error.message}. ${error.detail ?? ""}`;
  }
}
