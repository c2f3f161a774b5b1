// One crop large: what it is labelled, what the model says, and what lies around it.

import { classLabel, element, percent } from "/static/shell.js";
import { makeViewer } from "/static/pictures/viewer.js";

export class Detail {
  /** `closed` is called with the place of the crop that was shown last. */
  constructor(dialog, closed) {
    this.dialog = dialog;
    this.viewer = makeViewer();
    dialog.addEventListener("close", () => closed(this.place));
    dialog.addEventListener("keydown", (pressed) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[pressed.key];
      if (step === undefined || pressed.target.matches("input")) return;
      pressed.preventDefault();
      this.move(step);
    });
  }

  /** Shows the crop at a place among the chosen ones. */
  show(data, crops, classes, chosen, place) {
    Object.assign(this, { data, crops, classes, chosen, place });
    this.draw();
    if (!this.dialog.open) this.dialog.showModal();
  }

  move(step) {
    const place = this.place + step;
    if (place < 0 || place >= this.chosen.length) return;
    this.place = place;
    const focused = document.activeElement?.dataset.role;
    this.draw();
    this.dialog.querySelector(`[data-role="${focused}"]`)?.focus();
  }

  draw() {
    const { crops, classes } = this;
    const i = this.chosen[this.place];
    const label = classes[crops.label[i]];
    const predicted = classes[crops.predicted[i]];
    const button = (role, text, pressed, isOff) =>
      element("button", { type: "button", "data-role": role, onclick: pressed, disabled: isOff }, text);
    const head = element(
      "div",
      { class: "row" },
      element("h2", { id: "detail-title" }, crops.name[i]),
      button("before", "← Previous", () => this.move(-1), this.place === 0),
      button("after", "Next →", () => this.move(1), this.place === this.chosen.length - 1),
      button("close", "Close", () => this.dialog.close(), false),
    );
    const tile = crops.tile[i] === "" ? "" : ` · tile ${crops.tile[i]}`;
    const facts = element(
      "p",
      { class: "row" },
      element("span", {}, "true ", classLabel(label.name, label.colour)),
      element("span", {}, "predicted ", classLabel(predicted.name, predicted.colour)),
      element("span", { class: "quiet number" }, `${this.place + 1} of ${this.chosen.length}${tile}`),
    );
    this.dialog.replaceChildren(head, facts, this.viewer.root, this.probabilities(i));
    const alt = `Crop ${crops.name[i]}: true ${label.name}, predicted ${predicted.name}`;
    this.viewer.show(this.data, { position: crops.position[i], alt, hasNeighbours: crops.tile[i] !== "" });
  }

  probabilities(i) {
    const rows = this.crops.probabilities[i].map((probability, c) => {
      const bar = element("span", { colour: this.classes[c].colour });
      bar.style.width = `${100 * probability}%`;
      return element(
        "tr",
        {},
        element("td", {}, classLabel(this.classes[c].name, this.classes[c].colour)),
        element("td", {}, element("div", { class: "bar", "aria-hidden": "true" }, bar)),
        element("td", { class: "number" }, percent(probability)),
      );
    });
    const caption = element("caption", { class: "only-read" }, "Calibrated probabilities");
    return element("table", { class: "probabilities" }, caption, element("tbody", {}, ...rows));
  }
}
