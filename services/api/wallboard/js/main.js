// Reads the address, shows its page, and asks again whenever the stream says that something moved.

import { Problem, logIn, session } from "./api.js";
import { h, show } from "./dom.js";
import { Live } from "./live.js";
import { chooseLanguage, say } from "./words.js";
import { age, banner, top } from "./top.js";
import { wall } from "./wall.js";
import { unitPage, unitsPage } from "./unit.js";
import { indicatorPage } from "./indicator.js";
import { cellPage } from "./cell.js";
import { alertPage } from "./alert.js";
import { alertsPage } from "./alerts.js";
import { loginPage } from "./login.js";

const MIN_GAP_MS = 700; // at most three questions every two seconds, however fast events come

const ROUTES = [
  [/^\/$/, wall],
  [/^\/units$/, unitsPage],
  [/^\/units\/([^/]+)$/, unitPage],
  [/^\/indicators\/([^/]+)$/, indicatorPage],
  [/^\/cells\/([^/]+)\/([^/]+)$/, cellPage],
  [/^\/alerts$/, alertsPage],
  [/^\/alerts\/(.+)$/, alertPage],
];

const place = { top: document.getElementById("top"), main: document.getElementById("main"), banner: document.getElementById("banner") };
let who = null;
let page = null;
let live = null;
let asking = false;
let again = false;

async function refresh() {
  if (asking) { again = true; return; }
  asking = true;
  const began = Date.now();
  try {
    page = await current();
    draw();
  } catch (error) {
    failed(error);
  }
  setTimeout(() => {
    asking = false;
    if (again) { again = false; refresh(); }
  }, Math.max(0, MIN_GAP_MS - (Date.now() - began)));
}

function draw() {
  document.querySelector(".skip").textContent = say("skip");
  page?.draw();
  top(place.top, page, who);
  if (live) told();
}

function told() {
  banner(place.banner, live, page?.stamp);
  age(live);
}

// The server's clock, also in a demonstration of another day.
const clock = () => live?.now() ?? new Date();

function current() {
  for (const [pattern, view] of ROUTES) {
    const found = pattern.exec(location.pathname);
    if (found) {
      document.body.classList.toggle("wall", view === wall);
      return view(place.main, ...found.slice(1).map(decodeURIComponent), who, clock);
    }
  }
  throw new Problem(404, { title: "404" });
}

// A page that already shows figures keeps them; the banner says that they no longer move.
function failed(error) {
  if (error instanceof Problem && error.status === 401) { askForKey(); return; }
  if (page === null || (error instanceof Problem && error.status === 404)) {
    show(place.main, h("p", { class: "loading", role: "alert" }, error.message, " ", error.detail ?? ""));
  }
  if (!(error instanceof Problem) || error.status >= 500) again = true;
}

function askForKey() {
  document.body.classList.remove("wall");
  top(place.top, null, who);
  loginPage(place.main);
}

// A link with the key behind "#" logs in; what stands behind "#" is never sent to a server, and is removed at once.
async function keyFromAddress() {
  const found = /^#key=(.+)$/.exec(location.hash);
  if (!found) return;
  history.replaceState(null, "", location.pathname + location.search);
  await logIn(decodeURIComponent(found[1])).catch(() => null);
}

async function start() {
  chooseLanguage();
  await keyFromAddress();
  who = await session().catch(() => null);
  if (location.pathname === "/login" || (who && !who.role && !who.open_board)) { askForKey(); return; }
  top(place.top, null, who);
  live = new Live(refresh, () => told());
  document.addEventListener("language", draw);
  document.addEventListener("again", refresh);
  await refresh();
}

start();
