// A line of the rate to date over the period, with its target; drawn as SVG, described in words for those who cannot see it.

import { h, svg } from "./dom.js";
import { day, percent } from "./format.js";
import { say } from "./words.js";
import { target as targetText } from "./status.js";

const WIDTH = 1200;
const HEIGHT = 340;
const PAD = { left: 64, right: 84, top: 26, bottom: 40 };
const DAY_MS = 86400000;
const LOWEST_SPAN = 4; // percent points; less would draw noise as cliffs

const at = (iso) => Date.parse(`${iso}T00:00:00Z`);

// `history`: [{day, num, den}] cumulative, ascending.
export function chart(history, cell, start, end) {
  const points = history.filter((one) => one.den > 0).map((one) => ({ day: one.day, rate: Math.floor((one.num * 1000) / one.den) / 10 }));
  if (!points.length) return h("p", { class: "lead" }, say("no_history"));
  const [low, high] = range(points, cell.target);
  const x = (iso) => PAD.left + ((at(iso) - at(start)) / Math.max(DAY_MS, at(end) - at(start))) * (WIDTH - PAD.left - PAD.right);
  const y = (rate) => PAD.top + ((high - rate) / (high - low)) * (HEIGHT - PAD.top - PAD.bottom);
  const last = points[points.length - 1];
  const told = `${say("history")}: ${day(points[0].day)} ${percent(points[0].rate)}%, ${day(last.day)} ${percent(last.rate)}%`;
  return h("figure", { class: "chart" }, svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": told },
    grid(low, high, y), months(start, end, x),
    svg("polyline", { class: "line", points: steps(points, x, y) }),
    svg("circle", { class: "dot", cx: x(last.day), cy: y(last.rate), r: 6 }),
    text(x(last.day) + 12, y(last.rate) + 6, `${percent(last.rate)}%`, "now"),
    cell.target === null ? null : targetLine(cell, y)));
}

function range(points, target) {
  const rates = points.map((point) => point.rate);
  if (target !== null) rates.push(target);
  const low = Math.max(0, Math.floor((Math.min(...rates) - 1) / 2) * 2);
  const high = Math.min(100, Math.ceil((Math.max(...rates) + 1) / 2) * 2);
  return high - low < LOWEST_SPAN ? [Math.max(0, high - LOWEST_SPAN), high] : [low, high];
}

// A figure to date holds until the next day on which something moved.
function steps(points, x, y) {
  return points.flatMap((point, n) => {
    const here = [`${x(point.day)},${y(point.rate)}`];
    return n === 0 ? here : [`${x(point.day)},${y(points[n - 1].rate)}`, ...here];
  }).join(" ");
}

function text(x, y, content, name = "") {
  const element = svg("text", { x, y, class: name });
  element.textContent = content;
  return element;
}

function grid(low, high, y) {
  const step = [1, 2, 5, 10, 20].find((one) => (high - low) / one <= 6) ?? 25;
  const lines = [];
  for (let rate = Math.ceil(low / step) * step; rate <= high; rate += step) {
    lines.push(svg("line", { class: "axis", x1: PAD.left, x2: WIDTH - PAD.right, y1: y(rate), y2: y(rate) }),
      text(8, y(rate) + 6, `${percent(rate)}%`));
  }
  return lines;
}

function months(start, end, x) {
  const ticks = [];
  const first = new Date(at(start));
  for (let n = 0; n < 36; n += 1) {
    const iso = new Date(Date.UTC(first.getUTCFullYear(), first.getUTCMonth() + n, 1)).toISOString().slice(0, 10);
    if (iso > end) break;
    if (iso >= start) ticks.push(text(x(iso), HEIGHT - 10, `${iso.slice(5, 7)}/${iso.slice(2, 4)}`),
      svg("line", { class: "axis", x1: x(iso), x2: x(iso), y1: HEIGHT - PAD.bottom, y2: HEIGHT - PAD.bottom + 8 }));
  }
  return ticks;
}

function targetLine(cell, y) {
  const level = y(cell.target);
  return [svg("line", { class: "target", x1: PAD.left, x2: WIDTH - PAD.right, y1: level, y2: level }),
    text(WIDTH - PAD.right + 8, level + 6, targetText(cell), "target-text")];
}
