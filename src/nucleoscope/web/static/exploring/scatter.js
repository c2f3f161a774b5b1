// The points of a map on a canvas: where they are, in which colour, and which of them are chosen.

const RADIUS = 3.2;
const MARGIN = 14;

export class Scatter {
  constructor(canvas) {
    this.canvas = canvas;
    this.x = this.y = [];
    this.overlay = () => {};
    const redraw = () => this.draw();
    new ResizeObserver(redraw).observe(canvas);
    new MutationObserver(redraw).observe(document.documentElement, { attributeFilter: ["data-theme"] });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  }

  /** Places (y upwards), the colour of each point, whether it is ringed, and whether it is chosen. */
  show(x, y, colours, ringed, chosen) {
    Object.assign(this, { x, y, colours, ringed, chosen });
    this.draw();
  }

  /** Sizes the canvas for the screen and finds the scale: one for both axes, so that distances stay true. */
  fit() {
    const { clientWidth: width, clientHeight: height } = this.canvas;
    const density = window.devicePixelRatio || 1;
    if (this.canvas.width !== Math.round(width * density)) this.canvas.width = Math.round(width * density);
    if (this.canvas.height !== Math.round(height * density)) this.canvas.height = Math.round(height * density);
    const [left, right] = ends(this.x);
    const [low, high] = ends(this.y);
    const scale = Math.min((width - 2 * MARGIN) / (right - left || 1), (height - 2 * MARGIN) / (high - low || 1));
    const dx = (width - scale * (right - left)) / 2;
    const dy = (height - scale * (high - low)) / 2;
    this.column = Float32Array.from(this.x, (value) => dx + scale * (value - left));
    this.row = Float32Array.from(this.y, (value) => height - dy - scale * (value - low));
    return { width, height, density };
  }

  draw() {
    if (!this.canvas.clientWidth) return;
    const { width, height, density } = this.fit();
    const style = getComputedStyle(this.canvas);
    const ink = style.getPropertyValue("color");
    const context = this.canvas.getContext("2d");
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    for (const isChosen of [false, true]) {
      for (let i = 0; i < this.column.length; i += 1) {
        if (this.chosen(i) === isChosen) this.point(context, i, isChosen, ink);
      }
    }
    context.globalAlpha = 1;
    this.overlay(context, ink);
  }

  point(context, i, isChosen, ink) {
    context.globalAlpha = isChosen ? 0.95 : 0.12;
    context.beginPath();
    context.arc(this.column[i], this.row[i], RADIUS, 0, 2 * Math.PI);
    context.fillStyle = this.colours[i];
    context.fill();
    context.lineWidth = this.ringed[i] ? 1.8 : 0.5;
    context.strokeStyle = ink;
    context.stroke();
  }

  /** The point nearest to a place on the canvas, in pixels; -1 if none is near. */
  nearest(column, row, reach = 10) {
    let best = -1;
    let least = reach * reach;
    for (let i = 0; i < this.column.length; i += 1) {
      const distance = (this.column[i] - column) ** 2 + (this.row[i] - row) ** 2;
      if (distance < least) [best, least] = [i, distance];
    }
    return best;
  }

  /** The points inside a closed line [[column, row], ...], by the even-odd rule. */
  inside(line) {
    const found = new Set();
    for (let i = 0; i < this.column.length; i += 1) if (isInside(line, this.column[i], this.row[i])) found.add(i);
    return found;
  }
}

function ends(values) {
  let low = Infinity;
  let high = -Infinity;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low > high ? [0, 1] : [low, high];
}

function isInside(line, column, row) {
  let isIn = false;
  for (let i = 0, j = line.length - 1; i < line.length; j = i, i += 1) {
    const [xi, yi] = line[i];
    const [xj, yj] = line[j];
    if (yi > row !== yj > row && column < ((xj - xi) * (row - yi)) / (yj - yi) + xi) isIn = !isIn;
  }
  return isIn;
}
