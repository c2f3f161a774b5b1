// The Try page: what is dropped goes to the server, crops each on its own (the server batches them), a field as a whole.

import { announce, element, startShell } from "/static/shell.js";
import { CropResults } from "/static/trying/crops.js";
import { askCrop, askField, askZip } from "/static/trying/asking.js";
import { FieldResult } from "/static/trying/field.js";
import { isField, kindOf } from "/static/trying/kinds.js";

const AT_ONCE = 8; // requests
const find = (id) => document.getElementById(id);

const shell = await startShell();
const crops = new CropResults(find("crops"), shell);
const field = new FieldResult(find("field"), shell);
let turn = 0; // of what was asked last; answers to what was asked before are dropped

for (const model of shell.models) find("model").append(element("option", { value: model.name }, model.name));
find("model").value = shell.usual_model;
find("model").addEventListener("change", showModel);
find("files").addEventListener("change", () => {
  ask([...find("files").files]);
  find("files").value = "";
});
for (const kind of ["dragover", "dragenter"]) addEventListener(kind, (event) => over(event, true));
addEventListener("dragleave", (event) => over(event, event.relatedTarget !== null));
addEventListener("drop", (event) => {
  over(event, false);
  ask([...event.dataTransfer.files]);
});
showModel();

function over(event, isOver) {
  event.preventDefault();
  find("drop").classList.toggle("over", isOver);
}

function askedModel() {
  return shell.models.find((model) => model.name === find("model").value);
}

function showModel() {
  const model = askedModel();
  const resolution = model.mpp === null ? "resolution not on record" : `${model.mpp} µm/pixel`;
  const alone = model.least_width === model.crop_width && model.least_height === model.crop_height
    ? ""
    : `, or ${model.least_width}×${model.least_height} with nothing known around them`;
  find("mpp").value = model.mpp ?? "";
  find("facts").replaceChildren(
    element("span", {}, `${model.architecture}, crops of ${model.crop_width}×${model.crop_height} pixels${alone}, ${resolution}.`),
    element("span", {}, capital(model.measured) + "."),
  );
}

function capital(text) {
  return text[0].toUpperCase() + text.slice(1);
}

/** Sends files to where they belong; what cannot be used is said above the results. */
async function ask(files) {
  if (!files.length) return;
  const asked = { turn: ++turn, model: askedModel(), mpp: find("mpp").value };
  find("problems").replaceChildren();
  find("crops").hidden = find("field").hidden = true;
  const sorted = await sort(files, find("treat").value);
  if (sorted.fields.length > 1) return problem(`${sorted.fields.length} fields were dropped; one at a time is shown.`);
  if (sorted.fields.length && sorted.crops.length + sorted.zips.length)
    return problem("A field and crops were dropped together; drop one kind at a time.");
  if (sorted.nuclei.length && !sorted.fields.length)
    return problem(`${sorted.nuclei[0].name} says where nuclei are; drop it together with its field.`);
  await (sorted.fields.length ? showField(asked, sorted) : showCrops(asked, sorted));
  working(asked, null);
}

/** The files by what they are. */
async function sort(files, treat) {
  const sorted = { crops: [], zips: [], fields: [], nuclei: [] };
  for (const file of files) {
    const kind = kindOf(file);
    if (kind === "zip") sorted.zips.push(file);
    else if (kind === "nuclei") sorted.nuclei.push(file);
    else if (treat === "field" || (treat === "size" && (await isField(file)))) sorted.fields.push(file);
    else sorted.crops.push(file);
  }
  return sorted;
}

async function showField(asked, sorted) {
  const file = sorted.fields[0];
  working(asked, `Finding and classifying the nuclei of ${file.name} …`);
  await guarded(asked, async () => {
    const answer = await askField(asked, file, sorted.nuclei[0]);
    if (asked.turn !== turn) return;
    await field.show(answer, file.name);
    announce(`${answer.nuclei.x.length} nuclei classified`);
  });
}

async function showCrops(asked, sorted) {
  crops.begin(asked);
  const jobs = [
    ...sorted.zips.map((file) => () => askZip(asked, file)),
    ...sorted.crops.map((file) => () => askCrop(asked, file)),
  ];
  let done = 0;
  const total = jobs.length;
  const worker = async () => {
    while (jobs.length && asked.turn === turn) {
      const position = total - jobs.length;
      const job = jobs.shift();
      await guarded(asked, async () => crops.add(asked, position, await job()));
      working(asked, `${++done} of ${total} files`);
    }
  };
  working(asked, `0 of ${total} files`);
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  if (asked.turn === turn) announce(`${crops.count} crops classified`);
}

/** Does something, and shows what the server refuses; other failures are ours and go to the console. */
async function guarded(asked, job) {
  try {
    await job();
  } catch (failure) {
    if (failure.status === undefined) throw failure;
    if (asked.turn === turn) problem(failure.message);
  }
}

function problem(text) {
  find("problems").append(element("p", { class: "notice error" }, text));
}

function working(asked, text) {
  if (asked.turn !== turn) return;
  find("working").hidden = text === null;
  find("working").textContent = text ?? "";
}
