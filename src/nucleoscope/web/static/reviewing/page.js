// Review: one suspect after the other, decided by keys or buttons; what is shown as stored is on the server's disk.

import { announce, element, guarded, request, sendJson, startShell } from "/static/shell.js";
import { makeViewer, preload } from "/static/pictures/viewer.js";
import { drawAgreement } from "/static/reviewing/agreement.js";
import { drawCard } from "/static/reviewing/card.js";
import { listenToKeys } from "/static/reviewing/keys.js";
import { drawStrip, isIn } from "/static/reviewing/queue.js";

const find = (id) => document.getElementById(id);
const shell = await startShell();
const colourOf = new Map(shell.classes.map((one) => [one.name, one.colour]));
const viewer = makeViewer({ smooth: "P", surroundings: "C" });
find("pictures").append(viewer.root);

const state = { reviewer: localStorage.getItem("reviewer"), list: null, review: null, at: 0, busy: false, stored: "" };

find("shown").value = localStorage.getItem("review-shown") ?? "suggestion";
find("shown").addEventListener("change", () => {
  localStorage.setItem("review-shown", find("shown").value);
  draw();
});
find("filter").addEventListener("change", () => {
  const first = suspects().findIndex((one) => isIn(one, find("filter").value));
  if (first >= 0) state.at = first;
  draw();
});
find("list").addEventListener("change", () => guarded(load));
find("who").addEventListener("submit", (submitted) => {
  submitted.preventDefault();
  state.reviewer = find("reviewer").value.trim();
  localStorage.setItem("reviewer", state.reviewer);
  guarded(load);
});
find("reviewer").value ||= state.reviewer ?? ""; // somebody may have typed already
find("who").querySelector("button").disabled = false; // before, the browser itself would send the form
listenToKeys({ decide, undo, move, viewer, classes: () => state.review?.classes ?? [] });
await guarded(readLists);

function suspects() {
  return state.review?.suspects ?? [];
}

async function readLists() {
  const { places } = await request("/api/review/lists");
  const made = places.filter((place) => place.found !== null);
  find("list").replaceChildren(...made.map((place) => element("option", { value: place.key }, place.title)));
  find("list").disabled = made.length === 0;
  drawAbsent(places, made);
  state.list = new Map(made.map((place) => [place.key, place]));
  find("found").hidden = made.length === 0;
  if (made.length === 0) return;
  find("list").value = made.at(-1).key;
  await load();
}

/** Says which command makes the reviews that are not there. */
function drawAbsent(places, made) {
  const missing = places.filter((place) => place.found === null);
  find("absent").hidden = missing.length === 0;
  const heading = made.length === 0 ? "No review of this run was made yet." : "Not reviewed yet:";
  const commands = missing.map((place) => element("pre", {}, place.command));
  const after = "Then load this page again. A review fits models that have not seen the labels they judge.";
  const what = made.length === 0 ? element("p", {}, heading, " This makes one:") : element("p", {}, heading);
  if (made.length === 0) find("absent").replaceChildren(what, ...commands, element("p", {}, after));
  else {
    const names = missing.map((place) => place.title).join(", ");
    const more = element("details", {}, element("summary", {}, `No review of ${names} yet`), ...commands);
    find("absent").replaceChildren(more);
  }
}

async function load() {
  const place = state.list?.get(find("list").value);
  if (!place) return;
  find("found").textContent = place.found;
  if (!state.reviewer) {
    find("found").textContent = `${place.found}. Give your name to begin: decisions are kept by reviewer.`;
    find("reviewer").focus();
    return;
  }
  find("found").textContent = `${place.found}. Reading the crops …`;
  const query = new URLSearchParams({ reviewer: state.reviewer });
  state.review = await request(`/api/review/lists/${place.key}?${query}`);
  find("found").textContent = place.found;
  find("who").querySelector("button").textContent = "Change";
  drawEdited();
  const open = suspects().findIndex((one) => one.mine === null);
  state.at = Math.max(0, open);
  state.stored = "";
  draw();
  await drawAgreement(find("agreement"));
  focusCard();
}

function drawEdited() {
  const { edited } = state.review;
  find("edited").hidden = edited === 0;
  find("edited").textContent =
    `${edited} ${edited === 1 ? "row" : "rows"} of this review's labels.csv ${edited === 1 ? "was" : "were"} corrected ` +
    "by hand. They are not shown here and not in corrections.csv.";
}

function draw() {
  const one = suspects()[state.at];
  find("work").hidden = find("queue").hidden = one === undefined;
  if (one === undefined) return;
  const shown = find("shown").value;
  const alt = shown === "picture" ? `Crop ${one.name}` : `Crop ${one.name}, labelled ${one.given}`;
  viewer.show(state.review, { position: one.position, alt, hasNeighbours: one.has_neighbours });
  const card = { one, at: state.at, review: state.review, shown, colourOf, stored: state.stored };
  drawCard(find("card"), card, { decide, undo, move });
  drawStrip(find("strip"), state, find("filter").value, colourOf, (at) => {
    state.at = at;
    state.stored = "";
    draw();
    focusCard();
  });
  drawProgress();
  const next = suspects()[nextIn(1)];
  if (next) preload(state.review.data, next.position, next.has_neighbours);
}

function drawProgress() {
  const decided = suspects().filter((one) => one.mine !== null).length;
  find("progress").max = suspects().length;
  find("progress").value = decided;
  find("count").textContent = `${decided} of ${suspects().length} decided by ${state.reviewer}`;
}

/** Where the next suspect of the filter is, in a direction; where we are if there is none. */
function nextIn(step, wanted = find("filter").value) {
  for (let at = state.at + step; at >= 0 && at < suspects().length; at += step) {
    if (isIn(suspects()[at], wanted)) return at;
  }
  return state.at;
}

function move(step) {
  state.at = nextIn(step);
  state.stored = "";
  draw();
}

/** After a button was pressed the space bar must mean "keep" again, not that button. */
function focusCard() {
  find("card").querySelector("h2")?.focus({ preventScroll: true });
}

async function decide(verdict, label = null) {
  const one = suspects()[state.at];
  if (state.busy || one === undefined) return;
  if (verdict === "drop" && !state.review.can_drop) return;
  if (verdict === "keep" && find("shown").value === "picture") {
    announce("The label is hidden: choose a class.");
    return;
  }
  await asked(async () => {
    const wish = { reviewer: state.reviewer, crop: one.name, verdict, label, shown: find("shown").value };
    const answer = await sendJson(`/api/review/lists/${find("list").value}/decisions`, wish);
    Object.assign(one, { mine: answer.mine, others: answer.others });
    state.stored = `Stored for ${one.name}: ${describe(answer.mine)}`;
    const filter = find("filter").value;
    state.at = nextIn(1, filter === "decided" || filter === "disagreed" ? filter : "open");
  });
}

async function undo() {
  if (state.busy || !state.review) return;
  await asked(async () => {
    const answer = await sendJson("/api/review/undo", { reviewer: state.reviewer });
    const at = suspects().findIndex((one) => one.name === answer.crop);
    state.stored = `Undone for ${answer.crop}: ${describe(answer.withdrawn)}`;
    if (at < 0) return;
    Object.assign(suspects()[at], { mine: answer.mine, others: answer.others });
    state.at = at;
  });
}

/** One request at a time; what it brings is drawn, and what it refuses is shown. */
async function asked(work) {
  state.busy = true;
  await guarded(work);
  state.busy = false;
  draw();
  focusCard();
  announce(find("trouble").hidden ? state.stored : find("trouble").textContent);
  await drawAgreement(find("agreement"));
}

function describe({ verdict, answer }) {
  return { keep: "label kept", drop: "crop dropped", relabel: `relabelled as ${answer}` }[verdict];
}
