// The question about one suspect: what it is labelled, what the model suggests, and the answers.

import { classLabel, element, percent } from "/static/shell.js";

/** Draws the card of a suspect; `actions` are {decide, undo, move}. */
export function drawCard(panel, { one, at, review, shown, colourOf, stored }, actions) {
  const heading = element("h2", { tabindex: "-1" }, `Which class is the nucleus in the centre?`);
  const where = element("p", { class: "quiet small number" }, `${at + 1} of ${review.suspects.length} · ${one.name}`);
  panel.replaceChildren(
    element("div", {}, heading, where),
    claims(one, shown, colourOf),
    choices(one, review, shown, colourOf, actions),
    opinions(one),
    element("p", { class: "stored small", id: "stored" }, stored),
    moves(actions),
  );
}

function claims(one, shown, colourOf) {
  const rows = [];
  const isDecided = one.mine !== null;
  const showsLabel = shown !== "picture" || isDecided;
  const showsModel = shown === "suggestion" || isDecided;
  rows.push(showsLabel ? claim("Label", one.given, colourOf, showsModel ? one.probability_given : null) : hidden("Label"));
  if (showsModel) {
    rows.push(claim("Model suggests", one.suggested, colourOf, one.probability_suggested));
    const rest = Math.max(0, 1 - one.probability_given - one.probability_suggested);
    rows.push(claim("All other classes", null, colourOf, rest));
  } else rows.push(hidden("Model suggests"));
  return element("dl", { class: "claims" }, ...rows);
}

function claim(title, name, colourOf, probability) {
  const value = name === null ? "" : classLabel(name, colourOf.get(name));
  const row = element("div", {}, element("dt", {}, title), element("dd", {}, value));
  if (probability === null) return row;
  row.append(element("dd", { class: "number" }, percent(probability, probability > 0 && probability < 0.01 ? 1 : 0)));
  const filled = element("span", { colour: name === null ? null : colourOf.get(name) });
  filled.style.width = `${100 * probability}%`;
  row.append(element("dd", { class: "bar", "aria-hidden": "true" }, filled));
  return row;
}

function hidden(title) {
  const dots = element("dd", { class: "quiet" }, "hidden until you decide");
  return element("div", {}, element("dt", {}, title), dots);
}

function choices(one, review, shown, colourOf, { decide }) {
  const isChosen = (verdict, label) => one.mine?.verdict === verdict && (label === null || one.mine.label === label);
  const classes = review.classes.map((name, index) => {
    const key = index < 9 ? element("kbd", {}, `${index + 1}`) : element("kbd", { "aria-hidden": "true" }, " ");
    const isSame = name === one.given && isChosen("keep", null);
    return choice(key, classLabel(name, colourOf.get(name)), isSame || isChosen("relabel", name), () =>
      decide("relabel", name),
    );
  });
  const keep = choice(element("kbd", {}, "Space"), "Keep the label", isChosen("keep", null), () => decide("keep"));
  keep.disabled = shown === "picture";
  const drop = choice(element("kbd", {}, "D"), "Drop the crop", isChosen("drop", null), () => decide("drop"));
  drop.disabled = !review.can_drop;
  const pair = element("div", { class: "two" }, keep, drop);
  return element("div", { class: "choices", role: "group", "aria-label": "Answers" }, ...classes, pair);
}

function choice(key, text, isPressed, chosen) {
  const attributes = { type: "button", "aria-pressed": isPressed ? "true" : "false", onclick: chosen };
  return element("button", attributes, key, element("span", {}, text));
}

/** What others say, once this reviewer has said something. */
function opinions(one) {
  if (one.mine === null) return element("p", { class: "small quiet" }, "Answers of others show when you have decided.");
  const differ = one.others.filter((other) => other.answer !== one.mine.answer);
  if (one.others.length === 0) return element("p", { class: "small quiet" }, "Nobody else has decided this one.");
  const said = one.others.map((other) => `${other.reviewer}: ${other.answer}`).join("; ");
  const start = differ.length ? "You disagree. " : "You agree. ";
  return element("p", { class: differ.length ? "small notice warning" : "small quiet" }, `${start}${said}`);
}

function moves({ undo, move }) {
  const button = (key, text, pressed) =>
    element("button", { type: "button", class: "plain small", onclick: pressed }, element("kbd", {}, key), ` ${text}`);
  return element(
    "div",
    { class: "row" },
    button("←", "before", () => move(-1)),
    button("→", "after", () => move(1)),
    button("U", "undo", undo),
  );
}
