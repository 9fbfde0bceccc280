// Opens the report in Chromium and checks what a reader can do with it. See `run`.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { accessible } from "./contrast.mjs";
import { MUTATIONS } from "./teeth.mjs";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "../..");
const words = process.argv.slice(2);
const option = (name) => words.includes(name);
const pictures = option("--pictures") ? words[words.indexOf("--pictures") + 1] : null;
const report = resolve(words.find((w) => w.endsWith(".html")) ?? join(root, "reports/report.html"));
const program = process.env.BACKFIRE ??
  ["release", "debug"].map((p) => join(root, "target", p, "backfire")).find(existsSync);
if (!program) throw new Error("there is no program: run `cargo build --release`, or set BACKFIRE");

/** Numbers of the script and of the program differ by less than this, relative to 1 + their size. */
const TOLERANCE = 1e-9;
/** Points of each axis that are compared. */
const PARTS = Number(process.env.PARTS ?? 5);

const profile = mkdtempSync(join(tmpdir(), "backfire-browser-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  headless: true,
  args: [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
  ],
  viewport: { width: 1280, height: 900 },
});

const failures = [];
let checks = 0;
function check(what, holds, found = "") {
  checks += 1;
  if (!holds) failures.push(`${what}${found === "" ? "" : `: ${found}`}`);
}

/** A page that tells of every error and every request other than for itself. */
async function open(address, settings = {}) {
  const page = await context.newPage();
  if (settings.viewport) await page.setViewportSize(settings.viewport);
  if (settings.media) await page.emulateMedia(settings.media);
  page.on("console", (m) => {
    if (["error", "warning"].includes(m.type())) check("no message on the console", false, m.text());
  });
  page.on("pageerror", (e) => check("no error in the page", false, e.message));
  page.on("request", (r) => {
    const own = r.url().startsWith("file:") && r.isNavigationRequest();
    check("no request", own, r.url());
  });
  await page.goto(address);
  return page;
}

const numbers = new Map();
function ask(command, loop, settings, share) {
  const set = settings.flatMap(([name, value]) => ["--set", `${name}=${value}`]);
  const moved = share === null ? [] : ["--share", String(share)];
  const line = [command, loop, ...set, ...moved, "--format", "json"];
  const key = line.join(" ");
  if (!numbers.has(key)) {
    const text = execFileSync(program, line, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
    numbers.set(key, JSON.parse(text));
  }
  return numbers.get(key);
}

const gap = (a, b) => (a === b ? 0 : Math.abs(a - b) / (1 + Math.abs(b)));

/** How far two lists of eigenvalues are apart: each is given the nearest that is left. */
function apart(found, wanted) {
  if (found.length !== wanted.length) return Infinity;
  const left = [...wanted];
  let worst = 0;
  for (const z of found) {
    let best = 0;
    const distance = (w) => Math.hypot(z[0] - w[0], z[1] - w[1]) / (1 + Math.hypot(...w));
    for (let k = 1; k < left.length; k++) if (distance(left[k]) < distance(left[best])) best = k;
    worst = Math.max(worst, distance(left[best]));
    left.splice(best, 1);
  }
  return worst;
}

/** What the page shows, at full precision. */
const shown = (page) => page.evaluate(() => ({
  axes: [...document.querySelectorAll("#map-sliders input")].map((i) => i.value),
  marks: [...document.querySelectorAll("#map-spectrum .mark[data-re]")].map((m) =>
    [Number(m.dataset.order), Number(m.dataset.re), Number(m.dataset.im)]),
  influences: [...document.querySelectorAll("#map-influences tbody tr")].map((row) =>
    [...row.cells].map((c) => c.dataset.value ?? c.textContent)),
  orders: [...document.querySelectorAll("#map-orders tbody tr")].map((row) =>
    [...row.cells].map((c) => c.dataset.value ?? c.textContent)),
}));

/** Moves the sliders of a loop over a grid and compares; the worst gap, and where regimes differ. */
async function compare(page, loop, index, parts) {
  await page.selectOption("#map-loop", String(index));
  const sliders = await page.$$eval("#map-sliders input", (all) =>
    all.map((i) => ({ min: Number(i.min), max: Number(i.max), step: Number(i.step) })));
  const values = sliders.map((s) => Array.from({ length: parts }, (_, k) => {
    const at = s.min + Math.round(((s.max - s.min) * k) / (parts - 1) / s.step) * s.step;
    return Number(at.toPrecision(12));
  }));
  const points = values.reduce((all, axis) => all.flatMap((p) => axis.map((v) => [...p, v])), [[]]);
  const found = { points: 0, worst: 0, regimes: [] };
  for (const point of points) {
    await page.evaluate((to) => {
      [...document.querySelectorAll("#map-sliders input")].forEach((input, k) => {
        input.value = to[k];
        input.dispatchEvent(new Event("input", { bubbles: true }));
      });
    }, point);
    const page_ = await shown(page);
    const settings = loop.parameters.map((p, k) => [p.name, page_.axes[k]]);
    const share = page_.axes[loop.parameters.length];
    const spectrum = ask("spectrum", loop.name, settings, share);
    const influence = ask("influence", loop.name, settings, share);
    const worst = (x) => (found.worst = Math.max(found.worst, Number.isNaN(x) ? Infinity : x));
    for (const [k, [name, rate, converges]] of page_.orders.entries()) {
      const wanted = spectrum.orders.find((o) => o.order === name);
      if (!wanted) throw new Error(`${loop.name}: the program has no order ${name}`);
      const marks = page_.marks.filter((m) => m[0] === k).map((m) => m.slice(1));
      worst(apart(marks, wanted.eigenvalues));
      worst(gap(Number(rate), wanted.rate));
      if (converges !== (wanted.converges ? "yes" : "no")) found.regimes.push(`${point}: ${name}`);
    }
    influence.models.forEach((m, k) => {
      const [name, alignment, response, push, isolated, regime] = page_.influences[k];
      if (name !== m.model || regime !== m.regime) found.regimes.push(`${point}: ${name} ${regime}`);
      worst(gap(Number(alignment), m.alignment));
      worst(gap(Number(response), m.response));
      worst(gap(Number(push), m.push));
      if (m.isolated === null) found.regimes.push(...(isolated === "null" ? [] : [`${point}: isolated`]));
      else worst(gap(Number(isolated), m.isolated));
    });
    found.points += 1;
  }
  return found;
}

const address = pathToFileURL(report).href;
const loopsOf = (page) => page.evaluate(() => JSON.parse(document.getElementById("loops").textContent));

async function mapAgrees() {
  const page = await open(address);
  const loops = await loopsOf(page);
  for (const [index, loop] of loops.entries()) {
    const found = await compare(page, loop, index, PARTS);
    console.log(`${loop.name}: ${found.points} points, largest gap ${found.worst.toExponential(1)}`);
    check(`${loop.name}: numbers`, found.worst <= TOLERANCE, found.worst);
    check(`${loop.name}: regimes`, found.regimes.length === 0, found.regimes[0]);
    check(`${loop.name}: points`, found.points > 1, found.points);
  }
  await page.close();
}

/** The comparison has to notice a script that is wrong. */
async function hasTeeth() {
  const text = readFileSync(report, "utf8");
  for (const [what, from, to] of MUTATIONS) {
    if (text.split(from).length !== 2) throw new Error(`${what}: not once in the page: ${from}`);
    const file = join(profile, "broken.html");
    writeFileSync(file, text.replace(from, () => to));
    const page = await context.newPage();
    let noticed = "";
    page.on("pageerror", (e) => (noticed ||= e.message));
    await page.goto(pathToFileURL(file).href);
    try {
      for (const [index, loop] of (await loopsOf(page)).entries()) {
        const found = await compare(page, loop, index, 3);
        if (found.worst > TOLERANCE) noticed ||= `${loop.name}: gap ${found.worst.toExponential(1)}`;
        if (found.regimes.length) noticed ||= `${loop.name}: ${found.regimes[0]}`;
        if (noticed) break;
      }
    } catch (e) {
      noticed ||= e.message.split("\n")[0];
    }
    console.log(`broken on purpose, ${what}: ${noticed || "NOT NOTICED"}`);
    check(`noticed: ${what}`, noticed !== "");
    await page.close();
  }
}

const visible = (page) => page.$$eval("#verdicts tbody tr", (rows) => rows.filter((r) => !r.hidden).length);

async function filtersWork() {
  const page = await open(address);
  const all = await visible(page);
  check("all rows at first", all === (await page.$$("#verdicts tbody tr")).length && all > 100, all);
  const status = () => page.textContent("#shown");
  await page.check('#filters input[value="Refuted"]');
  const refuted = await visible(page);
  const counted = await page.$$eval("#verdicts tr[data-verdict=Refuted]", (r) => r.length);
  check("the filter by verdict", refuted === counted && refuted < all, refuted);
  check("the count is said", (await status()) === `${refuted} of ${all} claims shown`, await status());
  await page.check('#filters input[value="corrected"]');
  check("filters add up", (await visible(page)) < refuted);
  check("kept in the address", page.url().includes("verdict=Refuted") && page.url().includes("version=corrected"), page.url());
  await page.uncheck('#filters input[value="corrected"]');
  await page.fill("#search", "cross sign");
  const found = await page.$$eval("#verdicts tbody tr:not([hidden])", (r) => r.map((x) => x.textContent));
  check("search by all words", found.length > 0 && found.length < refuted, found.length);
  await page.fill("#search", "\\rho_q");
  check("search by LaTeX", (await visible(page)) > 0);
  const kept = page.url();
  const again = await open(kept);
  check("the address restores", (await visible(again)) === (await visible(page)) && (await again.inputValue("#search")) === "\\rho_q");
  await again.close();
  await page.click("#filters button[type=reset]");
  await page.waitForFunction(() => !location.hash.includes("Refuted"));
  check("reset", (await visible(page)) === all);
  await page.selectOption("#theorem", "cor_e2");
  const theorem = await page.$$eval("#verdicts tbody tr:not([hidden]) th", (r) => r.map((x) => x.textContent));
  check("by theorem", theorem.length > 2 && theorem.every((t) => t.startsWith("cor_e2/")), theorem.length);
  await page.close();
}

async function foldsWork() {
  const page = await open(`${address}#cor_e2/sign%23literal`);
  const isOpen = (id) => page.evaluate((i) => document.getElementById(i).open, id);
  check("a link to a claim opens it", await isOpen("cor_e2/sign#literal"));
  check("others stay folded", !(await isOpen("cor_e2/sign")));
  await page.check('#filters input[value="Proved"]');
  check("the place stays with the filter", page.url().includes("cor_e2/sign%23literal?verdict=Proved"), page.url());
  await page.click("#filters button[type=reset]");
  await page.click('#verdicts a[href="#cor_e2/sign"]');
  await page.waitForFunction(() => document.getElementById("cor_e2/sign").open);
  const body = await page.textContent('[id="cor_e2/sign"] .body');
  for (const what of ["backfire replay", "fails", "What holds instead", "Evidence"]) {
    check(`a refuted claim shows ${what}`, body.includes(what));
  }
  check("the witness is in MathML", (await page.$$('[id="cor_e2/sign"] .body math')).length > 5);
  await page.click("#unfold");
  check("unfold all", await page.$$eval("details.claim", (all) => all.every((d) => d.open)));
  await page.click("#fold");
  check("fold all", await page.$$eval("details.claim", (all) => all.every((d) => !d.open)));
  await page.close();
}

/** All that a mouse can do: by Tab, Enter, Space and arrows. */
async function keyboardWorks() {
  const page = await open(address);
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.className || document.activeElement.localName);
  await page.keyboard.press("Tab");
  check("first the way past the contents", (await focused()) === "skip", await focused());
  await page.keyboard.press("Tab");
  check("then the switch of colours", (await focused()) === "theme", await focused());
  const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
  check("focus is seen", ring !== "none", ring);
  await page.keyboard.press("Enter");
  const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
  check("the switch by keyboard", (await theme()) === "dark", await theme());
  await page.keyboard.press("Enter");
  await page.focus('#filters input[value="Refuted"]');
  await page.keyboard.press("Space");
  check("a filter by keyboard", (await visible(page)) < (await page.$$("#verdicts tbody tr")).length);
  await page.focus('#verdicts tbody tr:not([hidden]) a');
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.localName === "summary");
  await page.keyboard.press("Enter");
  const folded = () => page.evaluate(() => !document.activeElement.parentElement.open);
  check("a claim folds by keyboard", await folded());
  await page.keyboard.press("Space");
  check("and unfolds", !(await folded()));
  await page.focus("#slider-0");
  const before = (await shown(page)).influences[0][2];
  await page.keyboard.press("ArrowRight");
  check("a slider by keyboard", (await shown(page)).influences[0][2] !== before);
  check("the slider is kept in the address", page.url().includes("at="), page.url());
  await page.waitForFunction(() => document.getElementById("map-said").textContent.includes("rate"));
  await page.close();
}

async function looksRight() {
  for (const scheme of ["light", "dark"]) {
    const page = await open(address, { media: { colorScheme: scheme } });
    await page.evaluate(() => localStorage.removeItem("theme"));
    await page.reload();
    const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const light = (c) => Number(c.match(/\d+/)[0]) > 127;
    check(`${scheme} as the system says`, light(await ground()) === (scheme === "light"), await ground());
    await page.click("#theme");
    check(`${scheme} switched`, light(await ground()) !== (scheme === "light"), await ground());
    await page.click("#theme");
    await page.click("#unfold");
    const faults = await page.evaluate(accessible);
    check(`${scheme}: contrast, names, headings`, faults.length === 0, faults.slice(0, 5).join(" | "));
    await page.evaluate(() => localStorage.removeItem("theme"));
    await page.close();
  }
  for (const width of [360, 768, 1600]) {
    const page = await open(address, { viewport: { width, height: 800 } });
    await page.click("#unfold");
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    check(`nothing sticks out at ${width} pixels`, wide <= 0, wide);
    await page.close();
  }
}

async function printsWell() {
  const page = await open(address);
  const pdf = await page.pdf({ format: "A4", preferCSSPageSize: true });
  const pages = (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
  check("prints", pages > 10 && pages < 200, `${pages} pages`);
  console.log(`printed: ${pages} pages`);
  if (pictures) writeFileSync(join(pictures, "report.pdf"), pdf);
  await page.emulateMedia({ media: "print" });
  const hidden = await page.$$eval("#filters, #map-controls, .tool, .contents", (all) =>
    all.every((e) => getComputedStyle(e).display === "none"));
  check("no controls in print", hidden);
  await page.close();
}

async function loadsFast() {
  const page = await open(address);
  const times = await page.evaluate(() => {
    const [t] = performance.getEntriesByType("navigation");
    return [t.domContentLoadedEventEnd, t.loadEventEnd].map(Math.round);
  });
  await page.waitForSelector('#map-tool[data-ready="map"]', { timeout: 120_000 });
  const map = await page.evaluate(() => Math.round(performance.now()));
  console.log(`loaded in ${times[1]} ms, the map filled after ${map} ms`);
  await page.close();
}

/** What the parser of HTML makes of the page is what the parser of XML makes of it. */
async function readsTheSame() {
  const page = await open(address);
  const text = readFileSync(report, "utf8");
  const [html, xml] = await page.evaluate((source) => {
    /* The script has filled its own parts; the source is parsed anew. */
    const names = (doc) => [...doc.getElementsByTagName("*")].map((e) => e.localName).filter((n) => n !== "tbody");
    const parse = (type) => names(new DOMParser().parseFromString(source, type));
    const spaced = source.replace('<html lang', '<html xmlns="http://www.w3.org/1999/xhtml" lang');
    const noscript = /<noscript>[\s\S]*?<\/noscript>/g;
    return [parse("text/html"), names(new DOMParser().parseFromString(spaced.replace(noscript, (m) => m), "application/xhtml+xml"))];
  }, text);
  const first = html.findIndex((n, k) => n !== xml[k]);
  check("HTML and XML agree", first < 0 && html.length === xml.length, `${html.length} and ${xml.length}, from element ${first} (${html[first]} and ${xml[first]})`);
  await page.close();
}

async function takePictures() {
  mkdirSync(pictures, { recursive: true });
  const shot = async (name, settings, act) => {
    const page = await open(address, settings);
    await page.waitForSelector('#map-tool[data-ready="map"]', { timeout: 120_000 });
    await act?.(page);
    await page.waitForTimeout(400);
    await page.screenshot({ path: join(pictures, `${name}.png`) });
    await page.close();
  };
  const to = (id) => (page) => page.evaluate((i) => { location.hash = `#${i}`; }, id);
  for (const scheme of ["light", "dark"]) {
    const media = { colorScheme: scheme };
    const phone = { width: 390, height: 844 };
    await shot(`top-${scheme}`, { media });
    await shot(`claims-${scheme}`, { media }, to("claims"));
    await shot(`claim-${scheme}`, { media }, to("cor_e2/sign"));
    await shot(`claim-long-${scheme}`, { media }, to("prop_3_4/all_orders_contract"));
    await shot(`card-${scheme}`, { media }, async (page) => {
      await page.evaluate(() => (document.querySelector("#thm_3_6 details.card").open = true));
      await to("thm_3_6")(page);
    });
    await shot(`map-${scheme}`, { media }, to("map"));
    await shot(`phone-top-${scheme}`, { media, viewport: phone });
    await shot(`phone-claims-${scheme}`, { media, viewport: phone }, (page) =>
      page.evaluate(() => document.querySelector("#verdicts").scrollIntoView()));
    await shot(`phone-claim-${scheme}`, { media, viewport: phone }, to("cor_e2/sign"));
    await shot(`phone-map-${scheme}`, { media, viewport: phone }, to("map"));
  }
}

try {
  if (pictures) await takePictures();
  await loadsFast();
  await readsTheSame();
  await filtersWork();
  await foldsWork();
  await keyboardWorks();
  await looksRight();
  await printsWell();
  await mapAgrees();
  if (option("--teeth")) await hasTeeth();
} finally {
  await context.close();
  rmSync(profile, { recursive: true, force: true });
}
for (const failure of new Set(failures)) console.error(`FAILED ${failure}`);
console.log(`${checks} checks, ${failures.length} failed`);
process.exitCode = failures.length ? 1 : 0;
