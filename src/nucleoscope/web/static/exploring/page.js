// Explore: one selection of the validation crops, seen as a confusion matrix, a map and a gallery.

import { element, guarded, request, startShell } from "/static/shell.js";
import { Detail } from "/static/exploring/detail.js";
import { drawFilters } from "/static/exploring/filters.js";
import { Gallery } from "/static/exploring/gallery.js";
import { MapPanel } from "/static/exploring/map.js";
import { drawMatrix } from "/static/exploring/matrix.js";
import { Selection } from "/static/exploring/selection.js";

const find = (id) => document.getElementById(id);
const shell = await startShell();
const { classes } = shell;
const state = { results: [], data: null, selection: null, map: null };

const gallery = new Gallery(find("gallery"), find("pager"), (place) => {
  detail.show(state.data, state.selection.crops, classes, gallery.chosen, place);
});
const detail = new Detail(find("detail"), (place) => gallery.focus(place));

find("result").addEventListener("change", () => guarded(load));
find("order").addEventListener("change", () => draw(true));
find("clear").addEventListener("click", () => {
  state.selection.clear();
  drawFilters(find("filters"), state.selection, changed);
  changed();
});
await guarded(readResults);

async function readResults() {
  const { results, methods, command } = await request("/api/explore/results");
  state.results = results;
  find("result").replaceChildren(...results.map((one) => element("option", { value: one.key }, one.title)));
  find("result").disabled = results.length === 0;
  if (results.length === 0) {
    const how = element("pre", {}, command);
    find("measured").replaceChildren("No model of this run was evaluated yet. This does it; then load the page again.", how);
    return;
  }
  state.map = new MapPanel(find("map"), methods, classes, changed);
  find("result").value = results.at(-1).key;
  await load();
}

async function load() {
  const result = state.results.find((one) => one.key === find("result").value);
  find("measured").textContent = `${result.title}: ${result.measured}. Reading the crops …`;
  state.data = await request(`/api/explore/results/${result.key}/crops`);
  find("measured").textContent = `${result.title}: ${result.measured}`;
  state.selection = new Selection(state.data.crops);
  drawFilters(find("filters"), state.selection, changed);
  find("explorer").hidden = false;
  draw(true);
  await state.map.show(result, state.data, state.selection);
}

function changed() {
  draw(true);
}

function draw(fromStart) {
  const { selection, data } = state;
  const chosen = selection.chosen(find("order").value);
  drawMatrix(find("matrix"), selection, classes, changed);
  gallery.show(data, selection.crops, classes, chosen, fromStart);
  state.map.update();
  find("clear").disabled = selection.isEmpty;
  find("count").textContent = describe(selection, chosen);
}

/** Counts, not an accuracy: what was chosen by looking at the predictions measures nothing. */
function describe(selection, chosen) {
  const { crops } = selection;
  const right = chosen.filter((i) => crops.label[i] === crops.predicted[i]).length;
  const number = (count) => count.toLocaleString("en");
  const of = `${number(chosen.length)} of ${number(selection.length)} validation crops`;
  return `${of}: ${number(right)} predicted right, ${number(chosen.length - right)} wrong`;
}
