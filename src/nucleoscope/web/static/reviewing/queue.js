// The suspects as a strip of small pictures around the one that is asked about.

import { element } from "/static/shell.js";
import { cropAddress } from "/static/pictures/viewer.js";

const SHOWN = 18;

/** Whether a suspect belongs to a filter of the queue. */
export function isIn(one, filter) {
  if (filter === "open") return one.mine === null;
  if (filter === "decided") return one.mine !== null;
  if (filter === "disagreed") return one.mine !== null && one.others.some((other) => other.answer !== one.mine.answer);
  return true;
}

export function drawStrip(strip, { review, at }, filter, colourOf, choose) {
  const wanted = review.suspects.map((_, index) => index).filter((index) => isIn(review.suspects[index], filter));
  const middle = wanted.findIndex((index) => index >= at);
  const last = Math.max(0, wanted.length - SHOWN);
  const first = Math.min(last, Math.max(0, (middle < 0 ? wanted.length : middle) - 4));
  const items = wanted.slice(first, first + SHOWN).map((index) => item(review, index, at, colourOf, choose));
  const none = element("li", { class: "quiet small" }, "None of the suspects is in this list.");
  strip.replaceChildren(...(items.length ? items : [none]));
}

function item(review, index, at, colourOf, choose) {
  const one = review.suspects[index];
  const picture = element("img", { src: cropAddress(review.data, one.position), alt: "", loading: "lazy" });
  const answer = one.mine === null ? "not decided" : one.mine.answer;
  const label = `Suspect ${index + 1}, ${one.name}: ${answer}`;
  const current = index === at ? "true" : null;
  const attributes = { type: "button", "aria-label": label, title: label, "aria-current": current };
  const button = element("button", { ...attributes, onclick: () => choose(index) }, picture, mark(one, colourOf));
  return element("li", {}, button);
}

function mark(one, colourOf) {
  if (one.mine === null) return element("span", { class: "mark" }, "·");
  const colour = colourOf.get(one.mine.answer);
  const swatch = colour ? element("span", { class: "swatch", colour }) : null;
  return element("span", { class: "mark" }, swatch, { keep: "kept", drop: "drop", relabel: "new" }[one.mine.verdict]);
}
