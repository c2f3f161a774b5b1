// What is seen of the pictures of a crop: all, or the crop itself if nothing around it is known.

import { element } from "/static/shell.js";

/** Shows pictures that lie over one another, as the model saw them. */
export function cropWindow(asked, crop, ...pictures) {
  const made = element("span", { class: "window" }, ...pictures);
  made.style.setProperty("--zoom", String(crop.alone ? asked.model.crop_width / asked.model.least_width : 1));
  return made;
}
