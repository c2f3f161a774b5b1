"use strict";
// Cells of the confusion matrices become buttons that show their crops. Everything else stands in the page already.
(() => {
  const holder = document.getElementById("facts");
  if (!holder) return;
  const facts = JSON.parse(holder.textContent);
  const dialog = document.getElementById("crops");
  const gallery = dialog.querySelector(".gallery");
  const percent = (share) => (100 * share).toFixed(1) + "%";

  // Text goes in as text, never as markup: names come from other people's files.
  const make = (tag, attributes = {}, ...inside) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...inside);
    return element;
  };

  const about = (matrix, key) => {
    const [truth, taken] = key.split("-").map(Number);
    const cell = facts.matrices[matrix].cells[key];
    const right = truth === taken;
    const plural = cell.count === 1 ? " crop" : " crops";
    const kind = right
      ? `${cell.count}${plural} of ${facts.classes[truth]}, recognised`
      : `${cell.count}${plural} of ${facts.classes[truth]}, taken for ${facts.classes[taken]}`;
    const shown = cell.crops;
    const order = right ? "the least sure first" : "the surest first";
    const some = shown.length < cell.count ? `${shown.length} shown, ${order}` : order;
    return { truth, shown, words: `${facts.matrices[matrix].title}: ${kind} (${some})` };
  };

  const preview = (matrix, key) => {
    const { shown, words } = about(matrix, key);
    const strip = make("div", { class: "crops" });
    for (const { name } of shown.filter((crop) => facts.pictures[crop.name])) {
      strip.append(make("img", { src: facts.pictures[name], alt: `crop ${name}`, title: name }));
    }
    document.querySelector(`[data-preview="${matrix}"]`).replaceChildren(make("p", { class: "measured" }, words), strip);
  };

  const maps = (title, name) => {
    for (const figure of document.querySelectorAll("[data-explained]")) {
      if (figure.dataset.explained === title && figure.dataset.name === name) return figure.querySelector(".maps").cloneNode(true);
    }
    return null;
  };

  const card = (matrix, crop, truth) => {
    const odds = make("ul", { class: "odds" });
    crop.probabilities.map((share, number) => [share, number]).sort((a, b) => b[0] - a[0]).slice(0, 6).forEach(([share, number]) => {
      const dot = make("i", { style: `background:${facts.colours[number]}` });
      odds.append(make("li", number === truth ? { class: "true" } : {},
        make("span", { class: "chip" }, dot, facts.classes[number] + (number === truth ? " (true)" : "")), percent(share)));
    });
    const explained = maps(facts.matrices[matrix].title, crop.name);
    const source = facts.pictures[crop.name];
    const plain = source ? [make("img", { class: "large", src: source, alt: `crop ${crop.name}` })] : [];
    return make("figure", explained ? { class: "mapped" } : {}, ...(explained ? [explained] : plain), make("figcaption", {}, odds, make("small", {}, crop.name)));
  };

  const open = (matrix, key) => {
    const { truth, shown, words } = about(matrix, key);
    document.getElementById("crops-title").textContent = words;
    gallery.replaceChildren(...shown.map((crop) => card(matrix, crop, truth)));
    dialog.showModal();
  };

  for (const cell of document.querySelectorAll("[data-cell]")) {
    const { matrix, cell: key } = cell.dataset;
    const button = make("button", { type: "button", "data-matrix": matrix, "data-cell": key, title: about(matrix, key).words });
    button.append(...cell.childNodes);
    button.addEventListener("pointerenter", () => preview(matrix, key));
    button.addEventListener("focus", () => preview(matrix, key));
    button.addEventListener("click", () => open(matrix, key));
    cell.replaceWith(button);
  }
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
  addEventListener("beforeprint", () => document.querySelectorAll("details").forEach((each) => { each.open = true; }));
  document.documentElement.classList.add("scripted");
})();
