"use strict";
/* The numbers of an affine loop: its Jacobian, stable point, spectra and influences, from the matrices
   that the page carries. What the program prints is computed by other means; a test compares them. */
const Loops = (() => {
  const EPSILON = 2 ** -52;
  /* As in the program: rounding is no dampening, and a push this small is none. */
  const EQUAL = 1e-12;
  const SILENT = 1e-13;
  const KINDS = ["real", "raw", "curated"];
  const STEP = 0.1;

  const zeros = (rows, columns) => Array.from({ length: rows }, () => new Array(columns).fill(0));
  const identity = (n) => zeros(n, n).map((row, i) => ((row[i] = 1), row));
  function dot(x, y) {
    let sum = 0;
    for (let i = 0; i < x.length; i++) sum += x[i] * y[i];
    return sum;
  }
  const norm = (x) => Math.hypot(...x);
  const times = (a, x) => a.map((row) => dot(row, x));

  function product(a, b) {
    const out = zeros(a.length, b.length ? b[0].length : 0);
    for (let i = 0; i < a.length; i++) {
      for (let k = 0; k < b.length; k++) {
        const x = a[i][k];
        if (x !== 0) for (let j = 0; j < out[i].length; j++) out[i][j] += x * b[k][j];
      }
    }
    return out;
  }

  /* The function that solves a x = b for a square a; null where a is singular to rounding. */
  function solver(a) {
    const n = a.length;
    const lu = a.map((row) => row.slice());
    const order = lu.map((_, i) => i);
    let largest = 0;
    for (const row of lu) for (const x of row) largest = Math.max(largest, Math.abs(x));
    for (let k = 0; k < n; k++) {
      let pivot = k;
      for (let i = k + 1; i < n; i++) {
        if (Math.abs(lu[i][k]) > Math.abs(lu[pivot][k])) pivot = i;
      }
      if (!(Math.abs(lu[pivot][k]) > n * EPSILON * largest)) return null;
      [lu[k], lu[pivot]] = [lu[pivot], lu[k]];
      [order[k], order[pivot]] = [order[pivot], order[k]];
      const top = lu[k];
      for (let i = k + 1; i < n; i++) {
        const row = lu[i];
        if (row[k] === 0) continue;
        const factor = (row[k] /= top[k]);
        for (let j = k + 1; j < n; j++) row[j] -= factor * top[j];
      }
    }
    return (b) => {
      const x = order.map((i) => b[i]);
      for (let k = 0; k < n; k++) for (let i = 0; i < k; i++) x[k] -= lu[k][i] * x[i];
      for (let k = n - 1; k >= 0; k--) {
        for (let i = k + 1; i < n; i++) x[k] -= lu[k][i] * x[i];
        x[k] /= lu[k][k];
      }
      return x;
    };
  }

  function dense(matrix, values) {
    const out = zeros(matrix.rows, matrix.columns);
    const factor = matrix.parameter === null ? 1 : values[matrix.parameter];
    for (const [i, j, x] of matrix.entries) out[i][j] = x * factor;
    return out;
  }

  /* What the mean of its data does to the optimum of a model, H^-1 B; kept where no parameter moves it. */
  const kept = new WeakMap();
  function response(model, values) {
    if (kept.has(model)) return kept.get(model);
    const [solve, data] = [solver(dense(model.hessian, values)), dense(model.data, values)];
    const out = zeros(model.hessian.rows, model.data.columns);
    for (let j = 0; j < model.data.columns; j++) {
      solve(data.map((row) => row[j])).forEach((x, i) => (out[i][j] = x));
    }
    if (model.hessian.parameter === null && model.data.parameter === null) kept.set(model, out);
    return out;
  }

  const share = (model, kind) =>
    model.components.reduce((sum, c) => sum + (c.kind === kind ? c.weight : 0), 0);

  /* How fast each weight of the knob's model changes with the share in front of the knob, that share
     itself, and between which shares no weight is negative. */
  function knob(loop) {
    const { model: index, target, in_front } = loop.knob;
    const model = loop.models[index];
    const now = share(model, in_front);
    const distance = target[KINDS.indexOf(in_front)] - now;
    const rates = model.components.map((c) => {
      const all = share(model, c.kind);
      const goal = all === 0 ? 0 : (target[KINDS.indexOf(c.kind)] * c.weight) / all;
      return (goal - c.weight) / distance;
    });
    let [lo, hi] = [0, 1];
    model.components.forEach((c, k) => {
      if (rates[k] > 0) lo = Math.max(lo, now - c.weight / rates[k]);
      if (rates[k] < 0) hi = Math.min(hi, now - c.weight / rates[k]);
    });
    return { rates, now, lo, hi };
  }

  /* The loop where its parameters have `values` and the share in front of the knob is `to`. */
  function setting(loop, values, to) {
    const turn = loop.knob ? knob(loop) : null;
    let start = 0;
    const models = loop.models.map((m, index) => {
      const turned = turn && index === loop.knob.model;
      const hessian = dense(m.hessian, values);
      const first = start;
      start += hessian.length;
      return {
        name: m.name, hessian, first, size: hessian.length,
        response: response(m, values),
        linear: m.linear, curvature: dense(m.curvature, values),
        components: m.components.map((c, k) => ({
          from: c.from, offset: c.offset, channel: dense(c.channel, values),
          weight: c.weight + (turned ? turn.rates[k] * (to - turn.now) : 0),
          rate: turned ? turn.rates[k] : 0,
        })),
      };
    });
    return { models, size: start };
  }

  /* The Jacobian of simultaneous retraining, and where a round takes the state 0. */
  function linearised({ models, size }) {
    const jacobian = zeros(size, size);
    const origin = new Array(size).fill(0);
    for (const m of models) {
      for (const c of m.components) {
        times(m.response, c.offset).forEach((x, i) => (origin[m.first + i] += c.weight * x));
        if (c.from === null) continue;
        const maker = models[c.from];
        product(m.response, c.channel).forEach((row, i) => {
          const into = jacobian[m.first + i];
          for (let j = 0; j < row.length; j++) into[maker.first + j] += c.weight * row[j];
        });
      }
    }
    return { jacobian, origin };
  }

  /* I - J */
  const minus = (jacobian) => jacobian.map((row, i) => row.map((x, j) => (i === j ? 1 : 0) - x));
  const block = (vector, m) => vector.slice(m.first, m.first + m.size);
  const own = (jacobian, m) =>
    jacobian.slice(m.first, m.first + m.size).map((row) => row.slice(m.first, m.first + m.size));

  /* How fast the optima move with the knob while the makers of their data stand still. */
  function forcing(models, state) {
    const b = new Array(state.length).fill(0);
    for (const m of models) {
      for (const c of m.components) {
        if (c.rate === 0) continue;
        const moved = c.from === null ? [] : times(c.channel, block(state, models[c.from]));
        const mean = c.offset.map((x, i) => x + (moved[i] ?? 0));
        times(m.response, mean).forEach((x, i) => (b[m.first + i] += c.rate * x));
      }
    }
    return b;
  }

  function regime(response, push, isolated, silent) {
    if (silent) return "indirect";
    if (response * push < 0) return "inverted";
    const alone = isolated === null ? Infinity : Math.abs(isolated);
    return Math.abs(response) >= (1 - EQUAL) * alone ? "amplified" : "dampened";
  }

  function influence(m, jacobian, state, b, change) {
    const [x, push] = [block(state, m), block(b, m)];
    const bent = times(m.curvature, x);
    const gradient = m.linear.map((g, i) => g - bent[i]);
    const alone = solver(minus(own(jacobian, m)))?.(push) ?? null;
    const found = {
      model: m.name,
      alignment: dot(m.linear, x) - dot(x, bent) / 2,
      response: dot(gradient, block(change, m)),
      push: dot(gradient, push),
      isolated: alone && dot(gradient, alone),
    };
    const silent = Math.abs(found.push) <= SILENT * norm(gradient) * norm(push);
    return { ...found, regime: regime(found.response, found.push, found.isolated, silent) };
  }

  /* The Jacobian of a round of an order, from that of simultaneous retraining. */
  function round(order, jacobian, models) {
    if (order === "simultaneous") return jacobian;
    if ("sequential" in order) {
      let all = identity(jacobian.length);
      for (const i of order.sequential) {
        const m = models[i];
        const part = product(jacobian.slice(m.first, m.first + m.size), all);
        all = all.map((row, k) => part[k - m.first] ?? row);
      }
      return all;
    }
    const out = identity(jacobian.length);
    const pull = minus(jacobian);
    for (const m of models) {
      product(m.hessian, pull.slice(m.first, m.first + m.size)).forEach((row, i) =>
        row.forEach((x, j) => (out[m.first + i][j] -= order.incremental * x)));
    }
    return out;
  }

  /* Simultaneous, sequential, incremental; the loop's own among them, unless it switches. */
  function orders(loop) {
    const names = (list) => list.map((i) => loop.models[i].name).join(", ");
    const list = loop.order.sequential ?? loop.models.map((_, i) => i);
    const step = loop.order.incremental ?? STEP;
    return [
      { name: "simultaneous", rule: "simultaneous", own: loop.order === "simultaneous" },
      { name: `sequential ${names(list)}`, rule: { sequential: list },
        own: Boolean(loop.order.sequential) },
      { name: `incremental, step ${step}`, rule: { incremental: step },
        own: loop.order.incremental !== undefined },
    ];
  }

  /* Everything about the loop at a point; of one order alone, or of all. */
  function at(loop, values, to, only) {
    const { models, size } = setting(loop, values, to);
    const { jacobian, origin } = linearised({ models, size });
    const wanted = orders(loop).filter((_, k) => only === undefined || k === only);
    const spectra = wanted.map(({ name, rule }) => {
      const eigenvalues = Spectrum.of(round(rule, jacobian, models));
      return { name, eigenvalues, rate: Spectrum.radius(eigenvalues) };
    });
    const solve = solver(minus(jacobian));
    const stable = solve && solve(origin);
    const b = stable && loop.knob && forcing(models, stable);
    const change = b && solve(b);
    const influences = change && models.map((m) => influence(m, jacobian, stable, b, change));
    return { spectra, stable, influences };
  }

  return { at, knob, orders };
})();
