// Nothing here is needed to use the pages; each part saves a key press or warns in time.
(() => {
  const summary = document.querySelector("[data-focus]");
  if (summary) summary.focus();

  for (const menu of document.querySelectorAll("details.menu")) {
    document.addEventListener("click", (event) => {
      if (menu.open && !menu.contains(event.target)) menu.open = false;
    });
    menu.addEventListener("keydown", (event) => {
      if (event.key !== "Escape" || !menu.open) return;
      menu.open = false;
      menu.querySelector("summary").focus();
    });
  }

  // Five minutes before the session ends, say so; the draft on the server stays.
  const warning = document.querySelector("[data-session-minutes]");
  if (warning) {
    const minutes = Number(warning.dataset.sessionMinutes) - 5;
    if (minutes > 0) setTimeout(() => { warning.hidden = false; }, minutes * 60000);
  }

  window.addEventListener("beforeprint", () => {
    for (const part of document.querySelectorAll("main details")) part.open = true;
  });
})();
