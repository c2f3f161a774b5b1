// `Selection`: which of the validation crops are shown. All filters must hold; each can be left out of a count.

export const ORDERS = {
  unsure: (crops) => (a, b) => crops.confidence[a] - crops.confidence[b],
  sure: (crops) => (a, b) => crops.confidence[b] - crops.confidence[a],
  name: (crops) => (a, b) => compare(crops.name[a], crops.name[b]),
  tile: (crops) => (a, b) => compare(crops.tile[a], crops.tile[b]) || compare(crops.name[a], crops.name[b]),
};
const collator = new Intl.Collator("en", { numeric: true });
const compare = (a, b) => collator.compare(a, b);

export class Selection {
  /** `crops` are the columns of the server; their confidence is the probability of the predicted class. */
  constructor(crops) {
    this.crops = { ...crops, confidence: crops.probabilities.map((row, i) => row[crops.predicted[i]]) };
    this.clear();
  }

  get length() {
    return this.crops.name.length;
  }

  clear() {
    this.label = null; // a class by number, or null for all
    this.predicted = null;
    this.verdict = "all"; // all, right or wrong
    this.low = 0;
    this.high = 1;
    this.tile = "";
    this.lasso = null; // a set of crops by index, or null
  }

  get isEmpty() {
    const { label, predicted, verdict, low, high, tile, lasso } = this;
    return label === null && predicted === null && verdict === "all" && low === 0 && high === 1 && tile === "" && lasso === null;
  }

  /** Whether a crop passes all filters but those of the matrix. */
  passesOthers(i) {
    const { crops } = this;
    const isRight = crops.label[i] === crops.predicted[i];
    if (this.verdict !== "all" && isRight !== (this.verdict === "right")) return false;
    if (crops.confidence[i] < this.low || crops.confidence[i] > this.high) return false;
    if (this.tile !== "" && crops.tile[i] !== this.tile) return false;
    return this.lasso === null || this.lasso.has(i);
  }

  passes(i) {
    const { crops, label, predicted } = this;
    if (label !== null && crops.label[i] !== label) return false;
    if (predicted !== null && crops.predicted[i] !== predicted) return false;
    return this.passesOthers(i);
  }

  /** The crops that pass, by index, in an order of ORDERS. */
  chosen(order) {
    const found = [];
    for (let i = 0; i < this.length; i += 1) if (this.passes(i)) found.push(i);
    return found.sort(ORDERS[order](this.crops));
  }

  /** How many crops of each true class (row) got each prediction (column), of those that pass the other filters. */
  confusion(classes) {
    const counts = Array.from({ length: classes }, () => new Array(classes).fill(0));
    for (let i = 0; i < this.length; i += 1) {
      if (this.passesOthers(i)) counts[this.crops.label[i]][this.crops.predicted[i]] += 1;
    }
    return counts;
  }

  /** The tiles that occur, the ones with most crops first: [tile, crops]. */
  tiles() {
    const counts = new Map();
    for (const tile of this.crops.tile) if (tile !== "") counts.set(tile, (counts.get(tile) ?? 0) + 1);
    return [...counts].sort((a, b) => b[1] - a[1] || compare(a[0], b[0]));
  }
}
