// Tables that can be sorted and filtered, details that open for a link and, without a table in
// them, for print, and the place in the contents. Without this script everything still reads. No text is ever parsed as
// HTML here: elements are made by name, words are set as text.
"use strict";
(() => {
  const make = (name, words, className) => {
    const made = document.createElement(name);
    if (words) made.textContent = words;
    if (className) made.className = className;
    return made;
  };

  // A number as people read it: "−.05", "1,912", "14 %"; none where there is none.
  const number = (cell) => {
    const given = cell.dataset.value ?? cell.textContent.replace(/−/g, "-").replace(/,/g, "");
    const found = /-?(\d+\.?\d*|\.\d+)(e-?\d+)?/.exec(given);
    return found ? Number(found[0]) : null;
  };
  const text = (cell) => (cell.dataset.value ?? cell.textContent).trim();
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  // A row and the rows that belong to it (class "flags") move and hide together.
  const groups = (body) => {
    const found = [];
    for (const row of body.rows) {
      if (row.classList.contains("flags") && found.length) found[found.length - 1].push(row);
      else found.push([row]);
    }
    return found;
  };

  const sortable = (table) => {
    const body = table.tBodies[0];
    const heads = [...table.tHead.rows[0].cells];
    const given = groups(body);
    heads.forEach((head, column) => {
      if (head.tagName !== "TH" || !head.textContent.trim()) return;
      const button = make("button", "", "sort");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      const numeric = head.classList.contains("number") && given.some(([row]) => row.cells[column] && number(row.cells[column]) !== null);
      // Numbers begin with the largest, words with the first; a third click restores the order.
      const turns = numeric ? ["descending", "ascending"] : ["ascending", "descending"];
      button.addEventListener("click", () => {
        const turn = turns[turns.indexOf(head.getAttribute("aria-sort")) + 1];
        for (const other of heads) other.removeAttribute("aria-sort");
        let order = given;
        if (turn) {
          head.setAttribute("aria-sort", turn);
          const sign = turn === "ascending" ? 1 : -1;
          const key = numeric ? number : text;
          const keyed = given.map((rows) => [rows[0].cells[column], rows]).map(([cell, rows]) => [cell ? key(cell) : null, rows]);
          keyed.sort(([a], [b]) => {
            if (a === null || b === null) return (a === null) - (b === null);
            return sign * (numeric ? a - b : collator.compare(a, b));
          });
          order = keyed.map(([, rows]) => rows);
        }
        body.append(...order.flat());
      });
    });
    if (given.length > 12) filterable(table, given);
  };

  const filterable = (table, given) => {
    const line = make("p", "", "filter");
    const label = make("label", "Filter ");
    const input = make("input");
    const shown = make("output");
    input.type = "search";
    label.append(input);
    line.append(label, " ", shown);
    const count = (n) => { shown.textContent = `${n.toLocaleString("en")} of ${given.length.toLocaleString("en")} rows`; };
    const texts = given.map((rows) => rows.map((row) => row.textContent).join(" ").toLowerCase());
    input.addEventListener("input", () => {
      const wanted = input.value.trim().toLowerCase();
      let n = 0;
      given.forEach((rows, i) => {
        const fits = texts[i].includes(wanted);
        n += fits;
        for (const row of rows) row.hidden = !fits;
      });
      count(n);
    });
    count(given.length);
    (table.closest(".scroll") ?? table).before(line);
  };

  document.querySelectorAll("table.sortable").forEach((table) => {
    if (table.tHead && table.tBodies.length === 1 && table.tBodies[0].rows.length > 1) sortable(table);
  });

  // A link to something inside closed details opens them.
  const reveal = () => {
    const target = document.getElementById(location.hash.slice(1));
    for (let at = target; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  let opened = [];
  addEventListener("beforeprint", () => {
    // Words are for paper, long tables of numbers are for the screen.
    opened = [...document.querySelectorAll("details:not([open], :has(tr, article))")];
    for (const one of opened) one.open = true;
  });
  addEventListener("afterprint", () => { for (const one of opened) one.open = false; });

  const links = new Map([...document.querySelectorAll(".contents a")].map((a) => [a.hash.slice(1), a]));
  if (links.size && "IntersectionObserver" in window) {
    const seen = new IntersectionObserver((entries) => {
      for (const entry of entries) {
        const link = links.get(entry.target.id);
        if (entry.isIntersecting) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    }, { rootMargin: "-20% 0px -79% 0px" });
    for (const id of links.keys()) { const place = document.getElementById(id); if (place) seen.observe(place); }
  }
})();
