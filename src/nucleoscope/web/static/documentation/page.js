// The HTTP interface, drawn from /openapi.json: parameters, a command to try, answers.

import { element, request, startShell } from "/static/shell.js";

await startShell();
const api = await request("/openapi.json");
for (const [path, verbs] of Object.entries(api.paths))
  for (const [verb, operation] of Object.entries(verbs)) document.getElementById("operations").append(section(path, verb, operation));

function section(path, verb, operation) {
  const inputs = [...(operation.parameters ?? []).map(parameter), ...fieldsOf(bodyOf(operation)).map(bodyPart)];
  const answer = answerOf(operation);
  return element(
    "details",
    { class: "operation panel" },
    element("summary", {}, element("span", { class: "verb" }, verb.toUpperCase()), element("span", { class: "path" }, path), element("span", { class: "quiet" }, operation.description ?? operation.summary)),
    element("pre", { tabindex: "0", "aria-label": "A command to try" }, element("code", {}, command(path, verb, operation))),
    inputs.length ? table("What it takes", ["Name", "Where", "Kind", "Meaning"], inputs) : null,
    answer.length ? table("What it answers", ["Name", "Kind", "Meaning"], answer) : null,
    element("p", { class: "quiet small" }, `Statuses: ${Object.keys(operation.responses).join(", ")}`),
  );
}

function table(title, heads, rows) {
  return element(
    "div",
    { class: "wide", tabindex: "0", role: "region", "aria-label": title },
    element("h3", {}, title),
    element(
      "table",
      { class: "small" },
      element("thead", {}, element("tr", {}, ...heads.map((head) => element("th", { scope: "col" }, head)))),
      element("tbody", {}, ...rows.map((cells) => element("tr", {}, ...cells.map((cell, i) => element("td", {}, i ? cell : element("code", {}, cell)))))),
    ),
  );
}

function parameter(one) {
  return [one.name, one.in, kindOf(one.schema), one.description ?? ""];
}

function bodyPart([name, schema, isNeeded]) {
  return [name, isNeeded ? "body" : "body, if wanted", kindOf(schema), schema.description ?? ""];
}

/** The schema behind a reference. */
function resolve(schema) {
  return schema?.$ref ? api.components.schemas[schema.$ref.split("/").at(-1)] : schema;
}

function bodyOf(operation) {
  const content = operation.requestBody?.content ?? {};
  return resolve(Object.values(content)[0]?.schema);
}

function fieldsOf(schema) {
  return Object.entries(schema?.properties ?? {}).map(([name, one]) => [name, one, (schema.required ?? []).includes(name)]);
}

/** What a successful answer holds, the parts of its parts as well. */
function answerOf(operation, schema = operation.responses[200]?.content?.["application/json"]?.schema, prefix = "") {
  const whole = resolve(schema?.items ?? schema);
  return fieldsOf(whole).flatMap(([name, one]) => {
    const isList = one.type === "array" && one.items?.$ref;
    const row = [prefix + name, kindOf(one), one.description ?? ""];
    return one.$ref || isList ? [row, ...answerOf(operation, one, `${prefix}${name}${isList ? "[]" : ""}.`)] : [row];
  });
}

function kindOf(schema) {
  if (schema.anyOf) return [...new Set(schema.anyOf.map(kindOf))].join(" or ");
  const whole = resolve(schema);
  if (whole.enum) return whole.enum.join(", ");
  if (whole.type === "array") return `list of ${kindOf(whole.items)}`;
  if (whole.contentMediaType || whole.format === "binary") return "file";
  return whole.type ?? "object";
}

function command(path, verb, operation) {
  const files = fieldsOf(bodyOf(operation)).filter(([, , isNeeded]) => isNeeded).map(([name]) => `-F ${name}=@picture.png`);
  return ["curl", verb === "get" ? null : `-X ${verb.toUpperCase()}`, ...files, `${location.origin}${path}`].filter(Boolean).join(" ");
}
