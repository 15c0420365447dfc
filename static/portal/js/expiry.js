// Keeps the quick choices and the date in step: a choice fills in its date, another date chooses "On a date".
document.addEventListener("input", ({ target }) => {
  const group = target.closest("[data-expiry]");
  if (!group) return;
  const date = group.querySelector("[name=not_after]");
  if (target === date) {
    (group.querySelector(`[type=radio][value="${date.value || "never"}"]`) ?? group.querySelector("[value=date]")).checked = true;
  } else if (target.value === "date") {
    date.focus();
  } else {
    date.value = target.value === "never" ? "" : target.value;
  }
});
