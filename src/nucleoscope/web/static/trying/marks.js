// Marks of nuclei: a shape a class beside its colour, so that neither colour nor shape alone has to tell classes apart.

const SHAPES = 4;
const WHITE = "#ffffff";

/** Which shape the class at this position has. */
export function shapeOf(position) {
  return position % SHAPES;
}

/** Draws a mark of this radius: {colour, shape}; a shape of null is a ring, for a nucleus without a class. */
export function drawMark(pen, x, y, radius, { colour, shape }) {
  pen.beginPath();
  if (shape === 1) pen.rect(x - radius * 0.85, y - radius * 0.85, radius * 1.7, radius * 1.7);
  else if (shape === 2) corners(pen, x, y, radius * 1.2, 4, 0);
  else if (shape === 3) corners(pen, x, y, radius * 1.25, 3, -Math.PI / 2);
  else pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.lineWidth = shape === null ? 4 : 3;
  pen.strokeStyle = WHITE;
  pen.stroke();
  if (shape === null) {
    pen.lineWidth = 2;
    pen.strokeStyle = colour;
    pen.stroke();
  } else {
    pen.fillStyle = colour;
    pen.fill();
  }
}

function corners(pen, x, y, radius, count, turn) {
  for (let corner = 0; corner < count; corner++) {
    const angle = turn + (2 * Math.PI * corner) / count;
    pen.lineTo(x + radius * Math.cos(angle), y + radius * Math.sin(angle));
  }
  pen.closePath();
}

/** A mark by itself, for a legend. */
export function markSample(colour, shape) {
  const canvas = document.createElement("canvas");
  const ratio = 2;
  canvas.width = canvas.height = 18 * ratio;
  canvas.className = "sample";
  canvas.setAttribute("aria-hidden", "true");
  const pen = canvas.getContext("2d");
  pen.scale(ratio, ratio);
  drawMark(pen, 9, 9, 6, { colour, shape });
  return canvas;
}
