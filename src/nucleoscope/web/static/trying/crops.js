// Crops that were classified: a gallery, and the one that is looked at.

import { classLabel, element, fill, percent } from "/static/shell.js";
import { FOREIGN, probabilityBars, setSentence } from "/static/trying/bars.js";
import { pngOf } from "/static/trying/asking.js";
import { cropWindow } from "/static/trying/crop_window.js";
import { Why } from "/static/trying/why.js";

const ALONE = "The model could have seen more of the tissue: nothing is known around this crop.";

/** The results of one drop. */
export class CropResults {
  constructor(place, shell) {
    this.place = place;
    this.classes = shell.classes;
    this.count = 0;
    this.addresses = [];
  }

  /** Forgets what was there. */
  begin(asked) {
    this.addresses.splice(0).forEach((address) => URL.revokeObjectURL(address));
    this.asked = asked;
    this.count = 0;
    this.chosen = null;
    this.gallery = element("ul", { class: "gallery", "aria-label": "Classified crops" });
    this.counts = element("p", { class: "quiet small number" });
    this.looked = element("div", { class: "looked panel stack", "aria-live": "polite" });
    this.tally = new Map(this.classes.map((one) => [one.name, 0]));
    this.place.replaceChildren(element("div", {}, this.counts, this.gallery), this.looked);
    this.gallery.addEventListener("keydown", (event) => this.move(event));
  }

  /** Adds the answers on a file to the gallery, in the order of the files; the first to come is looked at. */
  add(asked, position, answers) {
    if (asked !== this.asked) return;
    this.place.hidden = false;
    const after = [...this.gallery.children].find((item) => Number(item.dataset.position) > position) ?? null;
    for (const answer of answers) {
      const crop = { ...answer, blob: pngOf(answer.picture) };
      crop.address = URL.createObjectURL(crop.blob);
      this.addresses.push(crop.address);
      this.gallery.insertBefore(element("li", { "data-position": position }, this.card(crop)), after);
      this.count += 1;
      this.tally.set(crop.predicted, this.tally.get(crop.predicted) + 1);
      if (this.count === 1) this.look(crop, this.gallery.querySelector("button"));
    }
    const parts = [...this.tally].filter(([, count]) => count).map(([name, count]) => `${count} ${name}`);
    this.counts.textContent = `${this.count} ${this.count === 1 ? "crop" : "crops"}: ${parts.join(", ")}`;
  }

  card(crop) {
    const marks = [];
    if (crop.possible !== null && crop.possible.length !== 1) marks.push(element("span", { class: "mark" }, "not sure"));
    if (crop.foreign) marks.push(element("span", { class: "mark" }, "foreign"));
    return element(
      "button",
      { class: "card", type: "button", "aria-pressed": "false", onclick: (event) => this.choose(crop, event.currentTarget) },
      cropWindow(this.asked, crop, element("img", { src: crop.address, alt: "", loading: "lazy" })),
      element("span", { class: "said" }, classLabel(crop.predicted, this.colourOf(crop.predicted))),
      element("span", { class: "quiet small number" }, percent(crop.confidence, 0), " ", ...marks),
      element("span", { class: "name quiet small" }, crop.name),
    );
  }

  colourOf(name) {
    return this.classes.find((one) => one.name === name).colour;
  }

  /** The user wants to see a crop; where it is not beside the gallery, the page goes there. */
  choose(crop, card) {
    this.look(crop, card);
    if (this.looked.getBoundingClientRect().bottom < 0) this.looked.scrollIntoView();
  }

  /** Shows one crop large, with its probabilities and why. */
  look(crop, card) {
    this.chosen?.setAttribute("aria-pressed", "false");
    card.setAttribute("aria-pressed", "true");
    this.chosen = card;
    this.why?.stop();
    this.why = new Why(this.asked, crop, this.classes);
    const probabilities = this.classes.map((one) => crop.probabilities[one.name]);
    fill(
      this.looked,
      element("h2", { class: "name" }, crop.name),
      this.why.picture,
      element("p", { class: "verdict" }, classLabel(crop.predicted, this.colourOf(crop.predicted)), ` ${percent(crop.confidence)}`),
      crop.alone ? element("p", { class: "quiet small" }, ALONE) : null,
      probabilityBars(this.classes, probabilities, crop.possible),
      element("p", { class: "small" }, setSentence(crop.possible, this.asked.model.coverage)),
      crop.foreign ? element("p", { class: "notice warning small" }, FOREIGN) : null,
      this.why.words,
      element("p", { class: "quiet small" }, `${this.asked.model.name}: ${this.asked.model.measured}.`),
    );
  }

  /** Arrow keys go through the gallery. */
  move(event) {
    const steps = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
    const step = steps[event.key];
    if (step === undefined) return;
    const cards = [...this.gallery.querySelectorAll("button")];
    const next = cards[cards.indexOf(document.activeElement) + step];
    if (!next) return;
    event.preventDefault();
    next.focus();
    next.click();
  }
}
