// Names of figures and units; read once and again when the catalogue's version changes.

import { ask } from "./api.js";
import { language } from "./words.js";
import { SHORT, PARTS } from "./short_names.js";

let known = null;
let version = null;

export async function catalogue(wanted = null) {
  if (known === null || (wanted !== null && wanted !== version)) {
    const [figures, units] = await Promise.all([ask("/v1/indicators"), ask("/v1/units")]);
    version = figures.catalogue_version;
    known = {
      figures: new Map(figures.figures.map((one) => [one.figure, one])),
      indicators: new Map(),
      units: new Map(units.units.map((one) => [one.unit, one])),
    };
    for (const one of figures.figures) {
      if (!known.indicators.has(one.indicator)) known.indicators.set(one.indicator, { ...one, figures: [] });
      known.indicators.get(one.indicator).figures.push(one.figure);
    }
  }
  return known;
}

export const indicatorName = (all, slug) => all.indicators.get(slug)?.[`indicator_${language()}`] ?? slug;
export const figureName = (all, figure) => all.figures.get(figure)?.[`figure_${language()}`] ?? figure;
export const unitName = (all, unit) => all.units.get(unit)?.[`name_${language()}`] ?? unit;
// "Xã Hoàn Long", but "Sở NN&MT": communes are told apart by their kind, departments have known short names.
export function wallName(all, unit) {
  const known = all.units.get(unit);
  return known && known.level !== "commune" && language() === "vi" ? known.short_vi : unitName(all, unit);
}
export const provinceOf = (all) => [...all.units.values()].find((one) => one.kind === "province");

// A tile has room for three or four words; an indicator that is not in the table shows its full name.
export const shortName = (all, slug) => SHORT[slug]?.[language()] ?? indicatorName(all, slug);
export const partName = (all, figure) => PARTS[figure]?.[language()] ?? figureName(all, figure);
