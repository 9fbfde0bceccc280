/* The interactive map: sliders move a loop, and its regimes, spectra and influences follow. */
(function map() {
  const byId = (id) => document.getElementById(id);
  const tool = byId("map-tool");
  if (!tool) return;
  const loops = JSON.parse(byId("loops").textContent);
  const [loopBox, modelBox, orderBox] = ["map-loop", "map-model", "map-order"].map(byId);
  const sliders = byId("map-sliders");

  const REGIMES = {
    amplified: "amplified: with the push, at least as far as alone",
    dampened: "dampened: with the push, less far than alone",
    inverted: "inverted: against the push, curation backfires",
    rises: "no push of its own, rises",
    falls: "no push of its own, falls",
    still: "does not move",
    none: "no stable point",
    plain: "a stable point",
    unstable: "retraining does not converge",
  };
  const HATCH =
    '<pattern id="map-hatch" width="7" height="7" patternUnits="userSpaceOnUse" ' +
    'patternTransform="rotate(45)"><line class="hatch" x1="0" y1="0" x2="0" y2="7"/></pattern>';

  /* What the sliders move, and where it stands: parameters of the loop, then the share. */
  const state = { loop: null, axes: [], model: 0, order: 0 };
  let cells = null;
  let job = 0;

  const escaped = (text) =>
    text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);
  const figures = (x) => (x === null ? "–" : String(Number(x.toPrecision(6))).replace("-", "−"));

  /* A step that a person would choose, a hundredth of the range or less. */
  function step(lo, hi) {
    return 10 ** Math.floor(Math.log10((hi - lo) / 100));
  }

  function ticks(lo, hi, count) {
    const rough = (hi - lo) / count;
    const unit = 10 ** Math.floor(Math.log10(rough));
    const width = unit * [1, 2, 5, 10].find((m) => m * unit >= rough);
    const found = [];
    for (let k = Math.ceil(lo / width - 1e-9); k * width <= hi + 1e-9 * width; k++) {
      found.push(Number((k * width).toPrecision(12)));
    }
    return found;
  }

  function axesOf(loop) {
    const axes = loop.parameters.map((p) => ({
      name: p.name, about: p.about, lo: p.range[0], hi: p.range[1], value: p.value, share: false,
    }));
    if (loop.knob) {
      const { now, lo, hi } = Loops.knob(loop);
      const [kind, name] = [loop.knob.in_front, loop.models[loop.knob.model].name];
      axes.push({ name: "λ", about: `the ${kind} share of ${name}`, lo, hi, value: now, share: true });
    }
    return axes;
  }

  /* The loop with its axes at these values. */
  function point(values, only) {
    const parameters = state.axes.flatMap((a, k) => (a.share ? [] : [values[k]]));
    const share = state.axes.findIndex((a) => a.share);
    return Loops.at(state.loop, parameters, share < 0 ? null : values[share], only);
  }

  const values = () => state.axes.map((a) => a.value);

  /* The two axes of the picture: the first parameter and the share, as far as there are any. */
  function shown() {
    const last = state.axes.length - 1;
    return last < 0 ? [] : last === 0 ? [0] : [0, last];
  }

  function kind(found, model) {
    if (!found.stable) return "none";
    if (!found.influences) return "plain";
    const { regime, response } = found.influences[model];
    if (regime !== "indirect") return regime;
    return response > 0 ? "rises" : response < 0 ? "falls" : "still";
  }

  /* Of the picture; a strip where there is one axis alone. */
  const FRAME = { width: 560, left: 52, right: 12, top: 10, bottom: 46,
    get height() { return shown().length === 1 ? 150 : 400; } };

  function grid(columns, rows) {
    const [x, y] = shown();
    const at = values();
    const find = (i, j) => {
      const place = (axis, part) => axis.lo + part * (axis.hi - axis.lo);
      at[x] = place(state.axes[x], (i + 0.5) / columns);
      if (y !== undefined) at[y] = place(state.axes[y], (j + 0.5) / rows);
      const found = point(at, state.order);
      const models = state.loop.models.map((_, k) => kind(found, k));
      return { models, unstable: found.spectra[0].rate >= 1 };
    };
    return { columns, rows, find, known: [] };
  }

  /* Fills the map without holding up the page: roughly first, then finely. */
  function fill() {
    const mine = ++job;
    if (!shown().length) return;
    const flat = shown().length === 1;
    const passes = [grid(24, flat ? 1 : 16), grid(80, flat ? 1 : 54)];
    const work = () => {
      if (mine !== job) return;
      const [current] = passes;
      const until = performance.now() + 12;
      const all = current.columns * current.rows;
      while (current.known.length < all && performance.now() < until) {
        const k = current.known.length;
        current.known.push(current.find(k % current.columns, Math.floor(k / current.columns)));
      }
      if (current.known.length === all) {
        cells = passes.shift();
        paint();
      }
      if (passes.length) setTimeout(work);
      else tool.dataset.ready = "map";
    };
    delete tool.dataset.ready;
    setTimeout(work);
  }

  /* Neighbours in a row that are alike, as one rectangle. */
  function runs(of, width, height) {
    const out = [];
    for (let j = 0; j < cells.rows; j++) {
      for (let i = 0, from = 0; i < cells.columns; i = from) {
        const look = of(cells.known[j * cells.columns + i]);
        for (from = i; from < cells.columns && of(cells.known[j * cells.columns + from]) === look;) from++;
        if (!look) continue;
        const [x, w] = [i * width, (from - i) * width];
        const y = (cells.rows - 1 - j) * height;
        out.push([look, x.toFixed(2), y.toFixed(2), (w + 0.3).toFixed(2), (height + 0.3).toFixed(2)]);
      }
    }
    return out;
  }

  function paint() {
    const [x, y] = shown();
    if (x === undefined || !cells) return;
    const f = FRAME;
    const [w, h] = [f.width - f.left - f.right, f.height - f.top - f.bottom];
    const [cw, ch] = [w / cells.columns, h / cells.rows];
    const model = state.model;
    const rect = (look, [, rx, ry, rw, rh]) => `<rect ${look} x="${rx}" y="${ry}" width="${rw}" height="${rh}"/>`;
    const fills = runs((c) => c.models[model], cw, ch);
    const hatched = runs((c) => (c.unstable && c.models[model] !== "none" ? "unstable" : ""), cw, ch);
    const horizontal = state.axes[x];
    const scale = (axis, value, size) => ((value - axis.lo) / (axis.hi - axis.lo)) * size;
    const below = ticks(horizontal.lo, horizontal.hi, 6).map((t) => {
      const at = scale(horizontal, t, w);
      return `<path class="axis" d="M${at} ${h}v5"/><text x="${at}" y="${h + 19}" text-anchor="middle">${t}</text>`;
    });
    const vertical = y === undefined ? null : state.axes[y];
    const beside = vertical && ticks(vertical.lo, vertical.hi, 5).map((t) => {
      const at = h - scale(vertical, t, h);
      return `<path class="axis" d="M0 ${at}h-5"/><text x="-9" y="${at + 4}" text-anchor="end">${t}</text>`;
    });
    byId("map-regimes").innerHTML =
      `<svg class="regimes" viewBox="0 0 ${f.width} ${f.height}" role="img" aria-labelledby="map-said">` +
      `<defs>${HATCH}</defs><g transform="translate(${f.left} ${f.top})">` +
      `<g shape-rendering="crispEdges">${fills.map((r) => rect(`class="${r[0]}"`, r)).join("")}</g>` +
      hatched.map((r) => rect('fill="url(#map-hatch)"', r)).join("") +
      `<rect class="axis" width="${w}" height="${h}"/>${below.join("")}${(beside || []).join("")}` +
      `<text x="${w / 2}" y="${h + 38}" text-anchor="middle">${escaped(horizontal.name)}</text>` +
      (vertical ? `<text transform="translate(-38 ${h / 2}) rotate(-90)" text-anchor="middle">${escaped(vertical.name)}</text>` : "") +
      '<g id="map-here"></g></g></svg>';
    const looks = new Set(fills.map((r) => r[0]));
    if (hatched.length) looks.add("unstable");
    byId("map-regimes-legend").innerHTML = Object.keys(REGIMES).filter((k) => looks.has(k)).map((k) =>
      `<li><svg viewBox="0 0 16 16" aria-hidden="true"><rect width="16" height="16" ${
        k === "unstable" ? 'fill="url(#map-hatch)"' : `class="${k}"`}/><rect class="axis" width="16" height="16"/></svg>${REGIMES[k]}</li>`).join("");
    here();
  }

  /* Where the sliders stand. */
  function here() {
    const mark = byId("map-here");
    if (!mark) return;
    const [x, y] = shown();
    const [w, h] = [FRAME.width - FRAME.left - FRAME.right, FRAME.height - FRAME.top - FRAME.bottom];
    const part = (axis) => (axis.value - axis.lo) / (axis.hi - axis.lo);
    const cx = part(state.axes[x]) * w;
    const cy = y === undefined ? h / 2 : h - part(state.axes[y]) * h;
    const path = `M${cx} 0V${h}` + (y === undefined ? "" : `M0 ${cy}H${w}`);
    mark.innerHTML = `<path class="faint" d="${path}"/><circle class="halo" cx="${cx}" cy="${cy}" r="7"/>` +
      `<circle class="here" cx="${cx}" cy="${cy}" r="7"/>`;
  }

  const SHAPES = [
    (x, y, r) => `<circle cx="${x}" cy="${y}" r="${r}" `,
    (x, y, r) => `<path d="M${x - r} ${y - r}h${2 * r}v${2 * r}h${-2 * r}z" `,
    (x, y, r) => `<path d="M${x} ${y - 1.3 * r}l${1.2 * r} ${2.1 * r}h${-2.4 * r}z" `,
  ];

  function spectrum(spectra) {
    const most = Math.max(1, ...spectra.map((s) => s.rate));
    const [size, edge] = [400, 30];
    const reach = 1.15 * most;
    const unit = (size / 2 - edge) / reach;
    const place = (z) => [size / 2 + z[0] * unit, size / 2 - z[1] * unit];
    const axis = ticks(-reach, reach, 5).filter((t) => t !== 0).map((t) => {
      const at = size / 2 + t * unit;
      return `<path class="axis" d="M${at} ${size / 2 - 3}v6M${size / 2 - 3} ${size - at}h6"/>` +
        `<text x="${at}" y="${size / 2 + 17}" text-anchor="middle">${figures(t)}</text>` +
        `<text x="${size / 2 - 7}" y="${size - at + 4}" text-anchor="end">${figures(t)}i</text>`;
    });
    const marks = spectra.flatMap((s, k) => s.eigenvalues.map((z) => {
      const [x, y] = place(z);
      return SHAPES[k](x, y, 4.5) + `class="mark order-${k}" data-order="${k}" data-re="${z[0]}" data-im="${z[1]}"/>`;
    }));
    const said = spectra.map((s) => `${s.name}: spectral radius ${figures(s.rate)}`).join("; ");
    byId("map-spectrum").innerHTML =
      `<svg viewBox="0 0 ${size} ${size}" role="img" aria-label="Eigenvalues in the complex plane. ${escaped(said)}">` +
      `<path class="faint" d="M${edge / 2} ${size / 2}H${size - edge / 2}M${size / 2} ${edge / 2}V${size - edge / 2}"/>` +
      `<circle class="axis" cx="${size / 2}" cy="${size / 2}" r="${unit}"/>${axis.join("")}${marks.join("")}</svg>`;
    byId("map-spectrum-legend").innerHTML = spectra.map((s, k) =>
      `<li><svg viewBox="0 0 16 16" aria-hidden="true">${SHAPES[k](8, 8, 5)} class="mark order-${k}"/></svg>${escaped(s.name)}</li>`).join("");
  }

  function rows(id, all) {
    byId(id).tBodies[0].innerHTML = all.map((cells) =>
      `<tr>${cells.map((c, k) => {
        const tag = k === 0 ? 'th scope="row"' : "td";
        const number = typeof c === "number" || c === null;
        const data = number ? ` class="number" data-value="${c}"` : "";
        return `<${tag}${data}>${number ? figures(c) : escaped(c)}</${tag.slice(0, 2)}>`;
      }).join("")}</tr>`).join("");
  }

  let saying = 0;
  function say(found) {
    const where = state.axes.map((a) => `${a.name} = ${figures(a.value)}`).join(", ");
    const { name, rate } = found.spectra[state.order];
    const verb = rate < 1 ? "converges" : "does not converge";
    const moves = found.influences?.map((m) =>
      `J of ${m.model} ${m.regime}, dJ/dλ = ${figures(m.response)}`).join("; ");
    const what = found.stable ? moves ?? "there is a stable point" : "there is no stable point";
    clearTimeout(saying);
    /* Heard once the sliders rest. */
    saying = setTimeout(() => {
      byId("map-said").textContent =
        `${where ? `At ${where}: ` : ""}${name} retraining ${verb} (rate ${figures(rate)}); ${what}.`;
    }, 250);
  }

  function update() {
    const found = point(values());
    spectrum(found.spectra);
    rows("map-influences", (found.influences ?? []).map((m) =>
      [m.model, m.alignment, m.response, m.push, m.isolated, m.regime]));
    byId("map-influences").parentElement.hidden = !state.loop.knob;
    rows("map-orders", found.spectra.map((s) => [s.name, s.rate, s.rate < 1 ? "yes" : "no"]));
    here();
    say(found);
  }

  function keep() {
    Address.set("loop", state.loop === loops[0] ? "" : state.loop.name);
    const moved = state.axes.map((a) => `${a.share ? "share" : a.name}:${a.value}`);
    Address.set("at", moved.join(" "));
  }

  function move(k, value) {
    const axis = state.axes[k];
    axis.value = value;
    axis.input.value = value;
    axis.output.textContent = figures(value);
    if (!shown().includes(k)) fill();
    update();
  }

  function slider(axis, k) {
    const size = step(axis.lo, axis.hi);
    /* Values of the slider are whole steps; the ends of the share may lie between. */
    const [lo, hi] = [Math.ceil(axis.lo / size - 1e-9), Math.floor(axis.hi / size + 1e-9)];
    const tidy = (x) => Number((x * size).toPrecision(12));
    sliders.insertAdjacentHTML("beforeend",
      `<div class="slider"><label for="slider-${k}">${escaped(axis.name)}${axis.about ? `, ${escaped(axis.about)}` : ""}</label>` +
      `<output for="slider-${k}"></output><input type="range" id="slider-${k}" min="${tidy(lo)}" max="${tidy(hi)}" step="${size}"/></div>`);
    axis.input = byId(`slider-${k}`);
    axis.output = axis.input.previousElementSibling;
    axis.input.value = axis.value;
    axis.output.textContent = figures(axis.value);
    axis.input.addEventListener("input", () => {
      move(k, Number(axis.input.value));
      keep();
    });
  }

  const options = (box, words) =>
    (box.innerHTML = words.map((w, k) => `<option value="${k}">${escaped(w)}</option>`).join(""));

  function choose(loop, at) {
    state.loop = loop;
    state.axes = axesOf(loop);
    for (const axis of state.axes) {
      const given = at?.get(axis.share ? "share" : axis.name);
      if (given >= axis.lo && given <= axis.hi) axis.value = given;
    }
    const orders = Loops.orders(loop);
    options(modelBox, loop.models.map((m) => m.name));
    options(orderBox, orders.map((o) => o.name));
    state.model = 0;
    state.order = Math.max(0, orders.findIndex((o) => o.own));
    orderBox.value = state.order;
    modelBox.parentElement.hidden = !loop.knob;
    sliders.innerHTML = "";
    state.axes.forEach(slider);
    byId("map-regimes").closest("figure").hidden = !state.axes.length;
    cells = null;
    byId("map-regimes").innerHTML = "";
    update();
    fill();
  }

  loopBox.addEventListener("change", () => {
    choose(loops[Number(loopBox.value)]);
    keep();
  });
  modelBox.addEventListener("change", () => {
    state.model = Number(modelBox.value);
    paint();
  });
  orderBox.addEventListener("change", () => {
    state.order = Number(orderBox.value);
    update();
    fill();
  });
  byId("map-controls").addEventListener("submit", (event) => event.preventDefault());
  byId("map-regimes").addEventListener("click", (event) => {
    const svg = event.target.closest("svg");
    if (!svg) return;
    const box = svg.getBoundingClientRect();
    const at = new DOMPoint(event.clientX - box.left, event.clientY - box.top);
    const part = [
      ((at.x / box.width) * FRAME.width - FRAME.left) / (FRAME.width - FRAME.left - FRAME.right),
      1 - ((at.y / box.height) * FRAME.height - FRAME.top) / (FRAME.height - FRAME.top - FRAME.bottom),
    ];
    shown().forEach((k, n) => {
      const axis = state.axes[k];
      axis.input.value = axis.lo + Math.min(1, Math.max(0, part[n])) * (axis.hi - axis.lo);
      move(k, Number(axis.input.value));
    });
    keep();
  });

  options(loopBox, loops.map((l) => `${l.name}: ${l.title}`));
  loopBox.parentElement.hidden = loops.length < 2;
  const known = loops.findIndex((l) => l.name === Address.get("loop"));
  loopBox.value = Math.max(0, known);
  const at = new Map((Address.get("at") ?? "").split(" ").map((pair) => {
    const cut = pair.lastIndexOf(":");
    return [pair.slice(0, cut), Number(pair.slice(cut + 1))];
  }));
  tool.hidden = false;
  choose(loops[Math.max(0, known)], at);
})();
