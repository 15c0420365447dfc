// Keeps the sentence, the hints beside wildcards, gains and losses, and the try-out up to date while a form is filled in.
const PAUSE = 400;
const running = new WeakMap();

function fill(form, answer) {
  for (const part of answer.querySelectorAll("[data-preview-for]")) {
    const slot = form.querySelector(`[data-preview-slot="${part.dataset.previewFor}"]`);
    // A screen reader hears only what has changed.
    if (slot && slot.innerHTML.trim() !== part.innerHTML.trim()) slot.replaceChildren(...part.childNodes);
  }
}

function complain(form) {
  const slot = form.querySelector('[data-preview-slot="sentence"]');
  slot.textContent = "This could not be brought up to date: the portal did not answer.";
}

async function ask(form) {
  const { signal } = running.get(form).stop;
  try {
    const response = await fetch(form.dataset.preview, {
      method: "POST",
      body: new FormData(form),
      headers: { "HX-Request": "true" },
      signal,
    });
    const isAnswer = response.ok && !response.redirected;
    isAnswer ? fill(form, new DOMParser().parseFromString(await response.text(), "text/html")) : complain(form);
  } catch (error) {
    if (error.name !== "AbortError") complain(form);
  }
}

function plan(form, pause = PAUSE) {
  const before = running.get(form);
  before?.stop.abort();
  clearTimeout(before?.timer);
  running.set(form, { stop: new AbortController(), timer: setTimeout(ask, pause, form) });
}

function prepare(root) {
  for (const form of root.querySelectorAll("form[data-preview]")) {
    // Enter presses a form's first button: with the preview up to date by itself, that is to be the one that saves.
    for (const button of form.querySelectorAll(".only-without-script")) button.remove();
    for (const button of form.querySelectorAll("[data-preview-button]")) button.type = "button";
  }
}

document.addEventListener("input", ({ target }) => {
  if (target.form?.dataset.preview && target.name) plan(target.form);
});
document.addEventListener("click", ({ target }) => {
  if (target.matches("[data-preview-button]")) plan(target.form, 0);
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || !event.target.closest("form[data-preview] [data-try-fields]")) return;
  event.preventDefault();
  plan(event.target.form, 0);
});

prepare(document);
document.addEventListener("portal:content", (event) => prepare(event.target));
