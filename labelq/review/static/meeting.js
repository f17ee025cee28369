// Keys, the timer, and what was typed but not decided yet. The pages work without it.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const form = at("decide");

  // --- what was typed survives a reload, a killed server and a look at the next item ----------
  // It is forgotten when something else stands in the file: what was sent, or what others wrote.
  const key = form && `labelq-draft:${location.pathname}`;
  const typed = () => JSON.stringify([...new FormData(form)].filter(([name]) => name !== "form"));
  const fill = (fields) => {
    const values = new Map(fields);
    for (const field of form.elements) {
      if (!field.name || field.type === "hidden") continue;
      if (field.type === "radio" || field.type === "checkbox") field.checked = values.get(field.name) === field.value;
      else field.value = values.get(field.name) ?? "";
    }
  };
  if (form) {
    try {
      const kept = JSON.parse(sessionStorage.getItem(key) ?? "null");
      const same = kept && new Map(kept).get("base") === form.dataset.base;
      if (same && !at("error")) {
        fill(kept);
        form.dispatchEvent(new Event("input", { bubbles: true }));
      } else if (kept && !same) sessionStorage.removeItem(key);
    } catch { sessionStorage.removeItem(key); }
    form.addEventListener("input", () => sessionStorage.setItem(key, typed()));
  }

  // --- keys -----------------------------------------------------------------------------------
  const typing = (target) => target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  const go = (id) => { at(id)?.click(); };
  const keys = {
    n: () => go("next"),
    p: () => go("previous"),
    v: () => { const votes = at("first-votes"); if (votes) { votes.open = !votes.open; votes.scrollIntoView({ block: "center" }); } },
    d: () => {
      const choice = form?.querySelector("[name=choice]:checked") ?? form?.querySelector("[name=choice]");
      at("decision")?.scrollIntoView();
      choice?.focus({ preventScroll: true });
    },
    u: () => at("undo")?.requestSubmit(),
    "?": () => { const help = at("help"); if (help) help.open ? help.close() : help.showModal(); },
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && form && !at("help")?.open) {
      event.preventDefault();
      form.requestSubmit();
      return;
    }
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || typing(event.target)) return;
    if (at("help")?.open && event.key !== "?") return;
    const does = Object.hasOwn(keys, event.key) && keys[event.key];
    if (does) { event.preventDefault(); does(); }
  });
  at("help-button")?.addEventListener("click", keys["?"]);

  // --- the timer: a quiet line, told by the server so that several tabs count once --------------
  const spent = at("spent");
  if (spent) {
    const tick = async () => {
      if (document.hidden) return;
      try {
        const body = new URLSearchParams({ form: spent.dataset.form });
        const answer = await fetch(spent.dataset.tick, { method: "POST", body });
        if (answer.ok) spent.textContent = await answer.text();
        document.body.classList.remove("away");
      } catch { document.body.classList.add("away"); }
    };
    setInterval(tick, 15000);
  }

  // --- a server that went away ------------------------------------------------------------------
  for (const name of ["htmx:sendError", "htmx:responseError"]) {
    document.body.addEventListener(name, () => document.body.classList.add("away"));
  }
  document.body.addEventListener("htmx:afterOnLoad", () => document.body.classList.remove("away"));
})();
