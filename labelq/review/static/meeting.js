// Keys, the timer, and what was typed but not decided yet. The pages work without it.
"use strict";
(() => {
  const at = (id) => document.getElementById(id);
  const form = at("decide");
  let waiting, unsaved = false, kept = Promise.resolve();

  // --- what was typed survives a reload, a killed server and a look at the next item ----------
  // Here for this tab, and at the server for every other. It is forgotten when something else
  // stands in the file: what was sent, or what others wrote.
  const key = form && `labelq-draft:${form.dataset.draft}`;
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
      const mine = JSON.parse(sessionStorage.getItem(key) ?? "null");
      const same = mine && new Map(mine).get("base") === form.dataset.base;
      if (same && !at("error")) {
        fill(mine);
        form.dispatchEvent(new Event("input", { bubbles: true }));
      } else if (mine && !same) sessionStorage.removeItem(key);
    } catch { sessionStorage.removeItem(key); }
    form.addEventListener("input", () => {
      sessionStorage.setItem(key, typed());
      unsaved = true;
      clearTimeout(waiting);
      waiting = setTimeout(keep, 400);
    });
  }
  function keep() {
    clearTimeout(waiting);
    kept = kept.then(async () => {
      if (!unsaved) return;
      unsaved = false;
      try {
        const answer = await fetch(form.dataset.draft, { method: "POST", body: new URLSearchParams(new FormData(form)) });
        if (!answer.ok) throw new Error(answer.status);
      } catch { unsaved = true; }
    });
    return kept;
  }

  // --- a server that went away, or came back ----------------------------------------------------
  // Nothing leaves this page before the server has answered; one that was started again has new
  // tokens for forms, which whoever was let in may take. What it did not get is sent again.
  let away = false;
  const missed = new Set();
  async function reach() {
    let state = "gone";
    try {
      const answer = await fetch("/here");
      const [mark, token] = answer.ok ? (await answer.text()).split(" ") : [];
      if (mark === document.body.dataset.meeting) {
        state = "";
        for (const field of document.querySelectorAll("input[name=form]")) field.value = token;
        if (at("spent")) at("spent").dataset.form = token;
      } else if (answer.status === 403) state = "anew";
    } catch { /* gone */ }
    at("away-gone").hidden = state !== "gone";
    at("away-anew").hidden = state !== "anew";
    document.body.classList.toggle("away", state !== "");
    if (state && !away) away = setInterval(reach, 3000);
    if (!state && away) {
      away = clearInterval(away);
      for (const one of missed) one.dispatchEvent(new Event("input", { bubbles: true }));
      missed.clear();
      if (form) keep();
    }
    return !state;
  }
  for (const name of ["htmx:sendError", "htmx:responseError"]) {
    document.body.addEventListener(name, (event) => {
      if (event.detail.xhr?.status >= 404) return;
      missed.add(event.detail.elt.closest("form") ?? form);
      reach();
    });
  }
  const leave = async (go, keeps) => {
    if (!(await reach())) return;
    if (keeps && form) await keep();
    go();
  };
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href^='/']");
    if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    leave(() => location.assign(link.href), true);
  });
  document.addEventListener("submit", (event) => {
    const sent = event.target;
    if (sent.method !== "post" || sent.hasAttribute("hx-post")) return;
    event.preventDefault();
    clearTimeout(waiting);
    leave(() => sent.submit(), sent !== form);
  });

  // --- keys -----------------------------------------------------------------------------------
  const typing = (target) => target.closest?.("input:not([type=radio], [type=checkbox]), textarea, select, [contenteditable]");
  const go = (id) => { at(id)?.click(); };
  const keys = {
    n: () => go(at("next") ? "next" : "start"),
    p: () => go("previous"),
    v: () => { const votes = at("first-votes"); if (votes) { votes.open = !votes.open; votes.scrollIntoView({ block: "center" }); } },
    d: () => {
      const choice = form?.querySelector("[name=choice]:checked") ?? form?.querySelector("[name=choice]");
      at("decision")?.scrollIntoView();
      choice?.focus({ preventScroll: true });
    },
    h: () => {
      const empty = (hands) => [...hands.querySelectorAll("input[type=text]")].every((field) => !field.value);
      const all = [...document.querySelectorAll("form.hands")];
      const field = (all.find(empty) ?? all.at(-1))?.querySelector("input[type=text]");
      field?.scrollIntoView({ block: "center" });
      field?.select();
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
        else if (answer.status === 403) reach();
      } catch { reach(); }
    };
    setInterval(tick, 15000);
  }

  // --- a word that is no number -----------------------------------------------------------------
  document.addEventListener("input", (event) => {
    if (event.target.pattern) event.target.setAttribute("aria-invalid", String(!event.target.validity.valid));
  });
})();
