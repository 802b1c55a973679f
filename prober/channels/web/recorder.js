// Tells the robot what a person does on the page, and what each thing they touch is called: by a name that stands for
// nothing else there, as `locate.py` understands names. Roles and names are the browser's own (computedRole, computedName).
(() => {
  "use strict";
  if (window.__prober_recording) return;
  Object.defineProperty(window, "__prober_recording", {value: true});

  const tell = window.__prober_act;
  const top = window === window.top;

  const CLICKABLE = new Set("button link tab menuitem checkbox radio switch option treeitem".split(" "));
  const PLACES = new Set("region form dialog group table navigation tabpanel list article main".split(" "));
  const LISTED = new Set(["row", "listitem", "article"]);
  const CONTROLS = "a[href], button, summary, input, select, textarea, option, label, [role], [onclick]";
  const TEXTS = "input:not([type=hidden], [type=checkbox], [type=radio], [type=file], [type=submit], [type=button], "
    + "[type=reset], [type=image], [type=range], [type=color]), textarea, [contenteditable]:not([contenteditable=false])";
  const BOXES = "input[type=checkbox], input[type=radio], input[type=file]";
  const FIELDS = "input:not([type=hidden]), textarea, select, [contenteditable], [role=textbox], [role=combobox]";
  const PREFIXED = /^[a-z]+\s*:/;
  const LONGEST = 40;

  // ---- what things are called ---------------------------------------------------------------------------------------
  const squeeze = (text) => (text || "").replace(/\s+/gu, " ").trim();
  const visible = (el) => el.checkVisibility({visibilityProperty: true, checkVisibilityCSS: true});
  const role = (el) => (el.computedRole === "image" ? "img" : el.computedRole);
  const named = (el) => squeeze(el.computedName);
  const all = (root, selector) => [...root.querySelectorAll(selector)].filter(visible);
  const fits = (name) => name && name.length <= LONGEST && !name.includes("${");
  const bare = (label) => label.replace(/^[\s*＊]+|[\s:：*＊]+$/gu, "");

  const labels = (el) => {
    const by = (el.getAttribute("aria-labelledby") || "").split(/\s+/u).map((id) => id && document.getElementById(id));
    const of = [...(el.labels || []), ...by].filter(Boolean).map((one) => squeeze(one.textContent));
    return [...of, squeeze(el.getAttribute("aria-label"))].filter(Boolean);
  };
  const hints = (el) => [...labels(el), ...[el.title, el.alt, el.placeholder].filter((one) => typeof one === "string").map(squeeze)];

  // The smallest elements whose text is *name*, as people see it.
  function saying(root, name) {
    const same = (el) => squeeze(el.textContent) === name;
    const found = [];
    const down = (el) => {
      if (!el.textContent.includes(name.slice(0, 1)) || el.matches("script, style, noscript, template")) return;
      const before = found.length;
      for (const child of el.children) down(child);
      if (found.length === before && same(el) && visible(el)) found.push(el);
    };
    down(root.body || root);
    return found;
  }

  // What a name stands for when it is clicked on: the first of these ways that finds anything.
  function clicked(root, name) {
    const controls = all(root, CONTROLS);
    const tiers = [
      () => controls.filter((el) => CLICKABLE.has(role(el)) && named(el) === name),
      () => all(root, "*").filter((el) => hints(el).includes(name)),
      () => saying(root, name),
    ];
    for (const tier of tiers) {
      const found = tier();
      if (found.length) return found;
    }
    return [];
  }

  const withRole = (root, kind, name) => all(root, CONTROLS).filter((el) => role(el) === kind && named(el) === name);

  // The same for a field.
  function filled(root, name) {
    const fields = all(root, FIELDS);
    const tiers = [
      (el) => labels(el).includes(name),
      (el) => labels(el).some((label) => bare(label) === name),
      (el) => squeeze(el.placeholder) === name,
      (el) => el.getAttribute("name") === name,
    ];
    for (const tier of tiers) {
      const found = fields.filter(tier);
      if (found.length) return found;
    }
    return [];
  }

  const meets = (one, other) => one === other || one.contains(other) || other.contains(one);
  const alone = (found, el) => found.length === 1 && meets(found[0], el);

  function clickName(root, el) {
    const names = [named(el), ...hints(el), squeeze(el.innerText)].filter(fits);
    const plain = names.find((name) => !PREFIXED.test(name) && alone(clicked(root, name), el));
    if (plain) return plain;
    const kind = role(el);
    const exact = CLICKABLE.has(kind) && names.find((name) => alone(withRole(root, kind, name), el));
    return exact ? `${kind}:${exact}` : "";
  }

  function fieldName(root, el) {
    const names = [...labels(el).map(bare), ...labels(el), squeeze(el.placeholder), el.getAttribute("name")].filter(fits);
    return names.find((name) => !PREFIXED.test(name) && alone(filled(root, name), el)) || "";
  }

  // The parts of the page that *name* stands for, as `in:` finds them.
  function places(name) {
    const every = all(document, "*");
    const tiers = [
      (el) => PLACES.has(role(el)) && named(el) === name,
      (el) => labels(el).includes(name),
      (el) => LISTED.has(role(el)) && squeeze(el.textContent).toLowerCase().includes(name.toLowerCase()),
    ];
    for (const tier of tiers) {
      const found = every.filter(tier);
      if (found.length) return found;
    }
    return [];
  }

  function wordsOf(el) {
    const found = [];
    const walker = document.createTreeWalker(el, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) found.push(squeeze(walker.currentNode.data));
    return found;
  }

  function placeNames(el) {
    const own = PLACES.has(role(el)) ? [named(el)] : [];
    const pieces = LISTED.has(role(el)) ? wordsOf(el) : [];
    const lasting = [...pieces.filter((text) => !/\d/u.test(text)), ...pieces]; // an amount may be another tomorrow
    return [...own, ...lasting].filter((name) => fits(name) && name.length > 1 && !PREFIXED.test(name));
  }

  const quoted = (value) => `"${value.replace(/["\\]/gu, "\\$&")}"`;
  const only = (selector) => document.querySelectorAll(selector).length === 1;

  function path(el) {
    const steps = [];
    for (let one = el; one && one !== document.documentElement; one = one.parentElement) {
      const id = one.id && !/\d{3}|^\d/u.test(one.id) ? `#${CSS.escape(one.id)}` : "";
      const like = one.parentElement ? [...one.parentElement.children].filter((each) => each.localName === one.localName) : [one];
      const nth = like.length > 1 ? `:nth-of-type(${like.indexOf(one) + 1})` : "";
      steps.unshift(id || one.localName + nth);
      if (only(steps.join(" > "))) break;
    }
    return `css:${steps.join(" > ")}`;
  }

  // A name for *el*: alone on the page, else within a part of it; else the way to it.
  function call(el, name) {
    const plain = name(document, el);
    if (plain) return {name: plain};
    for (let place = el.parentElement; place && place !== document.body; place = place.parentElement) {
      const inside = name(place, el);
      const of = inside && placeNames(place).find((one) => alone(places(one), place));
      if (of) return {name: inside, in: of};
    }
    const test = el.getAttribute("data-testid");
    if (test && only(`[data-testid=${quoted(test)}]`)) return {name: `testid:${test}`};
    return {name: path(el)};
  }

  // ---- what a person does -------------------------------------------------------------------------------------------
  const HEADINGS = ["h1", "[role=heading]", "h2", "h3", "legend"]; // what tells most of a page first
  const headings = () => {
    const found = HEADINGS.flatMap((selector) => all(document, selector).map((el, _, every) => [squeeze(el.innerText), every.length > 1 ? "" : selector]));
    return found.filter(([text]) => fits(text) && !/\d/u.test(text)).slice(0, 12);
  };
  const page = () => ({headings: headings(), words: squeeze(document.body?.innerText).slice(0, 50_000)});
  const say = (kind, more) => tell({kind, ...more});
  const target = (event) => event.composedPath()[0];

  function click(event) {
    const el = target(event);
    if (!event.isTrusted || !(el instanceof Element)) return;
    const control = el.closest(CONTROLS) || el;
    const label = el.closest("label");
    if (label && label.control) return; // its field tells
    if (control.matches(`${TEXTS}, ${BOXES}, select, option`)) return;
    // What Enter in a field sends is the form's own click.
    if (event.detail === 0 && document.activeElement !== control && !control.contains(document.activeElement)) return;
    say("click", {...page(), ...call(control, clickName)});
  }

  const called = new WeakMap(); // what a field was called when it was touched first: its form may change meanwhile
  function fieldOf(el) {
    if (!called.has(el)) called.set(el, call(el, fieldName));
    return called.get(el);
  }

  function input(event) {
    const el = target(event);
    if (!(el instanceof Element) || !el.matches(TEXTS)) return;
    const secret = el.type === "password";
    const once = el.autocomplete === "one-time-code";
    say("fill", {value: el.value ?? el.innerText, secret, once, ...fieldOf(el)});
  }

  function group(el) {
    for (let one = el.parentElement; one; one = one.parentElement) {
      if (["radiogroup", "group"].includes(role(one)) && fits(named(one))) return named(one);
    }
    return "";
  }

  function change(event) {
    const el = target(event);
    if (!(el instanceof Element)) return;
    if (el.matches("select")) say("choose", {value: squeeze(el.selectedOptions[0]?.label), ...fieldOf(el)});
    else if (el.matches("[type=file]")) for (const file of el.files) say("upload", {value: file.name, ...fieldOf(el)});
    else if (el.matches("[type=radio]") && group(el) && fits(named(el))) say("choose", {name: group(el), value: named(el)});
    else if (el.matches("[type=checkbox], [type=radio]")) say("check", {checked: el.checked, ...fieldOf(el)});
  }

  function keydown(event) {
    const el = target(event);
    if (!event.isTrusted || event.isComposing || !(el instanceof Element)) return;
    if (event.altKey && event.code === "KeyS") {
      event.preventDefault();
      const text = squeeze(String(getSelection()));
      if (text) say("see", {value: text.slice(0, 80)});
      return;
    }
    const list = el.matches("[role=combobox], [aria-autocomplete], [list]") && ["ArrowDown", "ArrowUp"].includes(event.key);
    const sends = event.key === "Enter" && el.matches(TEXTS) && !el.matches("textarea, [contenteditable]");
    if (list || sends || event.key === "Escape") say("press", {value: event.key, ...page()});
  }

  for (const [type, listener] of Object.entries({click, input, change, keydown})) window.addEventListener(type, listener, true);

  // ---- which page is shown ------------------------------------------------------------------------------------------
  let shown = "";
  const show = () => {
    const now = headings();
    if (!document.body || JSON.stringify(now) === shown) return;
    shown = JSON.stringify(now);
    say("shown", {headings: now});
  };
  if (top) {
    let soon = 0;
    const look = () => {
      soon ||= setTimeout(() => {
        soon = 0;
        show();
      }, 100);
    };
    new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
    window.addEventListener("load", show);
  }
})();
