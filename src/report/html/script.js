/* The page: filters, folds, dark and light, what stands behind the # of the address. */
const Address = (() => {
  /* `#id?key=value&…`: where to go, and how filters and sliders stand. */
  const read = () => {
    const text = location.hash.slice(1);
    const cut = text.indexOf("?");
    const id = cut < 0 ? text : text.slice(0, cut);
    return { id: decode(id), kept: new URLSearchParams(cut < 0 ? "" : text.slice(cut + 1)) };
  };
  const decode = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const kept = read().kept;

  function write(id = read().id) {
    const place = encodeURIComponent(id).replace(/%2F/g, "/").replace(/%40/g, "@");
    const state = kept.size ? `?${kept}` : "";
    const hash = place || state ? `#${place}${state}` : " ";
    try {
      history.replaceState(history.state, "", hash === " " ? location.pathname + location.search : hash);
    } catch {
      /* Some viewers allow no changes of the address; the page works without. */
    }
  }

  return {
    read,
    write,
    get: (key) => kept.get(key),
    set(key, value) {
      if (value) kept.set(key, value);
      else kept.delete(key);
      write();
    },
  };
})();

/* Opens what holds the element of the address and goes there. */
function goTo(id) {
  const found = id && document.getElementById(id);
  if (!found) return;
  for (let e = found; e; e = e.parentElement) if (e.localName === "details") e.open = true;
  found.scrollIntoView();
  const heading = found.querySelector("summary, h2, h3") ?? found;
  if (!heading.matches("summary")) heading.tabIndex = -1;
  heading.focus({ preventScroll: true });
}

addEventListener("hashchange", () => {
  const { id } = Address.read();
  goTo(id);
  /* A link names a place alone; what was kept stays. */
  Address.write(id);
});

document.addEventListener("click", (event) => {
  const link = event.target.closest?.('a[href^="#"]');
  /* To a place where we are already, no event tells. */
  if (link && decodeURIComponent(link.hash.slice(1)) === Address.read().id) {
    event.preventDefault();
    goTo(Address.read().id);
  }
});

(function theme() {
  const button = document.getElementById("theme");
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const root = document.documentElement;
  const store = (value) => {
    try {
      if (value === undefined) return localStorage.getItem("theme");
      localStorage.setItem("theme", value);
    } catch {
      /* Where nothing may be stored, the choice lasts as long as the page. */
    }
    return null;
  };
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const show = () => {
    button.textContent = isDark() ? "Light" : "Dark";
    button.setAttribute("aria-label", isDark() ? "Change to light colours" : "Change to dark colours");
  };
  const kept = store();
  if (kept === "dark" || kept === "light") root.dataset.theme = kept;
  button.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    store(root.dataset.theme);
    show();
  });
  dark.addEventListener("change", show);
  show();
  button.hidden = false;
})();

(function filters() {
  const form = document.getElementById("filters");
  if (!form) return;
  const [search, theorem, shown] = ["search", "theorem", "shown"].map((id) => document.getElementById(id));
  const rows = [...document.querySelectorAll("#verdicts tbody tr")].map((row) => ({
    row, ...row.dataset, words: `${row.dataset.words} ${row.textContent.toLowerCase()}`,
  }));
  const chosen = (name) =>
    [...form.querySelectorAll(`input[name="${name}"]:checked`)].map((box) => box.value);

  function apply() {
    const [verdicts, versions] = [chosen("verdict"), chosen("version")];
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const row of rows) {
      const fits = (!verdicts.length || verdicts.includes(row.verdict)) &&
        (!versions.length || versions.includes(row.version)) &&
        (!theorem.value || row.theorem === theorem.value) &&
        words.every((word) => row.words.includes(word));
      row.row.hidden = !fits;
      count += fits;
    }
    shown.textContent = `${count} of ${rows.length} claims shown`;
    Address.set("verdict", verdicts.join(" "));
    Address.set("version", versions.join(" "));
    Address.set("theorem", theorem.value);
    Address.set("search", search.value);
  }

  function restore() {
    const wanted = (key) => (Address.get(key) ?? "").split(" ");
    for (const box of form.querySelectorAll("input[type=checkbox]")) {
      box.checked = wanted(box.name).includes(box.value);
    }
    theorem.value = Address.get("theorem") ?? "";
    if (theorem.selectedIndex < 0) theorem.value = "";
    search.value = Address.get("search") ?? "";
  }

  form.addEventListener("input", apply);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(apply));
  form.hidden = false;
  restore();
  apply();
})();

(function folds() {
  const tools = document.getElementById("folds");
  if (!tools) return;
  const all = (open) => document.querySelectorAll("details.claim").forEach((d) => (d.open = open));
  document.getElementById("unfold").addEventListener("click", () => all(true));
  document.getElementById("fold").addEventListener("click", () => all(false));
  tools.hidden = false;

  let opened = [];
  addEventListener("beforeprint", () => {
    opened = [...document.querySelectorAll('details[data-print="essential"]:not([open])')];
    for (const d of opened) d.open = true;
  });
  addEventListener("afterprint", () => {
    for (const d of opened) d.open = false;
    opened = [];
  });
})();

goTo(Address.read().id);
