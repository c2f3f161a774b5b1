// The confusion matrix as a filter: cells, rows and columns are buttons.

import { classLabel, element } from "/static/shell.js";

const STRONG = 0.55; // share of a row above which text on the cell is light

/** Draws it; `changed` is called when a press changed the selection. */
export function drawMatrix(place, selection, classes, changed) {
  const counts = selection.confusion(classes.length);
  const isFocused = place.contains(document.activeElement) ? document.activeElement.id : null;
  const toggle = (label, predicted) => () => {
    const isSame = selection.label === label && selection.predicted === predicted;
    selection.label = isSame ? null : label;
    selection.predicted = isSame ? null : predicted;
    changed();
  };
  const press = (label, predicted, attributes, ...children) => {
    const isPressed = selection.label === label && selection.predicted === predicted;
    const id = `cell-${label ?? "all"}-${predicted ?? "all"}`;
    const all = { id, type: "button", "aria-pressed": `${isPressed}`, onclick: toggle(label, predicted), ...attributes };
    return element("button", all, ...children);
  };
  const heads = classes.map((one, c) =>
    element("th", { scope: "col" }, press(null, c, { "aria-label": `predicted ${one.name}` }, classLabel(one.name, one.colour))),
  );
  const corner = element("td", { class: "small quiet" }, "true ↓ predicted →");
  const rows = counts.map((row, c) => {
    const head = press(c, null, { "aria-label": `true ${classes[c].name}` }, classLabel(classes[c].name, classes[c].colour));
    const cells = row.map((count, p) => element("td", {}, cell(count, row, c, p, classes, press)));
    return element("tr", {}, element("th", { scope: "row" }, head), ...cells);
  });
  const caption = selection.isEmpty || onlyMatrix(selection)
    ? "Numbers of crops; the stronger the colour, the larger the share of its row."
    : "Numbers of crops that the filters below leave; the stronger the colour, the larger the share of its row.";
  place.replaceChildren(
    element(
      "table",
      {},
      element("caption", {}, caption),
      element("thead", {}, element("tr", {}, corner, ...heads)),
      element("tbody", {}, ...rows),
    ),
  );
  if (isFocused) document.getElementById(isFocused)?.focus();
}

function cell(count, row, c, p, classes, press) {
  const total = row.reduce((sum, one) => sum + one, 0);
  const share = total ? count / total : 0;
  const label = `true ${classes[c].name}, predicted ${classes[p].name}: ${count} ${count === 1 ? "crop" : "crops"}`;
  const look = [c === p ? "own" : null, share > STRONG ? "strong" : null].filter(Boolean).join(" ");
  const button = press(c, p, { class: look, "aria-label": label, title: label }, count.toLocaleString("en"));
  button.style.setProperty("--share", `${Math.round(share > STRONG ? 100 * share : 70 * share)}%`);
  return button;
}

function onlyMatrix({ verdict, low, high, tile, lasso }) {
  return verdict === "all" && low === 0 && high === 1 && tile === "" && lasso === null;
}
