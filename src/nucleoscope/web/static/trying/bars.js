// Probabilities of classes as bars, each with its name and its number.

import { element, percent } from "/static/shell.js";

/** A list of bars; `probabilities` in the order of `classes`, `possible` the names in the prediction set or null. */
export function probabilityBars(classes, probabilities, possible) {
  const rows = classes.map((one, index) => {
    const bar = element("div", { class: "bar", colour: one.colour });
    bar.style.setProperty("--share", probabilities[index]);
    const isPossible = possible === null || possible.includes(one.name);
    return element(
      "li",
      { class: isPossible ? null : "outside" },
      element("span", { class: "line" }, element("span", {}, one.name), element("span", { class: "number" }, percent(probabilities[index]))),
      element("span", { class: "track", "aria-hidden": "true" }, bar),
    );
  });
  return element("ul", { class: "bars", "aria-label": "Calibrated probability of each class" }, ...rows);
}

/** What the prediction set means, in a sentence. */
export function setSentence(possible, coverage) {
  if (possible === null) return "This model has no prediction sets.";
  const promise = `sets hold the true class for ${Math.round(100 * coverage)}% of crops like those of the training, on other tissue nothing is promised`;
  if (possible.length === 1) return `Sure: only ${possible[0]} is possible; ${promise}.`;
  if (possible.length === 0) return `Not sure: no class is likely enough; ${promise}.`;
  return `Not sure: ${possible.join(" or ")} is possible; ${promise}.`;
}

/** What it means that a nucleus is foreign. */
export const FOREIGN = "Foreign: unlike what the model was trained on, so that its class means little.";
