// Keeps the quick choices and the date in step: a choice fills in its date, a date of one's own chooses "On a date".
const DATE = /^\d{4}-\d{2}-\d{2}$/;

document.addEventListener("input", ({ target }) => {
  const group = target.closest("[data-expiry]");
  if (!group) return;
  const date = group.querySelector("[name=not_after]");
  const choices = [...group.querySelectorAll("[name=not_after_choice]")];
  if (target === date) {
    const same = choices.find((choice) => choice.value === (date.value || "never"));
    (same ?? choices.find((choice) => choice.value === "date")).checked = true;
  } else if (DATE.test(target.value)) {
    date.value = target.value;
  } else if (target.value === "never") {
    date.value = "";
  } else if (target.value === "date") {
    date.focus();
  }
});
