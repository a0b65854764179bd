(function () {
  "use strict";
  const holder = document.getElementById("charts");
  const specs = JSON.parse(holder.textContent);
  const series = [1, 2, 3, 4, 5, 6, 7, 8].map((number) => `var(--series-${number})`);
  const text = { labelColor: "var(--soft)", titleColor: "var(--soft)", labelFontSize: 12, titleFontSize: 12, titleFontWeight: "normal" };
  const config = {
    background: null, font: "system-ui, sans-serif",
    axis: { ...text, gridColor: "var(--line)", domainColor: "var(--line)", tickColor: "var(--line)" },
    legend: text, header: text, view: { stroke: null },
    range: { category: series }, mark: { color: "var(--series-1)", tooltip: true },
    text: { color: "var(--ink)" }, line: { strokeWidth: 2 },
  };
  const options = { renderer: "svg", actions: false, ast: true, config, tooltip: { disableDefaultStyle: true } };

  const views = {};

  function draw(id, spec) {
    const place = document.getElementById(`chart-${id}`); // its label says what one sees: the drawing itself is hidden
    return vegaEmbed(place, spec, options).then((drawn) => {
      views[id] = drawn.view;
      place.querySelector("svg").setAttribute("aria-hidden", "true");
    }).catch((error) => {
      place.textContent = `This chart cannot be drawn: ${error.message}`;
      console.error(error);
    });
  }

  function withLogScale(value) {
    if (Array.isArray(value)) return value.map(withLogScale);
    if (value === null || typeof value !== "object") return value;
    const copy = {};
    for (const [key, item] of Object.entries(value)) {
      const isAxis = key === "y" && item !== null && typeof item === "object" && item.field !== undefined;
      copy[key] = isAxis ? { ...item, scale: { type: "log" } } : key === "data" ? item : withLogScale(item);
    }
    return copy;
  }

  const drawn = Promise.all(Object.entries(specs).map(([id, spec]) => draw(id, spec)));
  drawn.then(() => document.documentElement.setAttribute("data-drawn", "true"));

  for (const button of document.querySelectorAll("button.log")) {
    button.addEventListener("click", () => {
      const isLog = button.getAttribute("aria-pressed") !== "true";
      button.setAttribute("aria-pressed", String(isLog));
      const spec = specs[button.dataset.chart];
      draw(button.dataset.chart, isLog ? withLogScale(spec) : spec);
    });
  }

  for (const button of document.querySelectorAll("button.choice")) {
    button.addEventListener("click", () => {
      for (const each of button.parentElement.children) each.setAttribute("aria-pressed", String(each === button));
      views[button.dataset.chart].signal("shown", button.dataset.value).run();
    });
  }

  const selects = document.querySelectorAll("select.reference");
  for (const select of selects) {
    select.addEventListener("change", () => {
      for (const other of selects) if ([...other.options].some((each) => each.value === select.value)) other.value = select.value;
      for (const row of document.querySelectorAll("tr[data-group]")) row.hidden = row.dataset.group !== select.value;
      for (const view of Object.values(views)) if ("reference" in view.getState().signals) view.signal("reference", select.value).run();
    });
  }

  for (const button of document.querySelectorAll("button.sort")) {
    button.addEventListener("click", () => {
      const heading = button.closest("th");
      const column = heading.cellIndex;
      const other = { ascending: "descending", descending: "ascending" };
      const order = other[heading.getAttribute("aria-sort")] ?? button.dataset.first;
      const sign = order === "ascending" ? 1 : -1;
      const body = heading.closest("table").tBodies[0];
      const value = (row) => row.cells[column].dataset.value ?? "";
      const compare = (one, two) => {
        const [a, b] = [value(one), value(two)];
        if (a === "" || b === "") return (a === "") - (b === ""); // what has no value comes last, in either order
        const [x, y] = [Number(a), Number(b)];
        return sign * (Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y);
      };
      body.append(...[...body.rows].sort(compare));
      for (const each of heading.parentElement.cells) if (each.hasAttribute("aria-sort")) each.setAttribute("aria-sort", "none");
      heading.setAttribute("aria-sort", order);
    });
  }

  for (const form of document.querySelectorAll("form.threshold")) {
    const known = JSON.parse(form.dataset.thresholds);
    const { at, missed, alarm, cheapest, shown } = form.elements;
    const result = form.querySelector(".result");
    const share = (part, whole) => (whole > 0 ? (part / whole).toFixed(3) : "–");
    const cost = (place) => Number(missed.value) * (known.positives - known.true[place]) + Number(alarm.value) * known.false[place];
    at.max = known.thresholds.length - 1;
    at.value = known.thresholds.indexOf(known.used);
    function show() {
      const place = Number(at.value);
      const [hits, alarms] = [known.true[place], known.false[place]];
      const right = hits + known.negatives - alarms;
      shown.textContent = Number(known.thresholds[place].toPrecision(4));
      at.setAttribute("aria-valuetext", shown.textContent);
      result.textContent = `precision ${share(hits, hits + alarms)}, recall ${share(hits, known.positives)}, ` +
        `F1 ${share(2 * hits, hits + alarms + known.positives)}, accuracy ${share(right, known.positives + known.negatives)}; ` +
        `${known.positives - hits} missed, ${alarms} false alarms; cost ${Number(cost(place).toPrecision(6))}`;
    }
    for (const field of [at, missed, alarm]) field.addEventListener("input", show);
    cheapest.addEventListener("click", () => {
      at.value = known.thresholds.reduce((best, _, place) => (cost(place) < cost(best) ? place : best), 0);
      show();
    });
    form.addEventListener("submit", (event) => event.preventDefault());
    show();
  }

  for (const diagram of document.querySelectorAll(".diagram")) {
    const svg = diagram.querySelector("svg");
    const width = svg.viewBox.baseVal.width * 4 / 3;
    const fit = () => Math.min(1, (diagram.querySelector(".canvas").clientWidth - 20) / width);
    let factor = fit();
    const resize = () => { svg.setAttribute("width", `${width * factor}px`); svg.removeAttribute("height"); };
    resize();
    for (const button of diagram.querySelectorAll("button.zoom")) {
      button.addEventListener("click", () => {
        const by = Number(button.dataset.factor);
        factor = by === 0 ? fit() : Math.min(8, Math.max(0.1, factor * by));
        resize();
      });
    }
    for (const node of svg.querySelectorAll("g.node")) {
      node.addEventListener("click", () => {
        const name = node.querySelector("title").textContent;
        for (const row of document.querySelectorAll("tr.node")) {
          const isChosen = row.dataset.node === name;
          row.classList.toggle("chosen", isChosen);
          if (isChosen) row.scrollIntoView({ block: "center" });
        }
      });
    }
  }
})();
