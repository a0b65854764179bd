"use strict";

const MANY_LABELS = 12; // the probabilities that are shown
const STEPS = ["0.05", "0.25", "0.5", "0.75", "0.95"]; // the quantiles that a column is varied to
const PAUSE = 200; // milliseconds after a change until the model is asked
const find = (selector, place = document) => place.querySelector(selector);
const state = { name: "", token: "", columns: {}, fields: {}, asked: 0 };

function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

async function ask(path, body, kind = "application/json") {
  const headers = { "content-type": kind };
  if (state.token) headers.authorization = `Bearer ${state.token}`;
  const options = body === undefined ? { headers } : { method: "POST", headers, body };
  const response = await fetch(path, options);
  if (response.status === 401) {
    find("#access").hidden = false;
    find("#token").focus();
    throw new Error("This server asks for a token.");
  }
  const answer = await response.json();
  if (!response.ok && answer.predictions === undefined) throw new Error([answer.error, answer.help].filter(Boolean).join(": "));
  return answer;
}

function report(error) {
  find("#problem").textContent = error ? error.message : "";
  find("#problem").hidden = !error;
}

const rounded = (value) => (typeof value === "number" ? String(Number(value.toPrecision(5))) : String(value));

// --- the form -------------------------------------------------------------------------------------------------------

function facts(column) {
  const own = column["x-kspec"] || {};
  return { ...own, seen: own.seen || {}, gap: own.gap || {}, dtype: own.dtype || "" };
}

function numberField(id, own) {
  const { minimum: low, maximum: high, quantiles = {} } = own.seen;
  const middle = quantiles["0.5"] ?? low ?? 0;
  const whole = own.dtype.startsWith("int") || own.dtype.startsWith("uint") || [low, high, middle].every(Number.isInteger);
  const step = whole ? 1 : Number(((high - low) / 200 || 0.01).toPrecision(1));
  const number = make("input", { id, type: "number", step: "any", value: whole ? Math.round(middle) : rounded(middle) });
  const field = { value: () => (number.value === "" ? null : Number(number.value)), control: number, parts: [number] };
  field.set = (value) => { number.value = value ?? ""; if (field.slider) field.slider.value = value ?? middle; };
  if (low !== undefined && high > low) {
    const slider = make("input", { type: "range", min: low, max: high, step: whole ? 1 : "any", value: middle, ariaLabel: `${id.slice(2)} by a slider` });
    slider.addEventListener("input", () => { number.value = whole ? slider.value : rounded(Math.round(slider.value / step) * step); });
    number.addEventListener("input", () => { if (number.value !== "") slider.value = number.value; });
    field.slider = slider;
    field.parts.push(slider);
  }
  field.others = () => [low, ...STEPS.map((share) => quantiles[share]), high].filter((value) => value !== undefined);
  return field;
}

function choiceField(id, own, names) {
  const select = make("select", { id });
  for (const name of names) select.append(make("option", { value: JSON.stringify(name), textContent: String(name) }));
  if (own.gap.action !== "refuse") select.append(make("option", { value: "null", textContent: "(missing)" }));
  if (!own.is_closed && own.kind !== "boolean") select.append(make("option", { value: "other", textContent: "other …" }));
  const other = make("input", { hidden: true, ariaLabel: `another ${id.slice(2)}` });
  select.addEventListener("change", () => { other.hidden = select.value !== "other"; });
  return {
    value: () => (select.value === "other" ? other.value : JSON.parse(select.value)),
    set: (value) => {
      const known = [...select.options].some((option) => option.value === JSON.stringify(value));
      select.value = known ? JSON.stringify(value) : "other";
      other.hidden = known;
      other.value = known ? "" : value;
    },
    control: select, parts: [select, other], others: () => names.slice(0, MANY_LABELS),
  };
}

function fileField(id, own) {
  const input = make("input", { id, type: "file", accept: own.kind === "image" ? "image/*" : "audio/wav" });
  const picture = make("img", { alt: "", hidden: true });
  const zone = make("span", { className: "drop" }, own.kind === "image" ? "Drop a picture here, or " : "Drop a sound here, or ", input, picture);
  const field = { data: null, value: () => field.data, control: input, parts: [zone], others: () => [], set: () => {} };
  const take = (file) => {
    if (!file) return;
    const reader = new FileReader();
    reader.addEventListener("load", () => {
      field.data = reader.result.slice(reader.result.indexOf(",") + 1);
      if (own.kind === "image") { picture.src = reader.result; picture.hidden = false; }
      input.dispatchEvent(new Event("read", { bubbles: true }));
    });
    reader.readAsDataURL(file);
  };
  input.addEventListener("change", () => take(input.files[0]));
  for (const name of ["dragenter", "dragover"]) zone.addEventListener(name, (event) => { event.preventDefault(); zone.classList.add("over"); });
  for (const name of ["dragleave", "drop"]) zone.addEventListener(name, () => zone.classList.remove("over"));
  zone.addEventListener("drop", (event) => { event.preventDefault(); take(event.dataTransfer.files[0]); });
  return field;
}

function textField(id, own) {
  const isList = own.kind === "array" || own.kind === "list";
  const isLong = isList || (own.seen.length || {}).maximum > 40 || own.seen.length === undefined;
  const box = make(isLong ? "textarea" : "input", { id, rows: 3 });
  if (isList) box.placeholder = "[1, 2, 3]";
  const value = () => {
    if (box.value.trim() === "") return isList ? null : box.value === "" ? null : box.value;
    if (!isList) return box.value;
    try { return JSON.parse(box.value); } catch { return box.value; }
  };
  return { value, set: (text) => { box.value = text ?? ""; }, control: box, parts: [box], others: () => [] };
}

function fieldOf(name, column) {
  const own = facts(column), id = `c-${name}`;
  const categories = Object.keys(own.seen.categories || {});
  if (own.kind === "image" || own.kind === "audio") return fileField(id, own);
  if (own.kind === "boolean") return choiceField(id, own, [true, false]);
  if (own.kind === "text" && categories.length > 0 && categories.length <= 200) return choiceField(id, own, categories);
  if (own.kind === "number" && own.dtype !== "string") return numberField(id, own);
  if (own.kind === "number") return choiceField(id, own, categories);
  return textField(id, own);
}

function showForm(document_) {
  const form = find("#row");
  form.replaceChildren();
  state.columns = document_.properties;
  state.fields = {};
  state.isSeries = Boolean((document_["x-kspec"] || {}).window);
  find("#pasting").open = state.isSeries;
  if (state.isSeries) {
    form.append(make("p", { className: "soft", textContent: `An example is made of ${document_["x-kspec"].window.length} rows: paste them below.` }));
    return;
  }
  for (const [name, column] of Object.entries(state.columns)) {
    const field = fieldOf(name, column), own = facts(column);
    field.fault = make("span", { className: "fault", id: `f-${name}` });
    field.control.setAttribute("aria-describedby", field.fault.id);
    const { minimum, maximum } = own.seen;
    const label = make("label", { htmlFor: field.control.id, textContent: name });
    if (minimum !== undefined) label.title = `training: ${rounded(minimum)} to ${rounded(maximum)}`;
    form.append(make("div", { className: "field" }, label, make("span", { className: "value" }, ...field.parts), field.fault));
    state.fields[name] = field;
  }
}

const currentRow = () => Object.fromEntries(Object.entries(state.fields).map(([name, field]) => [name, field.value()]));

// --- predictions ----------------------------------------------------------------------------------------------------

function bars(shares) {
  const found = Object.entries(shares).sort((a, b) => b[1] - a[1]).slice(0, MANY_LABELS);
  return found.map(([label, share]) => {
    const fill = make("span");
    fill.style.width = `${100 * Math.max(0, Math.min(1, share))}%`;
    return make("div", { className: "label" }, make("span", { textContent: label }), make("span", { className: "bar", ariaHidden: "true" }, fill), make("span", { className: "number", textContent: share.toFixed(4) }));
  });
}

function outputBox(name, output) {
  if (output.prediction === undefined) return make("div", { className: "output" }, make("div", { textContent: name }), ...Object.entries(output).map(([column, each]) => outputBox(column, each)));
  const box = make("div", { className: "output" }, make("div", { className: "soft", textContent: name }));
  const value = output.prediction;
  box.append(make("strong", { textContent: typeof value === "object" ? JSON.stringify(value, (_, each) => (typeof each === "number" ? Number(each.toPrecision(5)) : each)) : rounded(value) }));
  if (output.score !== undefined) box.append(make("div", { className: "soft", textContent: `score ${rounded(output.score)}` }));
  if (output.deviation !== undefined) box.append(make("div", { className: "soft", textContent: `the models deviate by ${typeof output.deviation === "number" ? rounded(output.deviation) : output.deviation.map(rounded).join(", ")}` }));
  const shares = output.probabilities || output.scores;
  if (shares) box.append(...bars(shares));
  return box;
}

function showEntry(entry) {
  for (const field of Object.values(state.fields)) field.fault.textContent = "";
  const outputs = Object.entries(entry.outputs || {});
  find("#answer").replaceChildren(...outputs.map(([name, output]) => outputBox(name, output)));
  if (entry.error) {
    const text = [entry.error.message, entry.error.help].filter(Boolean).join(": ");
    const field = state.fields[entry.error.column];
    if (field) field.fault.textContent = text;
    find("#answer").replaceChildren(make("p", { className: "error", textContent: text }));
  }
  find("#warnings").replaceChildren(...(entry.warnings || []).map((each) => make("li", { textContent: each.message, title: each.help || "" })));
}

const path = (kind = "predict") => `v1/models/${encodeURIComponent(state.name)}:${kind}`;

async function predict() {
  if (state.isSeries) return;
  const number = ++state.asked, row = currentRow();
  try {
    const answer = await ask(path(), JSON.stringify({ instances: [row] }));
    if (number !== state.asked) return;
    report(null);
    showEntry(answer.predictions[0]);
    showRequest(row);
    await showChanges(row, answer.predictions[0], number);
  } catch (error) {
    if (number === state.asked) report(error);
  }
}

// what one number says about a prediction: the probability of the class, or the value
function measureOf(entry, label) {
  const output = Object.values(entry.outputs || {})[0];
  if (!output) return undefined;
  const shares = output.probabilities || output.scores;
  if (shares && label in shares) return shares[label];
  return output.score ?? (typeof output.prediction === "number" ? output.prediction : undefined);
}

async function showChanges(row, entry, number) {
  const output = Object.values(entry.outputs || {})[0], label = output && output.prediction;
  const now = measureOf(entry, label), asked = [];
  for (const [name, field] of Object.entries(state.fields)) for (const value of field.others()) if (value !== row[name]) asked.push([name, value]);
  find("#changes").hidden = now === undefined || !asked.length;
  if (find("#changes").hidden) return;
  const varied = await ask(path(), JSON.stringify({ instances: asked.map(([name, value]) => ({ ...row, [name]: value })) }));
  if (number !== state.asked) return;
  const best = {};
  varied.predictions.forEach((each, index) => {
    const [name, value] = asked[index], then = measureOf(each, label);
    if (then === undefined) return;
    const changed = Object.values(each.outputs)[0].prediction;
    if (!best[name] || Math.abs(then - now) > Math.abs(best[name].then - now)) best[name] = { value, then, changed };
  });
  const lines = Object.entries(best).sort((a, b) => Math.abs(b[1].then - now) - Math.abs(a[1].then - now));
  const isClass = typeof label === "string";
  find("#measure").textContent = isClass ? `${label}: ${rounded(now)} now` : `${rounded(now)} now`;
  find("#changes tbody").replaceChildren(...lines.slice(0, 20).map(([name, { value, then, changed }]) => make("tr", {},
    make("th", { scope: "row", textContent: name }), make("td", { textContent: rounded(row[name]) }), make("td", { textContent: rounded(value) }),
    make("td", { textContent: rounded(then) + (isClass && changed !== label ? `, and so ${changed}` : "") }))));
}

// --- tables and requests --------------------------------------------------------------------------------------------

function tableRows(text) {
  const lines = text.replace(/\r/g, "").split("\n").filter((line) => line.trim());
  const mark = ["\t", ";", ","].find((each) => lines[0].includes(each)) || ",";
  const cells = (line) => {
    const found = [];
    let cell = "", quoted = false;
    for (const letter of line) {
      if (letter === '"') quoted = !quoted;
      else if (letter === mark && !quoted) { found.push(cell.trim()); cell = ""; } else cell += letter;
    }
    return [...found, cell.trim()];
  };
  const names = cells(lines[0]);
  return lines.slice(1).map((line) => Object.fromEntries(cells(line).map((cell, at) => [names[at], cell === "" ? null : cell])));
}

async function predictTable() {
  const text = find("#table").value;
  if (!text.trim()) return;
  try {
    const rows = tableRows(text);
    if (!rows.length) throw new Error("The table has no rows below its line of names.");
    const answer = await ask(path(), JSON.stringify({ instances: rows }));
    report(null);
    const body = answer.predictions.map((entry) => {
      const outputs = Object.entries(entry.outputs || {}).map(([, output]) => [output.prediction === undefined ? JSON.stringify(output) : typeof output.prediction === "object" ? JSON.stringify(output.prediction) : rounded(output.prediction), output.probabilities ? Math.max(...Object.values(output.probabilities)).toFixed(4) : ""].filter(Boolean).join(" · "));
      const notes = [entry.error, ...(entry.warnings || [])].filter(Boolean).map((each) => each.message).join("; ");
      return make("tr", {}, make("th", { scope: "row", textContent: [entry.row + 1, ...Object.values(entry.place || {})].flat().join(" · ") }), make("td", { textContent: outputs.join(", ") }), make("td", { className: entry.error ? "error" : "", textContent: notes }));
    });
    const head = make("thead", {}, make("tr", {}, ...["Row", "Prediction", "Remarks"].map((word) => make("th", { scope: "col", textContent: word }))));
    find("#many").replaceChildren(make("table", {}, head, make("tbody", {}, ...body)));
    find("#many").hidden = false;
    if (state.isSeries) {
      const last = answer.predictions.filter((entry) => entry.outputs).at(-1);
      if (last) showEntry(last);
    } else if (answer.predictions.length === 1) {
      for (const [name, field] of Object.entries(state.fields)) if (name in rows[0]) field.set(rows[0][name]);
      predict();
    }
    showRequest(...rows);
  } catch (error) { report(error); }
}

function asPython(value, indent = "") {
  if (value === null || value === undefined) return "None";
  if (typeof value === "boolean") return value ? "True" : "False";
  if (typeof value !== "object") return JSON.stringify(value);
  const deeper = `${indent}    `;
  const items = Array.isArray(value)
    ? value.map((each) => asPython(each, deeper))
    : Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}: ${asPython(each, deeper)}`);
  const [open, close] = Array.isArray(value) ? "[]" : "{}";
  const isFlat = Array.isArray(value) && value.every((each) => each === null || typeof each !== "object");
  return isFlat ? `[${items.join(", ")}]` : `${open}\n${items.map((item) => `${deeper}${item},\n`).join("")}${indent}${close}`;
}

function showRequest(...rows) {
  const shown = rows.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, typeof value === "string" && value.length > 200 ? `${value.slice(0, 40)}…` : value])));
  const url = new URL(path(), location.href).href, body = JSON.stringify({ instances: shown });
  const token = state.token ? " -H 'Authorization: Bearer '\"$TOKEN\"" : "";
  find("#curl").textContent = `curl ${url} -H 'Content-Type: application/json'${token} \\\n  -d '${body.replaceAll("'", "'\\''")}'`;
  const headers = state.token ? `{"content-type": "application/json", "authorization": f"Bearer {token}"}` : `{"content-type": "application/json"}`;
  find("#python").textContent = `import json\nimport urllib.request\n\nrows = ${asPython(shown)}\nrequest = urllib.request.Request(\n    ${JSON.stringify(url)},\n    json.dumps({"instances": rows}).encode(),\n    ${headers},\n)\nprint(json.load(urllib.request.urlopen(request))["predictions"])`;
  find("#request").hidden = false;
}

// --- start ----------------------------------------------------------------------------------------------------------

async function choose(name) {
  state.name = name;
  try {
    const [contract, facts_] = await Promise.all([ask(`v1/models/${encodeURIComponent(name)}/contract`), ask(`v1/models/${encodeURIComponent(name)}`)]);
    find("#run").textContent = `run ${facts_.model.run}, ${facts_.model.fingerprint}.`;
    for (const id of ["#many", "#changes", "#request"]) find(id).hidden = true;
    find("#answer").replaceChildren();
    find("#warnings").replaceChildren();
    showForm(contract);
    find("main").hidden = false;
    report(null);
    await predict();
  } catch (error) { report(error); }
}

async function start() {
  try {
    const { names } = await ask("v1/models");
    find("#access").hidden = true;
    find("#model").replaceChildren(...names.map((name) => make("option", { value: name, textContent: name })));
    await choose(names[0]);
  } catch (error) { report(error); }
}

let pause;
const later = () => { clearTimeout(pause); pause = setTimeout(predict, PAUSE); };
for (const name of ["input", "change", "read"]) find("#row").addEventListener(name, later);
find("#row").addEventListener("submit", (event) => { event.preventDefault(); predict(); });
find("#model").addEventListener("change", (event) => choose(event.target.value));
find("#predict-table").addEventListener("click", predictTable);
find("#access").addEventListener("submit", (event) => { event.preventDefault(); state.token = find("#token").value.trim(); start(); });
for (const button of document.querySelectorAll("[data-copy]")) button.addEventListener("click", () => navigator.clipboard.writeText(find(`#${button.dataset.copy}`).textContent));
start();
