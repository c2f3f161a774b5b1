// The chosen crops, a page of small pictures at a time.

import { classLabel, element, percent } from "/static/shell.js";
import { cropAddress } from "/static/pictures/viewer.js";

const PAGE = matchMedia("(max-width: 900px)").matches ? 36 : 96; // crops

export class Gallery {
  /** `open` is called with the place of a crop among the chosen ones. */
  constructor(list, pager, open) {
    this.list = list;
    this.pager = pager;
    this.open = open;
    this.page = 0;
  }

  /** Shows the crops `chosen` (indices); the first page if `fromStart`. */
  show(data, crops, classes, chosen, fromStart) {
    Object.assign(this, { data, crops, classes, chosen });
    this.pages = Math.max(1, Math.ceil(chosen.length / PAGE));
    this.page = fromStart ? 0 : Math.min(this.page, this.pages - 1);
    this.draw();
  }

  draw() {
    const first = this.page * PAGE;
    const items = this.chosen.slice(first, first + PAGE).map((i, offset) => this.item(i, first + offset));
    const none = element("li", { class: "quiet" }, "No crop passes all filters.");
    this.list.replaceChildren(...(items.length ? items : [none]));
    this.drawPager();
  }

  item(i, place) {
    const { crops, classes } = this;
    const label = classes[crops.label[i]];
    const predicted = classes[crops.predicted[i]];
    const isRight = crops.label[i] === crops.predicted[i];
    const sure = percent(crops.confidence[i], 0);
    const alt = isRight
      ? `${crops.name[i]}: ${label.name}, predicted so with ${sure}`
      : `${crops.name[i]}: ${label.name}, predicted ${predicted.name} with ${sure}`;
    const source = cropAddress(this.data.data, crops.position[i]);
    const picture = element("img", { src: source, alt, loading: "lazy", width: this.data.width, height: this.data.height });
    const said = isRight
      ? [line(classLabel(label.name, label.colour), sure)]
      : [line(classLabel(label.name, label.colour), ""), line(classLabel(`→ ${predicted.name}`, predicted.colour), sure)];
    const attributes = { type: "button", class: isRight ? null : "wrong", "data-place": place, onclick: () => this.open(place) };
    return element("li", {}, element("button", attributes, picture, ...said));
  }

  drawPager() {
    const turn = (step, text, isOff) =>
      element("button", { type: "button", disabled: isOff, onclick: () => this.turn(step) }, text);
    const where = element("span", { class: "number" }, `Page ${this.page + 1} of ${this.pages}`);
    const before = turn(-1, "Previous page", this.page === 0);
    const after = turn(1, "Next page", this.page === this.pages - 1);
    this.pager.replaceChildren(before, where, after);
    this.pager.hidden = this.pages === 1;
  }

  turn(step) {
    this.page += step;
    this.draw();
    this.list.querySelector("button")?.focus({ preventScroll: true });
    this.list.scrollIntoView({ block: "nearest" });
  }

  /** Brings the focus back to a crop, on its page. */
  focus(place) {
    const page = Math.floor(place / PAGE);
    if (page !== this.page) {
      this.page = page;
      this.draw();
    }
    this.list.querySelector(`[data-place="${place}"]`)?.focus();
  }
}

function line(label, number) {
  return element("span", { class: "said" }, label, element("span", { class: "number" }, number));
}
