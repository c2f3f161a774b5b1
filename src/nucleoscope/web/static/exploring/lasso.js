// Choosing points of a map: a line around them with the pointer, or a circle that keys move and size.

const STEP = 12;
const CORNERS = 48;

/** `chosen` is called with a set of points, or null where none are chosen; `near` with a point or -1 and a place. */
export function addLasso(scatter, { chosen, near }) {
  const { canvas } = scatter;
  let line = null; // while it is drawn
  let kept = null; // the last one
  let circle = null; // of the keys

  scatter.overlay = (context, ink) => {
    for (const shape of [line ?? kept, circle && cornersOf(circle)]) {
      if (!shape || shape.length < 2) continue;
      context.beginPath();
      shape.forEach(([column, row], i) => (i ? context.lineTo(column, row) : context.moveTo(column, row)));
      context.closePath();
      context.strokeStyle = ink;
      context.lineWidth = 1.5;
      context.setLineDash([5, 4]);
      context.stroke();
      context.setLineDash([]);
    }
  };

  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    canvas.setPointerCapture(event.pointerId);
    [line, circle] = [[place(event)], null];
    near(-1);
  });
  canvas.addEventListener("pointermove", (event) => {
    const [column, row] = place(event);
    if (line === null) return near(scatter.nearest(column, row), column, row);
    line.push([column, row]);
    scatter.draw();
  });
  canvas.addEventListener("pointerup", () => {
    if (line === null) return;
    const drawn = line;
    line = null;
    finish(drawn.length > 4 ? drawn : null);
  });
  canvas.addEventListener("pointercancel", () => (line = null));
  canvas.addEventListener("pointerleave", () => near(-1));
  canvas.addEventListener("blur", () => {
    circle = null;
    scatter.draw();
  });
  canvas.addEventListener("keydown", (pressed) => {
    const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
    const { key } = pressed;
    if (!(key in moves) && !["+", "=", "-", "Enter", "Escape"].includes(key)) return;
    pressed.preventDefault();
    if (key === "Escape") return finish(null);
    circle ??= { column: canvas.clientWidth / 2, row: canvas.clientHeight / 2, radius: canvas.clientWidth / 8 };
    if (key in moves) {
      circle.column = clamp(circle.column + STEP * moves[key][0], 0, canvas.clientWidth);
      circle.row = clamp(circle.row + STEP * moves[key][1], 0, canvas.clientHeight);
    } else if (key === "Enter") return finish(cornersOf(circle));
    else circle.radius = clamp(circle.radius * (key === "-" ? 0.85 : 1.18), 8, canvas.clientWidth);
    scatter.draw();
  });

  function finish(shape) {
    kept = shape;
    chosen(shape === null ? null : scatter.inside(shape));
  }

  function place(event) {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left - canvas.clientLeft, event.clientY - box.top - canvas.clientTop];
  }

  /** Forgets the line, as when all filters are cleared. */
  return () => {
    kept = null;
    scatter.draw();
  };
}

function cornersOf({ column, row, radius }) {
  return Array.from({ length: CORNERS }, (_, i) => {
    const angle = (2 * Math.PI * i) / CORNERS;
    return [column + radius * Math.cos(angle), row + radius * Math.sin(angle)];
  });
}

function clamp(value, low, high) {
  return Math.min(high, Math.max(low, value));
}
