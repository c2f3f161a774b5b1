// Requests of the Try page.

import { request } from "/static/shell.js";

/** The answer on one crop: {predicted, confidence, probabilities, possible, foreign, alone, picture, ...}. */
export async function askCrop(asked, file) {
  return [(await predict(asked, file)).crops[0]];
}

/** The answers on all crops of a zip. */
export async function askZip(asked, file) {
  return (await predict(asked, file)).crops;
}

function predict(asked, file) {
  return send("/predict", { ...where(asked), pictures: "true" }, { files: file });
}

/** The answer on a field; `nuclei` is a file that says where they are, or undefined. */
export function askField(asked, file, nuclei) {
  return send("/fields", where(asked), nuclei ? { image: file, nuclei } : { image: file });
}

/** Why a model says what it says of a crop; `picture` is what the model saw, so that it needs no resolution. */
export function askWhy(asked, picture, method, of, signal) {
  return send("/explain", { model: asked.model.name, method, of }, { file: picture }, signal);
}

function where(asked) {
  return asked.mpp ? { model: asked.model.name, mpp: asked.mpp } : { model: asked.model.name };
}

function send(path, query, files, signal) {
  const form = new FormData();
  for (const [name, file] of Object.entries(files)) form.append(name, file);
  return request(`${path}?${new URLSearchParams(query)}`, { method: "POST", body: form, signal });
}

/** A PNG from its base64. */
export function pngOf(text) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: "image/png" });
}
