// Why a model says so: a map over the crop, how strongly it shows, and whether it can be believed.

import { element, fill, percent } from "/static/shell.js";
import { askWhy, pngOf } from "/static/trying/asking.js";
import { cropWindow } from "/static/trying/crop_window.js";

const METHODS = [
  ["occlusion", "Occlusion"],
  ["integrated_gradients", "Integrated gradients"],
  ["grad_cam", "Grad-CAM"],
];
const PAUSE = 250; // ms before a map is asked for, so that going through a gallery asks for none
const chosen = { method: "occlusion", opacity: 60 }; // kept from crop to crop

/** The picture of a crop with its map, and what is to be said about it. */
export class Why {
  constructor(asked, crop, classes) {
    this.asked = asked;
    this.crop = crop;
    this.addresses = []; // of pictures that this object made
    this.of = crop.predicted;
    this.map = element("img", { class: "map", alt: "", hidden: true });
    this.under = element("img", { src: crop.address, alt: this.describe() });
    this.slider = element("input", { type: "range", min: "0", max: "100", value: String(chosen.opacity) });
    this.slider.addEventListener("input", () => this.fade());
    this.said = element("div", { class: "small stack", role: "status" });
    this.picture = element(
      "figure",
      { class: "large" },
      cropWindow(asked, crop, this.under, this.map),
      element("figcaption", { class: "small" }, element("label", { class: "field" }, "Opacity of the explanation ", this.slider)),
    );
    this.words = element(
      "div",
      { class: "why stack" },
      element("h3", {}, "Why?"),
      element("div", { class: "row" }, this.select("Method", METHODS, chosen.method, (value) => (chosen.method = value)), this.classSelect(classes)),
      this.said,
    );
    this.fade();
    this.ask(PAUSE);
  }

  describe() {
    return `Crop ${this.crop.name}, classified as ${this.crop.predicted} with ${percent(this.crop.confidence, 0)}`;
  }

  select(name, options, chosenValue, change) {
    const select = element("select", {}, ...options.map(([value, text]) => element("option", { value }, text)));
    select.value = chosenValue;
    select.addEventListener("change", () => {
      change(select.value);
      this.ask(0);
    });
    return element("label", { class: "field" }, name, select);
  }

  classSelect(classes) {
    const options = classes.map((one) => [one.name, one.name]);
    return this.select("Speaks for", options, this.of, (value) => (this.of = value));
  }

  fade() {
    chosen.opacity = Number(this.slider.value);
    this.map.style.opacity = String(chosen.opacity / 100);
  }

  /** Another crop is looked at. */
  stop() {
    clearTimeout(this.timer);
    this.asking?.abort();
    this.addresses.splice(0).forEach((address) => URL.revokeObjectURL(address));
  }

  ask(pause) {
    this.stop();
    this.map.hidden = true;
    this.said.replaceChildren(element("p", { class: "quiet" }, "Computing the map …"));
    this.timer = setTimeout(() => this.show(), pause);
  }

  async show() {
    this.asking = new AbortController();
    try {
      const answer = await askWhy(this.asked, this.crop.blob, chosen.method, this.of, this.asking.signal);
      this.under.src = this.made(answer.crop); // as the model sees it, which may show more or less than was sent
      this.map.src = this.made(answer.map);
      this.map.hidden = false;
      this.say(answer);
    } catch (failure) {
      if (failure.name === "AbortError") return;
      if (failure.status === undefined) throw failure;
      this.said.replaceChildren(element("p", { class: "notice error" }, failure.message));
    }
  }

  made(picture) {
    const address = URL.createObjectURL(pngOf(picture));
    this.addresses.push(address);
    return address;
  }

  say(answer) {
    const share = answer.central_share === null
      ? "The map is empty."
      : `${percent(answer.central_share, 0)} of the map lies on the nucleus in the centre; an even map would have ${percent(answer.uniform_central_share, 0)} there.`;
    fill(
      this.said,
      element(
        "p",
        { class: "key" },
        element("span", {}, element("i", { class: "for", "aria-hidden": "true" }), `red speaks for ${answer.explained}`),
        element("span", {}, element("i", { class: "against", "aria-hidden": "true" }), "blue against it"),
      ),
      element("p", { class: answer.holds ? "notice" : "notice warning" }, answer.check),
      element("p", {}, share),
      answer.trust ? element("details", {}, element("summary", {}, "What the run found about this method"), element("p", {}, answer.trust)) : null,
    );
  }
}
