// Watches the page from inside, so that an instant is stamped where and when it happens.
//
// It remembers when each node came or changed. Whoever asks later still learns when a text appeared: the latest stamp
// of the element that shows it. Asking (`look`) also arms it: until then it is silent, afterwards it tells the robot,
// at most once a frame, that something has changed. All instants are performance.now() of this document, in ms.
(() => {
  "use strict";
  if (window.__prober) return;

  const tell = window.__prober_tell;
  const now = performance.now.bind(performance);
  const origin = performance.timeOrigin;
  const say = (kind, more) => tell({kind, origin, now: now(), ...more});

  // ---- what came and went -------------------------------------------------------------------------------------------
  const stamps = new WeakMap(); // node -> when it came, or its text or its style changed
  const emptied = new WeakMap(); // node -> when a child was taken away
  const gone = []; // what was taken away, and when
  let armedUntil = 0;
  let announcing = false;
  let kept = null; // the element that is waited to go, and when it was taken away

  function announce() {
    if (announcing || now() > armedUntil) return;
    announcing = true;
    requestAnimationFrame(() => {
      announcing = false;
      say("changed");
    });
  }

  function remember(text, at) {
    if (!text || !text.trim()) return;
    gone.push({origin, at, text: text.slice(0, 2000)});
    if (gone.length > 200) gone.shift();
  }

  function note(records) {
    if (!records.length) return;
    const at = now();
    for (const record of records) {
      if (record.type === "childList") {
        for (const node of record.addedNodes) stamps.set(node, at);
        for (const node of record.removedNodes) {
          remember(node.textContent, at);
          if (kept && node.contains(kept.el)) kept.at = at;
        }
        if (record.removedNodes.length) emptied.set(record.target, at);
      } else {
        stamps.set(record.target, at);
        if (record.type === "characterData") remember(record.oldValue, at);
      }
    }
    announce();
  }

  const observer = new MutationObserver(note);
  observer.observe(document, {
    subtree: true,
    childList: true,
    characterData: true,
    characterDataOldValue: true,
    attributes: true,
    attributeFilter: ["class", "style", "hidden", "open", "value", "disabled", "checked", "aria-disabled", "aria-checked"],
  });

  // What changes what is seen without changing the document.
  const restyle = (event) => {
    const sheet = event.type === "load";
    if (sheet && event.target.localName !== "link") return;
    stamps.set(sheet ? document.documentElement : event.target, now());
    announce();
  };
  for (const type of ["transitionend", "animationend", "toggle", "load"]) {
    document.addEventListener(type, restyle, true);
  }
  window.addEventListener("load", () => setTimeout(() => say("changed")));
  setInterval(announce, 250); // and what no event tells of: a media query, a script's own style sheet

  // ---- what the robot did -------------------------------------------------------------------------------------------
  const handled = new MessageChannel();
  handled.port1.onmessage = () => say("handled", {at: now()});
  const input = (event) => {
    const at = now();
    say("input", {at, delay: Math.max(at - event.timeStamp, 0)});
    handled.port2.postMessage(0); // its turn comes after all listeners of the event
  };
  for (const type of ["click", "keydown", "input", "change"]) window.addEventListener(type, input, true);

  // ---- what is there ------------------------------------------------------------------------------------------------
  const visible = (el) => el.checkVisibility({visibilityProperty: true, checkVisibilityCSS: true});
  const squeeze = (text) => text.normalize("NFKC").replace(/\s+/gu, "");
  const typed = (el) => (el.type === "password" ? "•".repeat(el.value.length) : el.value);
  const text = (el) => (el.matches("input, textarea") ? typed(el) : el.innerText) || "";

  function since(el) {
    note(observer.takeRecords());
    let at = emptied.get(el) || 0;
    for (let node = el; node; node = node.parentNode) at = Math.max(at, stamps.get(node) || 0);
    const walker = document.createTreeWalker(el);
    while (walker.nextNode()) {
      at = Math.max(at, stamps.get(walker.currentNode) || 0, emptied.get(walker.currentNode) || 0);
    }
    return at;
  }

  // The smallest elements under root whose text matches; hidden ones where what is wanted is what is not seen.
  function smallest(root, expression, hidden) {
    const here = (el, words) => expression.test(squeeze(words)) && !el.matches("script, style, noscript, template");
    const found = [];
    const down = (el) => {
      if (found.length >= 20 || !here(el, el.textContent)) return false;
      let deeper = false;
      for (const child of el.children) deeper = down(child) || deeper;
      if (deeper) return true;
      if (hidden ? visible(el) : !visible(el) || !here(el, el.innerText ?? el.textContent)) return false;
      found.push(el);
      return true;
    };
    down(root);
    return found;
  }

  const around = (el) => [el, el.parentElement, el.parentElement?.parentElement].filter((one) => one && one !== document.body);
  const told = (el) => around(el).map((one) => ({origin, since: since(one), text: text(one)}));

  // ---- what people call things --------------------------------------------------------------------------------------
  const clean = (words) => (words || "").replace(/\s+/gu, " ").trim().slice(0, 40);
  const label = (el) =>
    clean(el.labels?.[0]?.innerText || el.getAttribute("aria-label") || el.getAttribute("placeholder") || el.name);
  const clickable = "a[href], button, [role=button], [role=link], [role=tab], [role=menuitem], summary, label";
  const buttons = "input[type=submit], input[type=button], input[type=reset]";
  const fields = "input:not([type=hidden]):not([type=submit]):not([type=button]), textarea, select";
  const names = {
    click: [
      `${clickable}, ${buttons}`,
      (el) => clean(el.innerText || el.value || el.getAttribute("aria-label") || el.title),
    ],
    fill: [fields, label],
    place: ["[aria-label], legend, caption, h1, h2, h3", (el) => clean(el.getAttribute("aria-label") || el.innerText)],
  };

  // The first few are enough to show what there is; on a page of thousands all would take seconds.
  function namesOf(kind) {
    const [selector, name] = names[kind];
    const found = new Set();
    const until = now() + 300;
    for (const el of document.querySelectorAll(selector)) {
      if (found.size >= 60 || now() > until) break;
      if (visible(el)) found.add(name(el));
    }
    return [...found].filter(Boolean);
  }

  // ---- for a picture of the page --------------------------------------------------------------------------------------
  const box = (el) => {
    const {x, y, width, height} = el.getBoundingClientRect();
    return [x, y, width, height];
  };
  const inView = ([x, y, width, height]) =>
    width > 0 && height > 0 && x < innerWidth && y < innerHeight && x + width > 0 && y + height > 0;
  const inline = (el) => getComputedStyle(el).display.startsWith("inline");
  const whole = (el) => el.childElementCount > 1 && [...el.children].every(inline);

  const chosen = (el) => [...el.selectedOptions].map((option) => option.label).join("\n");

  // Every element with words of its own, in view or on the *whole* page, in document order; *end* is past the last one
  // inside it.
  function written(whole_page) {
    const found = [];
    const shown = whole_page ? ([, , width, height]) => width > 0 && height > 0 : inView;
    const [left, top] = whole_page ? [scrollX, scrollY] : [0, 0];
    const down = (el) => {
      const at = found.length;
      const field = el.matches("input, textarea, select");
      const own = [...el.childNodes].map((node) => (node.nodeType === Node.TEXT_NODE ? node.data : "")).join("");
      const place = box(el);
      if ((field || own.trim() || whole(el)) && shown(place) && visible(el)) {
        const words = field ? `${el.value}\n${el.matches("select") ? chosen(el) : el.placeholder || ""}` : (el.innerText ?? el.textContent);
        found.push({text: words, own, secret: el.type === "password", box: [place[0] + left, place[1] + top, place[2], place[3]], end: 0});
      }
      const began = found.length;
      for (const child of [...el.children, ...(el.shadowRoot?.children ?? [])]) down(child);
      if (began > at) found[at].end = found.length;
    };
    if (document.body) down(document.body);
    return found;
  }

  function describe(el) {
    const kind = el.getAttribute("role") || {a: "link", input: el.type}[el.localName] || el.localName;
    const own = clean(el.matches(buttons) ? el.value : el.matches(fields) ? label(el) : el.innerText || label(el));
    const place = el.closest("[id], header, nav, main, footer, form, dialog, table");
    const where = place && place !== el ? ` in ${place.id ? `#${place.id}` : place.localName}` : el.id ? ` #${el.id}` : "";
    return `${kind} «${own}»${where}`;
  }

  // ---- how the page fared -------------------------------------------------------------------------------------------
  let lcp = null;
  const pending = []; // takes in what an observer has not been told of yet
  const watch = (type, entry, more) => {
    if (!PerformanceObserver.supportedEntryTypes.includes(type)) return;
    const watcher = new PerformanceObserver((list) => list.getEntries().forEach(entry));
    watcher.observe({type, buffered: true, ...more});
    pending.push(() => watcher.takeRecords().forEach(entry));
  };
  watch("largest-contentful-paint", (entry) => (lcp = entry.startTime));

  // The worst burst of shifts: no more than 1 s apart, and 5 s in all (web.dev/cls).
  let cls = 0;
  let burst = {sum: 0, began: -Infinity, last: -Infinity};
  watch("layout-shift", ({hadRecentInput, startTime, value}) => {
    if (hadRecentInput) return;
    const goesOn = startTime - burst.last < 1000 && startTime - burst.began < 5000;
    burst = goesOn ? {...burst, sum: burst.sum + value, last: startTime} : {sum: value, began: startTime, last: startTime};
    cls = Math.max(cls, burst.sum);
  });

  // The slowest interaction; of fifty, one may be slower (web.dev/inp).
  const interactions = new Map();
  const interaction = ({interactionId, duration}) => {
    if (interactionId) interactions.set(interactionId, Math.max(interactions.get(interactionId) || 0, duration));
  };
  watch("event", interaction, {durationThreshold: 16});
  watch("first-input", interaction);
  const inp = () => [...interactions.values()].sort((a, b) => b - a)[Math.floor(interactions.size / 50)] ?? null;

  const requests = {count: 1, bytes: 0, slowest: 0, slowest_name: ""};
  watch("resource", ({name, duration, transferSize}) => {
    requests.count += 1;
    requests.bytes += transferSize;
    if (duration > requests.slowest) Object.assign(requests, {slowest: duration, slowest_name: name});
  });

  function vitals() {
    const page = performance.getEntriesByType("navigation")[0];
    if (!page) return null;
    pending.forEach((take) => take());
    const fcp = performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? null;
    const {count, slowest, slowest_name} = requests;
    return {...page.toJSON(), fcp, lcp, cls, inp: inp(), bytes: requests.bytes + page.transferSize, requests: count, slowest, slowest_name};
  }

  // ---- scrolling, and what an element is ------------------------------------------------------------------------------
  async function scrolled(el, edge) {
    const at = now();
    if (edge === null) el.scrollIntoView({block: "center", inline: "nearest", behavior: "instant"});
    else window.scrollTo({top: edge === "top" ? 0 : document.documentElement.scrollHeight, behavior: "instant"});
    await frames();
    return {origin, at, done: now()};
  }

  const aria = (el, name) => el.getAttribute(`aria-${name}`) === "true";
  const state = (el) => ({
    enabled: !el.matches(":disabled") && !el.closest("[aria-disabled=true]"),
    checked: el.checked ?? (aria(el, "checked") || aria(el, "selected") || aria(el, "pressed")),
  });

  // When the element that is waited to go was taken away or, by what it last met, hidden.
  const keep = (el) => (kept = {el, at: null});
  function went() {
    if (!kept) return null;
    note(observer.takeRecords());
    return kept.at ?? since(kept.el);
  }

  const loaded = () => performance.getEntriesByType("navigation")[0]?.loadEventStart || 0;
  const frames = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))));

  const api = {
    // The page as a customer sees it now. Arms the observer for *ms*.
    look: (ms) => {
      armedUntil = now() + ms;
      note(observer.takeRecords());
      const words = document.body ? document.body.innerText : "";
      const {readyState, title} = document;
      return {origin, now: now(), text: words, title, url: location.href, state: readyState, loaded: loaded()};
    },
    find: (root, source, hidden) => smallest(root, new RegExp(source, "iu"), hidden).map(told),
    gone: () => gone,
    tell: (el) => ({says: describe(el), levels: told(el)}),
    box,
    written,
    asks: () => [...document.querySelectorAll("input[type=password]")].some(visible),
    names: namesOf,
    vitals: async () => (await frames(), vitals()),
    scrolled,
    state,
    keep,
    went: () => ({origin, at: went()}),
  };
  Object.defineProperty(window, "__prober", {value: Object.freeze(api)});
  say("hello");
})();
