// A field on a canvas, to be moved and magnified, with a mark on every nucleus. Positions are pixels of the field.

import { drawMark } from "/static/trying/marks.js";

const MOST = 16; // screen pixels a pixel of the field
const STEP = 1.3; // of a key or a button
const NEAR = 14; // screen pixels within which a nucleus is meant

/** Shows a picture and nuclei: {x, y, colour, shape}. */
export class Viewer {
  constructor(canvas, picture, width, height, onChoose) {
    Object.assign(this, { canvas, picture, width, height, onChoose });
    this.nuclei = [];
    this.chosen = null;
    this.pointers = new Map();
    this.watching = new ResizeObserver(() => this.resize());
    this.watching.observe(canvas);
    this.listen();
  }

  /** Lets go of the page. */
  close() {
    this.watching.disconnect();
  }

  /** Marks these nuclei and no others. */
  mark(nuclei) {
    this.nuclei = nuclei;
    this.draw();
  }

  /** Rings a nucleus, and brings it into view. */
  choose(nucleus) {
    this.chosen = nucleus;
    if (nucleus) {
      const [x, y] = this.onScreen(nucleus);
      const isOutside = x < 0 || y < 0 || x > this.canvas.clientWidth || y > this.canvas.clientHeight;
      if (isOutside) this.move(this.canvas.clientWidth / 2 - x, this.canvas.clientHeight / 2 - y);
    }
    this.draw();
    this.onChoose(nucleus);
  }

  /** Shows all of the field. */
  fit() {
    const { clientWidth, clientHeight } = this.canvas;
    this.scale = Math.min(clientWidth / this.width, clientHeight / this.height);
    this.least = this.scale / 2;
    this.x = (clientWidth - this.width * this.scale) / 2;
    this.y = (clientHeight - this.height * this.scale) / 2;
    this.draw();
  }

  /** Magnifies around a place on the screen, the middle if none is given. */
  zoom(factor, x = this.canvas.clientWidth / 2, y = this.canvas.clientHeight / 2) {
    const scale = Math.min(MOST, Math.max(this.least, this.scale * factor));
    this.x = x - ((x - this.x) * scale) / this.scale;
    this.y = y - ((y - this.y) * scale) / this.scale;
    this.scale = scale;
    this.draw();
  }

  /** Moves by screen pixels; a part of the field stays in view. */
  move(x, y) {
    const { clientWidth, clientHeight } = this.canvas;
    this.x = Math.min(clientWidth - 40, Math.max(40 - this.width * this.scale, this.x + x));
    this.y = Math.min(clientHeight - 40, Math.max(40 - this.height * this.scale, this.y + y));
    this.draw();
  }

  onScreen(nucleus) {
    return [this.x + nucleus.x * this.scale, this.y + nucleus.y * this.scale];
  }

  resize() {
    const ratio = devicePixelRatio || 1;
    this.canvas.width = Math.round(this.canvas.clientWidth * ratio);
    this.canvas.height = Math.round(this.canvas.clientHeight * ratio);
    if (this.scale === undefined) this.fit();
    else this.draw();
  }

  draw() {
    if (this.scale === undefined || this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = null;
      this.paint();
    });
  }

  paint() {
    const pen = this.canvas.getContext("2d");
    const ratio = devicePixelRatio || 1;
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    pen.clearRect(0, 0, this.canvas.clientWidth, this.canvas.clientHeight);
    pen.imageSmoothingEnabled = this.scale < 3;
    pen.drawImage(this.picture, this.x, this.y, this.width * this.scale, this.height * this.scale);
    const radius = Math.min(9, Math.max(3, 6 * this.scale));
    for (const nucleus of this.nuclei) {
      const [x, y] = this.onScreen(nucleus);
      if (x > -10 && y > -10 && x < this.canvas.clientWidth + 10 && y < this.canvas.clientHeight + 10)
        drawMark(pen, x, y, radius, nucleus);
    }
    if (this.chosen) this.ring(pen, radius + 6);
  }

  ring(pen, radius) {
    const [x, y] = this.onScreen(this.chosen);
    for (const [width, colour] of [[5, "#ffffff"], [2.5, "#1F2430"]]) {
      pen.lineWidth = width;
      pen.strokeStyle = colour;
      pen.beginPath();
      pen.arc(x, y, radius, 0, 2 * Math.PI);
      pen.stroke();
    }
  }

  listen() {
    const at = (event) => {
      const box = this.canvas.getBoundingClientRect();
      return [event.clientX - box.left, event.clientY - box.top];
    };
    this.canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      this.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), ...at(event));
    }, { passive: false });
    this.canvas.addEventListener("pointerdown", (event) => {
      this.canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, at(event));
      if (this.pointers.size === 1) this.dragged = 0;
    });
    this.canvas.addEventListener("pointermove", (event) => this.drag(event.pointerId, at(event)));
    this.canvas.addEventListener("pointerup", (event) => {
      if (this.pointers.size === 1 && this.dragged < 4) this.choose(this.nearest(...at(event)));
      this.pointers.delete(event.pointerId);
    });
    this.canvas.addEventListener("pointercancel", (event) => this.pointers.delete(event.pointerId));
    this.canvas.addEventListener("keydown", (event) => this.key(event));
  }

  /** One finger moves, two magnify. */
  drag(pointer, place) {
    const before = this.pointers.get(pointer);
    if (!before) return;
    const [x, y] = [place[0] - before[0], place[1] - before[1]];
    this.dragged += Math.hypot(x, y);
    if (this.pointers.size === 2) {
      const other = [...this.pointers].find(([one]) => one !== pointer)[1];
      const apart = (one) => Math.hypot(one[0] - other[0], one[1] - other[1]);
      this.zoom(apart(place) / Math.max(1, apart(before)), ...other);
    } else this.move(x, y);
    this.pointers.set(pointer, place);
  }

  nearest(x, y) {
    let [best, least] = [null, NEAR];
    for (const nucleus of this.nuclei) {
      const [left, top] = this.onScreen(nucleus);
      const distance = Math.hypot(left - x, top - y);
      if (distance < least) [best, least] = [nucleus, distance];
    }
    return best;
  }

  /** The next nucleus that is marked, or the one before. */
  step(by) {
    if (!this.nuclei.length) return;
    const position = this.nuclei.indexOf(this.chosen);
    const start = position < 0 && by < 0 ? 0 : position;
    this.choose(this.nuclei[(start + by + this.nuclei.length) % this.nuclei.length]);
  }

  key(event) {
    const doing = {
      ArrowLeft: () => this.move(60, 0),
      ArrowRight: () => this.move(-60, 0),
      ArrowUp: () => this.move(0, 60),
      ArrowDown: () => this.move(0, -60),
      "+": () => this.zoom(STEP),
      "=": () => this.zoom(STEP),
      "-": () => this.zoom(1 / STEP),
      0: () => this.fit(),
      n: () => this.step(1),
      p: () => this.step(-1),
      Escape: () => this.choose(null),
    }[event.key];
    if (!doing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    doing();
  }
}
