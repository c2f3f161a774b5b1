// A crop large, and beside it what lies around it, where its neighbours show that.

import { element } from "/static/shell.js";

/** Where the picture of a crop is. */
export function cropAddress(data, position) {
  return `/api/crops/${data}/${position}.png`;
}

function aroundAddress(data, position) {
  return `/api/crops/${data}/${position}/around.png`;
}

/**
 * A viewer: {root, show(data, crop)}. `data` has {data, width, height, mpp}, `crop` {position, alt, hasNeighbours}.
 * Two checkboxes, whose state is kept between visits, set how; `keys` name the keys that press them, if any do.
 */
export function makeViewer(keys = {}) {
  const crop = element("img", { class: "crop", alt: "" });
  const around = element("img", { class: "around", alt: "" });
  const size = element("figcaption", { class: "small quiet" });
  const nearby = element("figcaption", { class: "small quiet" }, "What lies around it; the frame is the crop");
  const context = element("figure", {}, element("div", { class: "frame" }, around), nearby);
  const pictures = element("div", { class: "pictures" }, element("figure", {}, crop, size), context);
  const isWide = !matchMedia("(max-width: 600px)").matches; // on a phone they would push the answers off the screen
  let shown = null;

  const draw = () => {
    pictures.classList.toggle("smooth", smooth.input.checked);
    context.hidden = !(surroundings.input.checked && shown?.crop.hasNeighbours);
    pictures.classList.toggle("alone", context.hidden);
    if (shown === null) return;
    const { data, crop: one } = shown;
    setSource(crop, cropAddress(data.data, one.position), one.alt);
    size.textContent = describeSize(data);
    if (!context.hidden) setSource(around, aroundAddress(data.data, one.position), "What lies around the crop");
  };
  const smooth = keptCheckbox("viewer-smooth", "Smooth pixels", keys.smooth, false, draw);
  const surroundings = keptCheckbox("viewer-surroundings", "Surroundings", keys.surroundings, isWide, draw);
  const settings = element("div", { class: "row small" }, smooth.root, surroundings.root);
  const root = element("div", { class: "viewer" }, pictures, settings);
  const show = (data, one) => {
    shown = { data, crop: one };
    draw();
  };
  return { root, show, toggleSurroundings: surroundings.toggle, toggleSmooth: smooth.toggle };
}

/** Loads a picture early, so that it is there when it is wanted. */
export function preload(data, position, hasNeighbours) {
  new Image().src = cropAddress(data, position);
  if (hasNeighbours) new Image().src = aroundAddress(data, position);
}

function setSource(picture, source, alt) {
  if (picture.getAttribute("src") !== source) picture.src = source;
  picture.alt = alt;
}

function describeSize({ width, height, mpp }) {
  const pixels = `${width} × ${height} pixels`;
  return mpp ? `${pixels}, ${(width * mpp).toFixed(0)} × ${(height * mpp).toFixed(0)} µm` : pixels;
}

function keptCheckbox(name, text, key, usual, changed) {
  const kept = localStorage.getItem(name);
  const input = element("input", { type: "checkbox" });
  input.checked = kept === null ? usual : kept === "yes";
  const keep = () => {
    localStorage.setItem(name, input.checked ? "yes" : "no");
    changed();
  };
  input.addEventListener("change", keep);
  const toggle = () => {
    input.checked = !input.checked;
    keep();
  };
  const hint = key ? element("kbd", {}, key) : null;
  return { root: element("label", { class: "check" }, input, text, hint), input, toggle };
}
