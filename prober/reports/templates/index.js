// The list of runs: filtered, searched and sorted in place; the choice stands in the address, so that it can be sent on.
const form = document.querySelector(".filter");
const body = document.querySelector(".runs tbody");
const gravity = {{ marks | list | tojson }};
const rows = [...body.rows].map((row) => ({ row, text: row.textContent.toLowerCase(), ...row.dataset }));
let span = null;
form.hidden = false;
function show() {
  const chosen = new FormData(form);
  const outcomes = chosen.getAll("outcome");
  const words = chosen.get("text").toLowerCase().split(/\s+/);
  let shown = 0;
  for (const one of rows) {
    const fits = (!outcomes.length || outcomes.includes(one.mark)) &&
      (!chosen.get("scenario") || one.scenario === chosen.get("scenario")) &&
      (!chosen.get("line") || one.line === chosen.get("line")) &&
      (!span || (Number(one.at) >= span.from && Number(one.at) < span.until)) &&
      words.every((word) => one.text.includes(word));
    one.row.hidden = !fits;
    shown += fits;
  }
  form.querySelector("output").textContent = `${shown} / ${rows.length}`;
  const kept = new URLSearchParams([...chosen].filter(([, value]) => value)).toString();
  history.replaceState(null, "", kept ? `#${kept}` : location.pathname + location.search);
}
function sort(heading) {
  const down = heading.ariaSort !== "descending";
  const by = heading.dataset.by;
  const key = by === "mark" ? (one) => -gravity.indexOf(one.mark)
    : ["at", "took", "lasted"].includes(by) ? (one) => Number(one[by]) : (one) => one[by];
  const sign = down ? -1 : 1;
  rows.sort((a, b) => (key(a) < key(b) ? -sign : key(a) > key(b) ? sign : Number(b.at) - Number(a.at)));
  for (const other of heading.parentElement.cells) other.removeAttribute("aria-sort");
  heading.ariaSort = down ? "descending" : "ascending";
  body.append(...rows.map((one) => one.row));
}
function spanOf(pillar) {
  const chip = form.querySelector(".span");
  span = pillar && { from: Number(pillar.dataset.from), until: Number(pillar.dataset.until) };
  chip.hidden = !pillar;
  chip.textContent = pillar ? pillar.title.split("\n")[0] : "";
}
for (const heading of document.querySelectorAll("th[data-by]")) heading.addEventListener("click", () => sort(heading));
for (const pillar of document.querySelectorAll(".pillars i[title]")) {
  pillar.addEventListener("click", (click) => {
    click.preventDefault();
    form.elements.scenario.value = pillar.closest(".scenario").dataset.scenario;
    spanOf(pillar);
    show();
    form.scrollIntoView({ behavior: "smooth", block: "start" });
  });
}
form.addEventListener("submit", (submit) => submit.preventDefault());
form.addEventListener("input", show);
form.addEventListener("reset", () => setTimeout(() => { spanOf(null); show(); }));
for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
  for (const field of form.querySelectorAll(`[name="${CSS.escape(name)}"]`)) {
    if (field.type !== "checkbox") field.value = value;
    else if (field.value === value) field.checked = true;
  }
}
show();
