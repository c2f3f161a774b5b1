// How far the reviewers agree, and the file that carries on what they agree on.

import { element, request } from "/static/shell.js";

export async function drawAgreement(panel) {
  const found = await request("/api/review/agreement");
  panel.hidden = false;
  panel.replaceChildren(
    element("h2", { id: "agreement-title" }, "Agreement"),
    who(found.reviewers),
    ...pairs(found),
    element("p", {}, disagreements(found)),
    carryOn(found),
  );
}

function who(reviewers) {
  if (reviewers.length === 0) return element("p", { class: "quiet" }, "Nobody has decided anything yet.");
  const said = reviewers.map((one) => `${one.name} decided ${one.decided}`).join(", ");
  return element("p", { class: "number" }, `${said}, over all reviews of this run.`);
}

function pairs(found) {
  if (found.pairs.length === 0) {
    const why = "A second reviewer, here or on another machine, decides the same crops; then Cohen's kappa shows here.";
    return found.reviewers.length ? [element("p", { class: "quiet" }, why)] : [];
  }
  const rows = found.pairs.map((pair) =>
    element("tr", {}, element("th", { scope: "row" }, `${pair.first} and ${pair.second}`), element("td", {}, pair.sentence)),
  );
  const head = element("tr", {}, element("th", { scope: "col" }, "Reviewers"), element("th", { scope: "col" }, "Cohen's kappa"));
  return [element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows))];
}

function disagreements({ disagreements: count, rule }) {
  return count === 0 ? rule : `${count} ${count === 1 ? "crop is" : "crops are"} disagreed about. ${rule}`;
}

function carryOn({ reviewers }) {
  const link = element("a", { class: "button", href: "/api/review/corrections.csv", download: "corrections.csv" });
  link.textContent = "Download corrections.csv";
  const next = element("code", {}, "nucleoscope run DATA --out NEW --corrections corrections.csv");
  return element("p", { class: "row", hidden: reviewers.length === 0 }, link, element("span", { class: "small quiet" }, "then ", next));
}
