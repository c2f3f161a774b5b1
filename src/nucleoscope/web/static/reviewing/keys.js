// Keys: 1..9 relabel, space keep, d drop, u undo, arrows move, c surroundings, p pixels.

const TYPING = "input:not([type=checkbox]), select, textarea, dialog";

export function listenToKeys({ decide, undo, move, viewer, classes }) {
  document.addEventListener("keydown", (pressed) => {
    if (pressed.ctrlKey || pressed.metaKey || pressed.altKey || pressed.repeat) return;
    if (pressed.target.closest(TYPING)) return;
    if (pressed.key === " " && pressed.target.closest("button, a, summary, input")) return; // it presses that
    const action = actionOf(pressed.key);
    if (action === null) return;
    pressed.preventDefault();
    action();
  });

  function actionOf(key) {
    const named = {
      " ": () => decide("keep"),
      d: () => decide("drop"),
      u: undo,
      c: viewer.toggleSurroundings,
      p: viewer.toggleSmooth,
      ArrowLeft: () => move(-1),
      ArrowRight: () => move(1),
    };
    if (/^[1-9]$/.test(key)) {
      const label = classes()[Number(key) - 1];
      return label === undefined ? null : () => decide("relabel", label);
    }
    return named[key.length === 1 ? key.toLowerCase() : key] ?? null;
  }
}
