"use strict";
// Instants are written in UTC; the reader's own zone is nearer to his day. The UTC stays in the tooltip.
for (const time of document.querySelectorAll("time[datetime]")) {
  const at = new Date(time.dateTime);
  const two = (number) => String(number).padStart(2, "0");
  time.title = time.textContent;
  time.textContent = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ` +
    `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}
for (const button of document.querySelectorAll(".tools button")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    for (const run of document.querySelectorAll("details.run")) run.open = button.dataset.open === "true";
  });
}
// A link to a step opens the run that holds it.
function reveal() {
  const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (!target) return;
  const run = target.closest("details.run");
  if (run) run.open = true;
  target.scrollIntoView({ block: "start" });
}
addEventListener("hashchange", reveal);
reveal();
for (const wave of document.querySelectorAll(".wave")) {
  const audio = wave.parentElement.querySelector("audio");
  const head = wave.querySelector(".head");
  const length = Number(wave.dataset.length);
  const follow = () => {
    head.style.left = `${(100 * audio.currentTime) / length}%`;
    if (!audio.paused) requestAnimationFrame(follow);
  };
  for (const event of ["play", "seeked"]) audio.addEventListener(event, follow);
  wave.addEventListener("click", (click) => {
    const box = wave.getBoundingClientRect();
    const mark = click.target.dataset.at;
    audio.currentTime = mark === undefined ? ((click.clientX - box.left) / box.width) * length : Number(mark);
    audio.play();
  });
}
addEventListener("keydown", (key) => {
  if (key.key === "Escape") for (const shot of document.querySelectorAll(".shot input:checked")) shot.checked = false;
});
// On paper nothing can be unfolded: what explains a failure is opened for it, and only for it.
const unfolded = [];
addEventListener("beforeprint", () => {
  for (const folded of document.querySelectorAll("details.run, .scenario, .step.failed .more, .step.error .more, .pair.changed .content")) {
    if (!folded.open) unfolded.push(folded);
    folded.open = true;
  }
});
addEventListener("afterprint", () => {
  for (const details of unfolded.splice(0)) details.open = false;
});
