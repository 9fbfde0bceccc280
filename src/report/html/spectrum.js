/* Eigenvalues of a real matrix: irreducible blocks, then Householder reduction to Hessenberg form and
   the QR algorithm with Francis' double shifts. Zeros that are exact cost no accuracy. */
const Spectrum = (() => {
  const EPSILON = 2 ** -52;
  const STEPS = 60;

  /* Strongly connected components of the entries that are not zero (Tarjan). */
  function components(a) {
    const n = a.length;
    const [number, low] = [new Array(n).fill(-1), new Array(n).fill(0)];
    const [stack, inside, found] = [[], new Array(n).fill(false), []];
    let count = 0;
    const visit = (v) => {
      number[v] = low[v] = count++;
      stack.push(v);
      inside[v] = true;
      for (let w = 0; w < n; w++) {
        if (a[v][w] === 0) continue;
        if (number[w] < 0) {
          visit(w);
          low[v] = Math.min(low[v], low[w]);
        } else if (inside[w]) {
          low[v] = Math.min(low[v], number[w]);
        }
      }
      if (low[v] !== number[v]) return;
      const part = [];
      let w;
      do {
        w = stack.pop();
        inside[w] = false;
        part.push(w);
      } while (w !== v);
      found.push(part.sort((i, j) => i - j));
    };
    for (let v = 0; v < n; v++) if (number[v] < 0) visit(v);
    return found;
  }

  /* Scales rows against columns by powers of two until their norms are alike. */
  function balance(a) {
    const n = a.length;
    for (let sweep = 0, again = true; again && sweep < 100; sweep++) {
      again = false;
      for (let i = 0; i < n; i++) {
        let [row, column] = [0, 0];
        for (let j = 0; j < n; j++) {
          if (j === i) continue;
          row += Math.abs(a[i][j]);
          column += Math.abs(a[j][i]);
        }
        if (row === 0 || column === 0) continue;
        const factor = 2 ** Math.round(Math.log2(row / column) / 2);
        if (column * factor + row / factor >= 0.95 * (row + column)) continue;
        again = true;
        for (let j = 0; j < n; j++) a[i][j] /= factor;
        for (let j = 0; j < n; j++) a[j][i] *= factor;
      }
    }
  }

  function hessenberg(a) {
    const n = a.length;
    for (let k = 0; k + 2 < n; k++) {
      const v = [];
      for (let i = k + 1; i < n; i++) v.push(a[i][k]);
      const size = Math.hypot(...v);
      if (size === 0) continue;
      v[0] += v[0] < 0 ? -size : size;
      const square = v.reduce((sum, x) => sum + x * x, 0);
      for (let j = k; j < n; j++) {
        let s = 0;
        v.forEach((x, i) => (s += x * a[k + 1 + i][j]));
        v.forEach((x, i) => (a[k + 1 + i][j] -= (2 * s * x) / square));
      }
      for (let i = 0; i < n; i++) {
        let s = 0;
        v.forEach((x, j) => (s += x * a[i][k + 1 + j]));
        v.forEach((x, j) => (a[i][k + 1 + j] -= (2 * s * x) / square));
      }
      for (let i = k + 2; i < n; i++) a[i][k] = 0;
    }
  }

  /* Both eigenvalues of [[p, q], [r, s]]. */
  function pair(p, q, r, s) {
    const half = (p - s) / 2;
    const square = half * half + q * r;
    if (square < 0) {
      const turn = Math.sqrt(-square);
      return [[s + half, turn], [s + half, -turn]];
    }
    const far = half + (half < 0 ? -1 : 1) * Math.sqrt(square);
    return [[s + far, 0], [far === 0 ? s : s - (q * r) / far, 0]];
  }

  /* One double-shift step on rows and columns l to n of a Hessenberg matrix. */
  function step(a, l, n, x, y, w) {
    let [m, p, q, r] = [n - 2, 0, 0, 0];
    for (; m >= l; m--) {
      const z = a[m][m];
      p = ((x - z) * (y - z) - w) / a[m + 1][m] + a[m][m + 1];
      q = a[m + 1][m + 1] - z - (x - z) - (y - z);
      r = a[m + 2][m + 1];
      const s = Math.abs(p) + Math.abs(q) + Math.abs(r);
      [p, q, r] = [p / s, q / s, r / s];
      if (m === l) break;
      const u = Math.abs(a[m][m - 1]) * (Math.abs(q) + Math.abs(r));
      const around = Math.abs(a[m - 1][m - 1]) + Math.abs(z) + Math.abs(a[m + 1][m + 1]);
      if (u <= EPSILON * Math.abs(p) * around) break;
    }
    for (let i = m + 2; i <= n; i++) {
      a[i][i - 2] = 0;
      if (i !== m + 2) a[i][i - 3] = 0;
    }
    for (let k = m; k < n; k++) {
      const last = k === n - 1;
      let scale = 1;
      if (k !== m) {
        [p, q, r] = [a[k][k - 1], a[k + 1][k - 1], last ? 0 : a[k + 2][k - 1]];
        scale = Math.abs(p) + Math.abs(q) + Math.abs(r);
        if (scale === 0) continue;
        [p, q, r] = [p / scale, q / scale, r / scale];
      }
      const s = (p < 0 ? -1 : 1) * Math.hypot(p, q, r);
      if (s === 0) continue;
      if (k !== m) a[k][k - 1] = -s * scale;
      else if (l !== m) a[k][k - 1] = -a[k][k - 1];
      p += s;
      const [f, g, h] = [p / s, q / s, r / s];
      [q, r] = [q / p, r / p];
      for (let j = k; j <= n; j++) {
        const t = a[k][j] + q * a[k + 1][j] + (last ? 0 : r * a[k + 2][j]);
        if (!last) a[k + 2][j] -= t * h;
        a[k + 1][j] -= t * g;
        a[k][j] -= t * f;
      }
      for (let i = l; i <= Math.min(n, k + 3); i++) {
        const t = f * a[i][k] + g * a[i][k + 1] + (last ? 0 : h * a[i][k + 2]);
        if (!last) a[i][k + 2] -= t * r;
        a[i][k + 1] -= t * q;
        a[i][k] -= t;
      }
    }
  }

  function irreducible(a) {
    if (a.length === 1) return [[a[0][0], 0]];
    if (a.length > 2) {
      balance(a);
      hessenberg(a);
    }
    const found = [];
    let size = 0;
    for (const row of a) for (const x of row) size += Math.abs(x);
    let [n, shift, steps] = [a.length - 1, 0, 0];
    while (n >= 0) {
      let l = n;
      for (; l > 0; l--) {
        const near = Math.abs(a[l - 1][l - 1]) + Math.abs(a[l][l]) || size;
        if (Math.abs(a[l][l - 1]) <= EPSILON * near) break;
      }
      if (l > 0) a[l][l - 1] = 0;
      if (l === n) {
        found.push([a[n][n] + shift, 0]);
        n -= 1;
        steps = 0;
      } else if (l === n - 1) {
        const both = pair(a[n - 1][n - 1], a[n - 1][n], a[n][n - 1], a[n][n]);
        found.push(...both.map(([re, im]) => [re + shift, im]));
        n -= 2;
        steps = 0;
      } else {
        let [x, y, w] = [a[n][n], a[n - 1][n - 1], a[n][n - 1] * a[n - 1][n]];
        if (steps === STEPS) throw new Error("eigenvalues did not converge");
        if (steps > 0 && steps % 10 === 0) {
          /* A shift out of the ordinary breaks cycles. */
          shift += x;
          for (let i = 0; i <= n; i++) a[i][i] -= x;
          const s = Math.abs(a[n][n - 1]) + Math.abs(a[n - 1][n - 2]);
          [x, y, w] = [0.75 * s, 0.75 * s, -0.4375 * s * s];
        }
        steps += 1;
        step(a, l, n, x, y, w);
      }
    }
    return found;
  }

  /* All eigenvalues [re, im] with multiplicity, the largest first. */
  function of(a) {
    const parts = components(a).flatMap((part) =>
      irreducible(part.map((i) => part.map((j) => a[i][j]))));
    return parts.sort((z, w) => Math.hypot(...w) - Math.hypot(...z) || w[0] - z[0] || w[1] - z[1]);
  }

  const radius = (eigenvalues) => eigenvalues.reduce((most, z) => Math.max(most, Math.hypot(...z)), 0);

  return { of, radius };
})();
