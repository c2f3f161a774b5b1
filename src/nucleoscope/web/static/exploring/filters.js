// The filters beside the matrix: right or wrong, confidence, tile.

import { element } from "/static/shell.js";

export function drawFilters(form, selection, changed) {
  form.addEventListener("submit", (event) => event.preventDefault());
  form.replaceChildren(verdicts(selection, changed), range(selection, changed), tiles(selection, changed));
}

function verdicts(selection, changed) {
  const radios = ["all", "right", "wrong"].map((value) => {
    const input = element("input", { type: "radio", name: "verdict", value });
    input.checked = selection.verdict === value;
    input.addEventListener("change", () => {
      selection.verdict = value;
      changed();
    });
    return element("label", { class: "check" }, input, value);
  });
  const legend = element("legend", {}, "Prediction");
  return element("fieldset", { class: "wide" }, legend, element("div", { class: "row" }, ...radios));
}

function range(selection, changed) {
  const make = (name, value, keep) => {
    const output = element("output", { class: "number" }, `${value} %`);
    const attributes = { type: "range", min: "0", max: "100", step: "1", value: `${value}` };
    const input = element("input", { ...attributes, "aria-label": `Confidence ${name}` });
    input.addEventListener("input", () => {
      output.textContent = `${input.value} %`;
      keep(Number(input.value) / 100);
      changed();
    });
    return [element("span", { class: "small quiet" }, name), input, output];
  };
  const low = make("at least", Math.round(100 * selection.low), (value) => (selection.low = value));
  const high = make("at most", Math.round(100 * selection.high), (value) => (selection.high = value));
  const legend = element("legend", {}, "Confidence: probability of the predicted class");
  return element("fieldset", { class: "wide" }, legend, element("div", { class: "range" }, ...low, ...high));
}

function tiles(selection, changed) {
  const found = selection.tiles();
  const options = found.map(([tile, crops]) => element("option", { value: tile }, `tile ${tile} (${crops})`));
  const every = element("option", { value: "" }, found.length ? `all ${found.length} tiles` : "not known");
  const select = element("select", { disabled: found.length === 0 }, every, ...options);
  select.value = selection.tile;
  select.addEventListener("change", () => {
    selection.tile = select.value;
    changed();
  });
  return element("label", { class: "field wide" }, "Tile", select);
}
