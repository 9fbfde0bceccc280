// Runs in the page: what a reader with low vision or a screen reader would miss, in words.
export function accessible() {
  const faults = [];
  const parse = (c) => {
    const [r, g, b, a = 1] = c.match(/[\d.]+/g).map(Number);
    return { r, g, b, a };
  };
  const part = (v) => (v / 255 <= 0.04045 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4);
  const luminance = (c) => 0.2126 * part(c.r) + 0.7152 * part(c.g) + 0.0722 * part(c.b);
  const ground = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = parse(getComputedStyle(at).backgroundColor);
      if (c.a === 1) return c;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const seen = new Set();
  for (const e of document.querySelectorAll("body *")) {
    if (e.closest("svg, script, noscript, math, [hidden]")) continue;
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own) continue;
    const [a, b] = [luminance(parse(getComputedStyle(e).color)), luminance(ground(e))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    const name = `${e.localName}.${e.className}`;
    if (ratio < 4.5 && !seen.has(name)) faults.push(`contrast ${ratio.toFixed(2)} of ${name}`);
    if (ratio < 4.5) seen.add(name);
  }
  for (const e of document.querySelectorAll("input, select, button")) {
    if (e.closest("[hidden]")) continue;
    const named = e.labels?.length || e.getAttribute("aria-label") || e.textContent.trim();
    if (!named) faults.push(`no name: ${e.outerHTML.slice(0, 80)}`);
  }
  for (const e of document.querySelectorAll("svg[role=img]")) {
    const by = e.getAttribute("aria-label") || document.getElementById(e.getAttribute("aria-labelledby")) || e.querySelector("title");
    if (!by) faults.push(`a picture without words: ${e.outerHTML.slice(0, 80)}`);
  }
  for (const t of document.querySelectorAll("main table, header table")) {
    if (!t.querySelector("th[scope=col]")) faults.push(`a table without headings: ${t.className}`);
  }
  let level = 0;
  for (const h of document.querySelectorAll("h1, h2, h3, h4")) {
    const now = Number(h.localName[1]);
    if (now > level + 1) faults.push(`from h${level} to h${now}: ${h.textContent}`);
    level = now;
  }
  for (const landmark of ["header", "main", "nav"]) {
    if (!document.querySelector(landmark)) faults.push(`no ${landmark}`);
  }
  return faults;
}
