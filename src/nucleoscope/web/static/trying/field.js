// A field that was classified: its picture with a mark on every nucleus, filters, and what was found as files.

import { announce, element, fill, percent } from "/static/shell.js";
import { FOREIGN, probabilityBars } from "/static/trying/bars.js";
import { markSample, shapeOf } from "/static/trying/marks.js";
import { Viewer } from "/static/trying/viewer.js";

const UNSURE = "#8A909C";
const REASONS = {
  glass: "no tissue, only glass",
  pen: "pen on the glass",
  blur: "out of focus",
  fold: "folded tissue",
};

/** The result of one field. */
export class FieldResult {
  constructor(place, shell) {
    this.place = place;
    this.classes = shell.classes;
  }

  /** Shows an answer of /fields. */
  async show(answer, name) {
    const picture = new Image();
    picture.src = `/fields/${answer.id}/picture`;
    await picture.decode();
    this.viewer?.close();
    this.answer = answer;
    this.nuclei = nucleiOf(answer, this.classes);
    this.canvas = element("canvas", {
      tabindex: "0",
      role: "application",
      "aria-label": `Field ${name} with ${this.nuclei.length} nuclei`,
      "aria-describedby": "field-keys",
    });
    this.chosen = element("div", { class: "stack", role: "status" });
    fill(this.place, element("div", { class: "stage" }, this.canvas, this.buttons(), keys()), this.side(name));
    this.place.hidden = false;
    this.viewer = new Viewer(this.canvas, picture, answer.width, answer.height, (nucleus) => this.tell(nucleus));
    this.filter();
    this.tell(null);
  }

  buttons() {
    const make = (text, label, action) =>
      element("button", { type: "button", "aria-label": label, title: label, onclick: action }, text);
    return element(
      "div",
      { class: "tools" },
      make("+", "Magnify", () => this.viewer.zoom(1.5)),
      make("−", "Shrink", () => this.viewer.zoom(1 / 1.5)),
      make("Fit", "Show all of the field", () => this.viewer.fit()),
      make("‹", "Nucleus before", () => this.viewer.step(-1)),
      make("›", "Next nucleus", () => this.viewer.step(1)),
    );
  }

  side(name) {
    const { answer } = this;
    const size = `${answer.width.toLocaleString("en")}×${answer.height.toLocaleString("en")} pixels at ${answer.mpp} µm/pixel`;
    const base = `/fields/${answer.id}`;
    return element(
      "div",
      { class: "side panel stack" },
      element("div", {}, element("h2", { class: "name" }, name), element("p", { class: "quiet small" }, `${size}. Nuclei: ${answer.source}.`)),
      this.filters(),
      element(
        "div",
        { class: "row" },
        element("a", { class: "button", href: `${base}/nuclei.geojson`, download: true }, "GeoJSON"),
        element("a", { class: "button", href: `${base}/nuclei.csv`, download: true }, "CSV"),
        element("span", { class: "quiet small" }, "of all nuclei, for QuPath and others"),
      ),
      this.chosen,
      element("details", { class: "small" }, element("summary", {}, "Notes"), ...answer.notes.map((note) => element("p", {}, note))),
      element("p", { class: "quiet small" }, `${answer.model}: ${answer.measured}. Measured on crops, not on this field.`),
    );
  }

  filters() {
    const count = (holds) => this.nuclei.filter(holds).length;
    const option = (name, sample, holds) => {
      const box = element("input", { type: "checkbox", checked: true, onchange: () => this.filter() });
      return { box, holds, line: element("label", { class: "option" }, box, sample, element("span", {}, name), element("span", { class: "number" }, count(holds).toLocaleString("en"))) };
    };
    this.options = this.classes.map((one, position) =>
      option(one.name, markSample(one.colour, shapeOf(position)), (nucleus) => !nucleus.unsure && nucleus.predicted === position),
    );
    if (count((nucleus) => nucleus.unsure)) this.options.push(option("no class", markSample(UNSURE, null), (nucleus) => nucleus.unsure));
    this.least = element("input", { type: "range", min: "0", max: "99", value: "0", id: "least", oninput: () => this.filter() });
    this.leastSaid = element("output", { for: "least", class: "number" });
    this.onlySets = element("input", { type: "checkbox", onchange: () => this.filter() });
    this.shown = element("p", { class: "quiet small number" });
    return element(
      "fieldset",
      { class: "filters" },
      element("legend", {}, "Show"),
      ...this.options.map(({ line }) => line),
      element("div", { class: "field" }, element("label", { for: "least" }, "Confidence of at least"), " ", this.leastSaid, this.least),
      this.answer.set_threshold === null ? null : element("label", { class: "option" }, this.onlySets, "only where the model is not sure of one class"),
      this.shown,
    );
  }

  filter() {
    const least = Number(this.least.value) / 100;
    this.leastSaid.textContent = percent(least, 0);
    const kept = this.options.filter(({ box }) => box.checked);
    const shown = this.nuclei.filter(
      (nucleus) =>
        kept.some(({ holds }) => holds(nucleus)) &&
        (nucleus.unsure || nucleus.confidence >= least) &&
        (!this.onlySets.checked || (nucleus.possible !== null && nucleus.possible.length !== 1)),
    );
    this.shown.textContent = `${shown.length.toLocaleString("en")} of ${this.nuclei.length.toLocaleString("en")} nuclei shown`;
    this.viewer.mark(shown);
    if (this.viewer.chosen && !shown.includes(this.viewer.chosen)) this.viewer.choose(null);
  }

  /** What is known of the chosen nucleus. */
  tell(nucleus) {
    if (!nucleus) return fill(this.chosen, element("p", { class: "quiet small" }, "Choose a nucleus in the picture to see its probabilities."));
    const where = `Nucleus at ${nucleus.x.toFixed(0)}, ${nucleus.y.toFixed(0)}`;
    const said = nucleus.unsure ? `no class (${nucleus.unsure})` : this.classes[nucleus.predicted].name;
    const reason = nucleus.unsure === "foreign" ? FOREIGN : `The model was not asked: ${REASONS[nucleus.unsure]}.`;
    fill(
      this.chosen,
      element("h3", {}, `${where}: ${said}`),
      nucleus.unsure ? element("p", { class: "notice warning small" }, reason) : null,
      nucleus.probabilities.length ? probabilityBars(this.classes, nucleus.probabilities, nucleus.possible) : null,
    );
    announce(`${where}: ${said}`);
  }
}

function keys() {
  return element(
    "p",
    { class: "quiet small keys", id: "field-keys" },
    ...["Drag or ", element("kbd", {}, "arrow keys"), " move, the wheel or ", element("kbd", {}, "+"), " ", element("kbd", {}, "−"), " magnify, ",
      element("kbd", {}, "0"), " shows all, ", element("kbd", {}, "n"), " ", element("kbd", {}, "p"), " go from nucleus to nucleus."],
  );
}

/** One record a nucleus from the columns of an answer. */
function nucleiOf(answer, classes) {
  const { nuclei, set_threshold: threshold } = answer;
  return nuclei.x.map((x, i) => {
    const probabilities = nuclei.probabilities[i];
    const isPossible = (_, position) => probabilities[position] >= threshold;
    return {
      x,
      y: nuclei.y[i],
      predicted: nuclei.predicted[i],
      confidence: nuclei.confidence[i],
      probabilities,
      possible: threshold === null || !probabilities.length ? null : classes.filter(isPossible).map((one) => one.name),
      unsure: nuclei.unsure[i],
      colour: nuclei.unsure[i] ? UNSURE : classes[nuclei.predicted[i]].colour,
      shape: nuclei.unsure[i] ? null : shapeOf(nuclei.predicted[i]),
    };
  });
}
