// The panel of the map: it is computed on the server when it is asked for, once, and kept there.

import { classLabel, element, percent, request } from "/static/shell.js";
import { cropAddress } from "/static/pictures/viewer.js";
import { addLasso } from "/static/exploring/lasso.js";
import { Scatter } from "/static/exploring/scatter.js";

const NAMES = { pca: "PCA", umap: "UMAP" };
const WAIT = 600; // milliseconds between two questions how far it is

export class MapPanel {
  /** `changed` is called when a lasso changed the selection. */
  constructor(place, methods, classes, changed) {
    Object.assign(this, { place, classes, changed, method: methods[0], colourBy: "label", turn: 0 });
    const options = (pairs) => pairs.map(([value, text]) => element("option", { value }, text));
    this.methodSelect = element("select", {}, ...options(methods.map((method) => [method, NAMES[method]])));
    this.methodSelect.addEventListener("change", () => this.begin(this.methodSelect.value));
    this.colourSelect = element("select", {}, ...options([["label", "true class"], ["predicted", "predicted class"]]));
    this.colourSelect.addEventListener("change", () => {
      this.colourBy = this.colourSelect.value;
      this.update();
    });
    this.body = element("div", {});
    const method = element("label", { class: "row" }, "Method", this.methodSelect);
    const colour = element("label", { class: "row" }, "Colour", this.colourSelect);
    place.replaceChildren(element("div", { class: "row" }, method, colour), this.body);
  }

  /** Another model: its map is asked for. */
  async show(result, data, selection) {
    Object.assign(this, { result, data, selection, found: null, scatter: null });
    this.methodSelect.disabled = this.colourSelect.disabled = !result.has_map;
    if (!result.has_map) {
      const why = "Folds are several models, whose embeddings have nothing in common: there is no map of all of them.";
      this.body.replaceChildren(element("p", { class: "small quiet" }, why));
      return;
    }
    await this.look();
  }

  address() {
    return `/api/explore/results/${this.result.key}/maps/${this.method}`;
  }

  /** Shows what is there, or a button that begins. */
  async look() {
    const found = await request(this.address());
    if (found.state !== "absent") return this.follow(found);
    const begin = element("button", { type: "button", onclick: () => this.begin(this.method) }, "Compute the map");
    const what = "Each crop where the model sees it, before its last layer: computed once, kept beside the run.";
    this.body.replaceChildren(element("p", { class: "small quiet" }, what), begin);
  }

  async begin(method) {
    this.method = method;
    this.selection.lasso = null;
    this.scatter = null;
    this.changed();
    try {
      await this.follow(await request(this.address(), { method: "POST" }));
    } catch (failure) {
      this.refuse(failure.message);
    }
  }

  /** Waits until the map is there. */
  async follow(answer) {
    this.turn += 1;
    const turn = this.turn;
    let found = answer;
    while (found.state === "computing") {
      this.drawWaiting(found);
      await new Promise((resolve) => setTimeout(resolve, WAIT));
      if (turn !== this.turn) return;
      found = await request(this.address());
    }
    if (found.state === "refused") return this.refuse(found.refused);
    this.found = found;
    this.drawMap();
  }

  refuse(why) {
    this.body.replaceChildren(element("p", { class: "small notice warning" }, why));
  }

  drawWaiting({ done, total }) {
    const text = total ? `${done.toLocaleString("en")} of ${total.toLocaleString("en")} crops` : "reading the crops …";
    const bar = element("progress", { max: total || 1, "aria-label": "Map" });
    if (total) bar.value = done;
    const last = total && done === total ? ", now to two dimensions" : "";
    this.body.replaceChildren(bar, element("p", { class: "small quiet number", role: "status" }, text + last));
  }

  drawMap() {
    const canvas = element("canvas", {
      id: "scatter",
      tabindex: "0",
      role: "application",
      "aria-label": "Map of the crops: draw around points with the pointer to filter by them",
      "aria-describedby": "map-keys",
    });
    this.near = element("div", { class: "near", hidden: true });
    const keys = "Draw around points to see their crops. Keys: arrows move a circle, + and − size it, Enter takes what is inside, Esc frees it.";
    this.body.replaceChildren(
      element("div", { class: "map-frame" }, canvas, this.near),
      this.legend(),
      element("p", { class: "small quiet" }, this.explain()),
      element("p", { class: "small quiet", id: "map-keys" }, keys),
    );
    this.scatter = new Scatter(canvas);
    this.forget = addLasso(this.scatter, {
      chosen: (points) => {
        this.selection.lasso = points;
        this.changed();
      },
      near: (point, column, row) => this.drawNear(point, column, row),
    });
    this.update();
  }

  explain() {
    if (this.method === "umap") return "UMAP keeps neighbours together; how far groups are apart means little.";
    return `The two directions in which the embeddings differ most; they hold ${percent(this.found.explained, 0)} of the variance.`;
  }

  legend() {
    const items = this.classes.map((one) => element("li", {}, classLabel(one.name, one.colour)));
    const ring = element("span", { class: "ring", "aria-hidden": "true" });
    const wrong = element("li", {}, element("span", { class: "class" }, ring, "wrongly predicted"));
    return element("ul", { class: "legend" }, ...items, wrong);
  }

  /** Draws the points anew, those that pass the filters in full colour. */
  update() {
    if (!this.scatter || !this.found) return;
    const { crops } = this.selection;
    const colours = crops[this.colourBy].map((c) => this.classes[c].colour);
    const ringed = crops.label.map((label, i) => label !== crops.predicted[i]);
    if (this.selection.lasso === null) this.forget();
    this.scatter.show(this.found.x, this.found.y, colours, ringed, (i) => this.selection.passes(i));
  }

  drawNear(point, column, row) {
    this.near.hidden = point < 0;
    if (point < 0) return;
    const { crops } = this.selection;
    const picture = element("img", { src: cropAddress(this.data.data, crops.position[point]), alt: "" });
    const name = (c) => classLabel(this.classes[c].name, this.classes[c].colour);
    const isRight = crops.label[point] === crops.predicted[point];
    const said = isRight ? [] : [element("div", {}, "→ ", name(crops.predicted[point]))];
    this.near.replaceChildren(picture, element("div", {}, name(crops.label[point])), ...said);
    const width = this.scatter.canvas.clientWidth;
    this.near.style.left = `${column > width / 2 ? column - 124 : column + 14}px`;
    this.near.style.top = `${Math.max(0, Math.min(row - 60, width - 150))}px`;
  }
}
