"use strict";
// Everything that came from a sheet reaches the page through textContent, never as markup.
(() => {
  const CHUNK = 100;          // rows added to the page at a time, as they are scrolled to
  const AT_ONCE = 300;        // rows of small tables laid out before anybody scrolls, so that the browser's search finds them
  const PRINT_MOST = 10000;   // rows laid out for paper
  const METRIC_VALUES = 10;   // values of a metric shown before more are asked for
  const FILTERS = ["target", "table", "kind", "field"];
  const NAME = 0, RATIO = 4, PAST = 5;  // of a change: [name, old, new, path, ratio]; see `_change` in html.py
  const data = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);

  const WORDS = {
    en: {
      skip: "Skip to the changes", search: "Search", target: "Target", table: "Table", kind: "Change", field: "Field",
      clear: "Clear", tables: "Tables", all: "all", changed: "changed", added: "added", removed: "removed",
      row: "Row", old: "Old", new: "New", none: "none", other: "한국어", schema: "Schema", breaking: "breaking",
      noted: "note", block: "blocks", warn: "warns", allowed: "allowed",
      found: "{0} of {1} rows", nothing: "Nothing matches these filters.", same: "Nothing changed.",
      more: "Show {0} more rows", kept: "{0} more rows aren't in this page; gdata diff --format json has all of them.",
      rowNumber: "row {0}", reordered: "The rows stand in another order.", renamed: "was {0}",
      tableAdded: "new table", tableRemoved: "table removed", moreViolations: "… and {0} more like it",
      gatePassed: "Gate: passed", gateWarned: "Gate: passed, with warnings", gateBlocked: "Gate: blocked by {0}",
      gateAllowed: "Gate: passed, because {0} was allowed",
      swapped: "{0} and {1}: the two columns are swapped in {rows} rows",
      shifted_down: "{0}: the column slid down by one row, over {rows} rows",
      shifted_up: "{0}: the column slid up by one row, over {rows} rows",
      raised: "{0}: {rows} rows changed, all {factor}", scaled: "{0}: {rows} rows changed, all × {factor}", moved: "{0}: {rows} rows changed, median × {factor}", mixed: "{0}: {rows} rows changed, {factor}",
      columnNew: "{0}: new, {1} rows, {2}", columnGone: "{0}: gone, {1} rows had {2}",
      changedMany: "{0}: {rows} rows changed", plot: "{0} rows, median × {1}", plotWays: "{0} rows, {1}", plotPlain: "{0} rows",
      plotLabel: "{0}: old value across, new value up; the dashed line is no change",
      tables_added: "new tables: {0}", tables_removed: "tables removed: {0}", tables_changed: "tables changed: {0}",
      rows_added: "rows added: {0}", rows_removed: "rows removed: {0}", rows_changed: "rows changed: {0}",
      cells_changed: "cells: {0}", no_row: "No row changed.",
      metrics: "What the numbers come to", metricsMore: "{0} more values aren't in this page.", metricMore: "Show {0} more values", onlyOld: "gone", onlyNew: "new",
      reviewed: "reviewed", progress: "{0} of {1} tables reviewed", link: "Copy a link to this row", copied: "link copied",
      keys: "/ search · n p next and previous table · x reviewed · Esc clears the search", users: "{0} rows referred to it",
      spread: "{0}: how many values lie where, before and after", past: "before",
      legend: "Bars: how many values lie where, now above, before below. Points: each value, before across, now up; on the dashed line it stayed.",
    },
    ko: {
      skip: "변경 내용으로 건너뛰기", search: "검색", target: "대상", table: "테이블", kind: "변경", field: "필드",
      clear: "초기화", tables: "테이블", all: "전체", changed: "변경됨", added: "추가됨", removed: "삭제됨",
      row: "행", old: "이전", new: "이후", none: "없음", other: "English", schema: "스키마", breaking: "호환 깨짐",
      noted: "참고", block: "차단", warn: "경고", allowed: "허용됨",
      found: "{1}행 중 {0}행", nothing: "조건에 맞는 변경이 없습니다.", same: "변경된 내용이 없습니다.",
      more: "{0}행 더 보기", kept: "{0}행은 이 페이지에 없습니다. 전체는 gdata diff --format json 으로 볼 수 있습니다.",
      rowNumber: "{0}번째 행", reordered: "행 순서가 바뀌었습니다.", renamed: "이전 이름 {0}",
      tableAdded: "새 테이블", tableRemoved: "삭제된 테이블", moreViolations: "… 같은 내용 {0}건 더",
      gatePassed: "게이트: 통과", gateWarned: "게이트: 통과 (경고 있음)", gateBlocked: "게이트: 차단됨 — {0}",
      gateAllowed: "게이트: {0} 허용으로 통과",
      swapped: "{0}, {1}: 두 열이 {rows}행에서 서로 바뀌었습니다",
      shifted_down: "{0}: 열이 한 행 아래로 밀렸습니다 ({rows}행)",
      shifted_up: "{0}: 열이 한 행 위로 밀렸습니다 ({rows}행)",
      raised: "{0}: {rows}행 변경, 모두 {factor}", scaled: "{0}: {rows}행 변경, 모두 × {factor}", moved: "{0}: {rows}행 변경, 중앙값 × {factor}", mixed: "{0}: {rows}행 변경, {factor}",
      columnNew: "{0}: 새 열, {1}행, {2}", columnGone: "{0}: 없어진 열, {1}행에 값이 있었음: {2}",
      changedMany: "{0}: {rows}행 변경", plot: "{0}행, 중앙값 × {1}", plotWays: "{0}행, {1}", plotPlain: "{0}행",
      plotLabel: "{0}: 가로는 이전 값, 세로는 이후 값, 점선은 변화 없음",
      tables_added: "새 테이블 {0}", tables_removed: "삭제된 테이블 {0}", tables_changed: "변경된 테이블 {0}",
      rows_added: "추가된 행 {0}", rows_removed: "삭제된 행 {0}", rows_changed: "변경된 행 {0}",
      cells_changed: "셀 {0}", no_row: "변경된 행이 없습니다.",
      metrics: "지표 변화", metricsMore: "값 {0}개는 이 페이지에 없습니다.", metricMore: "값 {0}개 더 보기", onlyOld: "없어짐", onlyNew: "새 값",
      reviewed: "검토함", progress: "테이블 {1}개 중 {0}개 검토함", link: "이 행의 링크 복사", copied: "링크를 복사했습니다",
      keys: "/ 검색 · n p 다음·이전 테이블 · x 검토함 · Esc 검색 지우기", users: "{0}개 행이 이 행을 가리켰습니다",
      spread: "{0}: 값의 분포, 이전과 이후", past: "지난 변경",
      legend: "막대: 값의 분포, 위는 이후, 아래는 이전. 점: 값 하나하나, 가로는 이전, 세로는 이후이며 점선 위는 그대로인 값.",
    },
  };
  const SIGNS = { changed: "~", added: "+", removed: "−" };
  // Korean where the page was made in Korean, or is opened by a browser that speaks it.
  let language = document.documentElement.lang === "ko" || (navigator.language || "").startsWith("ko") ? "ko" : "en";

  function say(key, ...values) {
    return WORDS[language][key].replace(/\{(\d)\}/g, (_, at) => String(values[at]));
  }

  function count(number) {
    return number.toLocaleString("en-US");
  }

  function make(tag, className, ...children) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...children.filter((child) => child !== null && child !== undefined));
    return element;
  }

  // ---- what is looked for

  function asked() {
    return {
      words: byId("search").value.trim().toLowerCase().split(/\s+/).filter(Boolean),
      target: byId("target").value, table: byId("table").value, kind: byId("kind").value, field: byId("field").value,
      row: onlyRow,
    };
  }

  // ---- the filters as they stand in the address, so that a link shows what its sender saw

  let onlyRow = "";           // the key of the one row that the address names

  function tableTitle(id) {
    const found = data.tables.find((one) => one.id === id);
    return found ? found.title : "";
  }

  function addressOf(values) {
    const written = new URLSearchParams();
    for (const [name, value] of Object.entries(values)) if (value) written.set(name, value);
    return "#" + written;
  }

  function writeAddress() {
    const values = { q: byId("search").value.trim(), row: onlyRow };
    for (const id of FILTERS) values[id] = id === "table" ? tableTitle(byId(id).value) : byId(id).value;
    const address = addressOf(values);
    try {
      history.replaceState(null, "", address === "#" ? location.pathname + location.search : address);
    } catch { /* a page inside another may not write it */ }
  }

  function readAddress() {
    const read = new URLSearchParams(location.hash.slice(1));
    byId("search").value = read.get("q") || "";
    onlyRow = read.get("row") || "";
    const table = data.tables.find((one) => one.title === read.get("table") || one.name === read.get("table"));
    byId("table").value = table ? table.id : "";
    options("field", fieldChoices());
    for (const id of ["target", "kind", "field"]) choose(id, read.get(id) || "");
  }

  function choose(id, value) {
    const known = [...byId(id).options].some((one) => one.value === value);
    byId(id).value = known ? value : "";
  }

  function textOf(value) {
    if (value === null) return "";
    return typeof value === "string" ? value : value.map((piece) => piece[0]).join("");
  }

  // A row's text is put together once, at the first search.
  function searchText(table, row) {
    if (row.text === undefined) {
      const parts = [table.name, row.key === null ? "" : row.key, row.title || ""];
      for (const change of row.changes) parts.push(change[NAME], textOf(change[1]), textOf(change[2]));
      row.text = parts.join("\u0000").toLowerCase();
    }
    return row.text;
  }

  function matching(table, wanted) {
    if (wanted.target && !table.targets.includes(wanted.target)) return [];
    if (wanted.table && table.id !== wanted.table) return [];
    const found = [];
    for (const row of table.rows) {
      if (wanted.kind && row.kind !== wanted.kind) continue;
      if (wanted.row && rowKey(row) !== wanted.row) continue;
      let shown = row;
      if (wanted.field) {
        const changes = row.changes.filter((change) => change[3] === wanted.field);
        if (row.kind !== "changed" || changes.length === 0) continue;
        shown = { kind: row.kind, key: row.key, title: row.title, number: row.number, changes };
      }
      if (wanted.words.length) {
        const text = searchText(table, shown);
        if (!wanted.words.every((word) => text.includes(word))) continue;
      }
      found.push(shown);
    }
    return found;
  }

  function rowKey(row) {
    return row.key === null ? String(row.number) : row.key;
  }

  // ---- what a reviewer has seen, kept in this browser

  const SEEN = "gdata-review " + data.review;
  let seen = new Set();
  try { seen = new Set(JSON.parse(localStorage.getItem(SEEN) || "[]")); } catch { /* no storage: ticks last as long as the page */ }

  function tick(table, is) {
    if (is) seen.add(table.title); else seen.delete(table.title);
    try { localStorage.setItem(SEEN, JSON.stringify([...seen])); } catch { /* as above */ }
    for (const box of document.querySelectorAll("input.seen")) if (box.value === table.id) box.checked = is;
    for (const link of document.querySelectorAll("#nav a")) if (link.dataset.id === table.id) link.classList.toggle("seen", is);
    progress();
  }

  function progress() {
    const done = data.tables.filter((table) => seen.has(table.title)).length;
    byId("progress").textContent = data.tables.length ? say("progress", count(done), count(data.tables.length)) : "";
  }

  function tickBox(table) {
    const box = make("input", "seen");
    box.type = "checkbox";
    box.value = table.id;
    box.checked = seen.has(table.title);
    box.addEventListener("change", () => tick(table, box.checked));
    return make("label", "seen", box, say("reviewed"));
  }

  // ---- one table

  function valueNodes(value) {
    if (value === null) return [make("span", "none", say("none"))];
    if (typeof value === "string") return [value];
    return value.map(([text, marked]) => (marked ? make("mark", "", text) : text));
  }

  function rowBody(table, row) {
    const body = make("tbody", row.kind);
    const name = row.key === null ? say("rowNumber", row.number) : row.key;
    const head = make("td", "row", make("span", "sign", SIGNS[row.kind]), table.kind === "record" ? "" : name,
      row.title ? make("span", "title", row.title) : null, row.origin ? make("span", "title", row.origin) : null, rowLink(table, row),
      row.users ? make("span", "users", say("users", count(row.users))) : null);
    head.dir = "auto";
    if (row.kind === "changed") {
      head.rowSpan = row.changes.length;
      row.changes.forEach((change, index) => {
        const line = make("tr", "");
        if (index === 0) line.append(head);
        line.append(make("td", "field", change[NAME]), make("td", "old", ...valueNodes(change[1])), make("td", "new", ...valueNodes(change[2]),
          change[RATIO] ? make("span", "ratio", change[RATIO]) : null, ...pastNodes(change)));
        body.append(line);
      });
      return body;
    }
    const whole = make("td", row.kind === "added" ? "new" : "old");
    whole.colSpan = 3;
    for (const change of row.changes) {
      const value = row.kind === "added" ? change[2] : change[1];
      whole.append(make("span", "pair", make("span", "name", change[NAME] + " "), ...valueNodes(value)), " ");
    }
    body.append(make("tr", "", head, whole));
    return body;
  }

  function rowLink(table, row) {
    const link = make("a", "link");
    link.href = addressOf({ table: table.title, row: rowKey(row) });
    link.title = say("link");
    link.setAttribute("aria-label", say("link"));
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const whole = location.href.split("#")[0] + link.getAttribute("href");
      const copied = () => { link.classList.add("copied"); link.title = say("copied"); };
      if (navigator.clipboard) navigator.clipboard.writeText(whole).then(copied, () => { location.hash = link.getAttribute("href"); });
      else location.hash = link.getAttribute("href");
    });
    return link;
  }

  function pastNodes(change) {
    if (!change[PAST]) return [];
    return [make("ul", "past", ...change[PAST].map((line) => make("li", "", line)))];
  }

  function patternText(pattern) {
    const key = pattern.kind === "changed" ? "changedMany" : pattern.kind;
    return say(key, ...pattern.names).replace("{rows}", () => count(pattern.rows)).replace("{factor}", () => pattern.factor);
  }

  const watcher = "IntersectionObserver" in window
    ? new IntersectionObserver((entries) => {
      for (const entry of entries) if (entry.isIntersecting) entry.target.grow();
    }, { rootMargin: "800px" })
    : null;

  function section(table, rows) {
    const targets = table.inAll ? null : make("span", "targets", " · " + table.targets.join(", "));
    const title = make("h2", "", table.name, targets, tickBox(table));
    const element = make("section", "table", title);
    element.id = "table-" + table.id;
    element.tabIndex = -1;
    element.setAttribute("aria-label", table.name);
    if (table.status === "added") element.append(make("p", "note", say("tableAdded")));
    if (table.status === "removed") element.append(make("p", "note", say("tableRemoved")));
    if (table.renamedFrom) element.append(make("p", "note", say("renamed", table.renamedFrom)));
    if (table.reordered) element.append(make("p", "note", say("reordered")));
    for (const [name, isNew, rows, values] of table.columns) {
      element.append(make("p", "note", say(isNew ? "columnNew" : "columnGone", name, count(rows), values)));
    }
    for (const pattern of table.patterns) element.append(make("p", "note", patternText(pattern)));
    if (table.note) element.append(make("p", "note", table.note));
    if (table.plots.length) element.append(make("div", "plots", ...table.plots.map(plot)), make("p", "legend", say("legend")));
    if (rows.length) element.append(...rowsOf(table, rows));
    if (table.left) element.append(make("p", "empty", say("kept", count(table.left))));
    return element;
  }

  function rowsOf(table, rows) {
    const heads = ["row", "field", "old", "new"].map((key) => {
      const head = make("th", "", say(key));
      head.scope = "col";
      return head;
    });
    const grid = make("table", "", make("thead", "", make("tr", "", ...heads)));
    const button = make("button", "more");
    button.type = "button";
    let shown = 0;
    button.grow = (most = CHUNK) => {
      const end = Math.min(rows.length, shown + most);
      const bodies = [];
      for (; shown < end; shown++) bodies.push(rowBody(table, rows[shown]));
      grid.append(...bodies);
      if (shown === rows.length) {
        if (watcher) watcher.unobserve(button);
        button.remove();
        return;
      }
      button.textContent = say("more", count(Math.min(CHUNK, rows.length - shown)));
      if (watcher) { watcher.unobserve(button); watcher.observe(button); }
    };
    if (rows.length <= atOnce) {
      atOnce -= rows.length;
      button.grow(rows.length);
      return [grid];
    }
    button.textContent = say("more", count(Math.min(CHUNK, rows.length)));
    button.addEventListener("click", () => button.grow());
    if (watcher) watcher.observe(button);
    return [grid, button];
  }

  // ---- how a numeric column moved: old across, new up

  function svg(tag, attributes) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  }

  function plot(column) {
    const wide = 152, high = 96, edge = 5;
    const numbers = column.points.flat();
    const logarithmic = numbers.every((one) => one > 0) && Math.max(...numbers) > 50 * Math.min(...numbers);
    const scaled = (one) => (logarithmic ? Math.log(one) : one);
    const least = Math.min(...numbers.map(scaled)), most = Math.max(...numbers.map(scaled));
    const span = most - least || 1;
    const across = (one) => edge + ((scaled(one) - least) / span) * (wide - 2 * edge);
    const up = (one) => high - edge - ((scaled(one) - least) / span) * (high - 2 * edge);
    const picture = svg("svg", { viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": say("plotLabel", column.name) });
    picture.append(svg("rect", { class: "frame", x: 0.5, y: 0.5, width: wide - 1, height: high - 1 }));
    picture.append(svg("line", { class: "same", x1: edge, y1: high - edge, x2: wide - edge, y2: edge }));
    for (const [old, now] of column.points) {
      picture.append(svg("circle", { class: now >= old ? "up" : "down", cx: across(old).toFixed(1), cy: up(now).toFixed(1), r: 2, "fill-opacity": 0.6 }));
    }
    const spread = spreadOf(column);
    const [key, number] = column.ways ? ["plotWays", column.ways] : column.factor ? ["plot", column.factor] : ["plotPlain"];
    const words = say(key, count(column.rows), number);
    return make("figure", "", spread, picture, make("figcaption", "", column.name, make("span", "dim", words)));
  }

  // How many values lie where: what was, drawn downwards, under what is.
  function spreadOf(column) {
    const wide = 152, high = 56, middle = 28;
    const most = Math.max(1, ...column.before, ...column.after);
    const step = wide / column.before.length;
    const picture = svg("svg", { class: "spread", viewBox: `0 0 ${wide} ${high}`, role: "img", "aria-label": say("spread", column.name) });
    column.after.forEach((number, at) => {
      const tall = (number / most) * (middle - 2);
      if (number) picture.append(svg("rect", { class: "up", x: (at * step + 0.5).toFixed(1), y: (middle - tall).toFixed(1), width: (step - 1).toFixed(1), height: tall.toFixed(1) }));
    });
    column.before.forEach((number, at) => {
      const tall = (number / most) * (middle - 2);
      if (number) picture.append(svg("rect", { class: "down", x: (at * step + 0.5).toFixed(1), y: middle, width: (step - 1).toFixed(1), height: tall.toFixed(1) }));
    });
    picture.append(svg("line", { class: "axis", x1: 0, y1: middle, x2: wide, y2: middle }));
    return picture;
  }

  // ---- metrics: each value's way from old to new on its metric's own scale

  function metrics() {
    byId("metrics").hidden = !data.metrics.length;
    byId("metrics-title").textContent = say("metrics");
    byId("metric-list").replaceChildren(...data.metrics.map(metricNode));
  }

  function metricNode(metric) {
    const numbers = metric.values.flatMap((one) => [one[1], one[2]]).filter((one) => one !== null);
    const least = Math.min(0, ...numbers), span = Math.max(...numbers, 0) - least || 1;
    const rows = metric.values.map((one) => metricRow(one, least, span));
    const parts = [make("h3", "", metric.title)];
    if (metric.failed) parts.push(make("p", "note", metric.failed));
    const first = rows.length > METRIC_VALUES + 2 ? METRIC_VALUES : rows.length;
    if (rows.length) parts.push(make("table", "metric", make("tbody", "", ...rows.slice(0, first))));
    if (first < rows.length) parts.push(moreValues(parts[parts.length - 1], rows.slice(first)));
    if (metric.left) parts.push(make("p", "empty", say("metricsMore", count(metric.left))));
    return make("div", "metric", ...parts);
  }

  function moreValues(table, rows) {
    const button = make("button", "more", say("metricMore", count(rows.length)));
    button.type = "button";
    button.grow = () => { table.tBodies[0].append(...rows); button.remove(); };
    button.addEventListener("click", () => button.grow());
    return button;
  }

  function metricRow([name, old, now, oldText, newText, ratio], least, span) {
    const at = (one) => (4 + ((one - least) / span) * 152).toFixed(1);
    const picture = svg("svg", { class: "way", viewBox: "0 0 160 14", "aria-hidden": "true" });
    picture.append(svg("line", { class: "axis", x1: 0, y1: 7, x2: 160, y2: 7 }));
    const way = now !== null && old !== null && now < old ? "down" : "up";
    if (old !== null && now !== null) picture.append(svg("line", { class: way, x1: at(old), y1: 7, x2: at(now), y2: 7 }));
    if (old !== null) picture.append(svg("circle", { class: "was", cx: at(old), cy: 7, r: 3 }));
    if (now !== null) picture.append(svg("circle", { class: way, cx: at(now), cy: 7, r: 4 }));
    const state = old === null ? say("onlyNew") : now === null ? say("onlyOld") : ratio;
    return make("tr", "", make("td", "field", name), make("td", "number", oldText ?? "–"), make("td", "number", newText ?? "–"),
      make("td", "ratio", state), make("td", "plot", picture));
  }

  // ---- the page

  let sections = [], atOnce = AT_ONCE;

  function show() {
    const wanted = asked();
    atOnce = AT_ONCE;
    if (watcher) watcher.disconnect();
    const narrowed = wanted.words.length || wanted.kind || wanted.field || wanted.row;
    const found = data.tables.map((table) => [table, matching(table, wanted)]).filter(([table, rows]) => rows.length
      || (!narrowed && (!wanted.target || table.targets.includes(wanted.target)) && (!wanted.table || table.id === wanted.table)));
    sections = found.map(([table, rows]) => section(table, rows));
    byId("tables").replaceChildren(...sections);
    if (!sections.length) byId("tables").append(make("p", "empty", say(data.tables.length ? "nothing" : "same")));
    byId("nav").replaceChildren(...found.map(([table, rows]) => navLine(table, rows)));
    const shown = found.reduce((sum, [, rows]) => sum + rows.length, 0);
    const all = data.tables.reduce((sum, table) => sum + table.rows.length, 0);
    byId("found").textContent = say("found", count(shown), count(all));
    progress();
  }

  function showAnew() {
    onlyRow = "";
    writeAddress();
    show();
  }

  function navLine(table, rows) {
    const link = make("a", "", make("span", "", table.name), make("span", "count", count(rows.length)));
    // To jump isn't to filter: the address stays that of the filters.
    link.href = "#table-" + table.id;
    link.dataset.id = table.id;
    link.classList.toggle("seen", seen.has(table.title));
    link.addEventListener("click", (event) => {
      event.preventDefault();
      const section = byId("table-" + table.id);
      section.scrollIntoView();
      section.focus({ preventScroll: true });
    });
    return make("li", "", link);
  }

  function options(id, choices) {
    const select = byId(id), before = select.value;
    select.replaceChildren(...[["", say("all")], ...choices].map(([value, text]) => {
      const option = make("option", "", text);
      option.value = value;
      return option;
    }));
    if (choices.some(([value]) => value === before)) select.value = before;
  }

  function fieldChoices() {
    const table = byId("table").value, names = new Map();
    for (const one of data.tables) {
      if (table && one.id !== table) continue;
      for (const [path, name] of one.fields) names.set(path, name === path ? path : `${name} (${path})`);
    }
    return [...names].sort((one, other) => (one[1] < other[1] ? -1 : 1));
  }

  function fillFilters() {
    options("target", data.targets.map((name) => [name, name]));
    options("table", data.tables.map((table) => [table.id, table.title]));
    options("kind", ["changed", "added", "removed"].map((kind) => [kind, say(kind)]));
    options("field", fieldChoices());
  }

  function summary() {
    const counts = Object.entries(data.summary).filter(([, number]) => number);
    byId("summary").textContent = counts.map(([name, number]) => say(name, count(number))).join(" · ") || say("no_row");
  }

  function gate() {
    const box = byId("gate"), verdict = data.gate;
    const state = verdict.blocking.length ? "Blocked" : verdict.allowed.length ? "Allowed" : verdict.violations.length ? "Warned" : "Passed";
    box.className = { Blocked: "blocked", Allowed: "warned", Warned: "warned", Passed: "passed" }[state];
    byId("gate-title").textContent = say("gate" + state, (verdict.blocking.length ? verdict.blocking : verdict.allowed).join(", "));
    byId("violations").replaceChildren(...verdict.violations.flatMap((folded) => {
      const allowed = folded.level === "block" && verdict.allowed.includes(folded.rule);
      const head = () => make("span", "level", `${say(allowed ? "allowed" : folded.level)} ${folded.rule} `);
      const where = folded.table || folded.targets.join(", ");
      const lines = folded.shown.map((message) => make("li", allowed ? "warn" : folded.level, head(), `${where}: ${message}`));
      if (folded.more) lines.push(make("li", folded.level, head(), `${where}: ${say("moreViolations", count(folded.more))}`));
      return lines;
    }));
  }

  function schema() {
    byId("schema").hidden = !data.schema.length;
    byId("schema-title").textContent = say("schema");
    byId("schema-changes").replaceChildren(...data.schema.map((change) => make("li", change.breaking ? "breaking" : "",
      make("span", "level", say(change.breaking ? "breaking" : "noted") + " "),
      `${change.place}: ${change.message} (${change.rule}) · ${change.targets.join(", ")}`)));
  }

  function speak() {
    document.documentElement.lang = language;
    for (const element of document.querySelectorAll("[data-text]")) element.textContent = say(element.dataset.text);
    byId("language").textContent = say("other");
    byId("language").lang = language === "ko" ? "en" : "ko";
    fillFilters();
    summary();
    gate();
    metrics();
    schema();
    byId("stale").replaceChildren(...data.stale.map((note) => make("p", "note", note)));
    show();
  }

  function clear() {
    byId("search").value = "";
    for (const id of FILTERS) byId(id).value = "";
    options("field", fieldChoices());
    showAnew();
  }

  let pause = 0;
  byId("search").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(showAnew, 120);
  });
  byId("table").addEventListener("change", () => options("field", fieldChoices()));
  for (const id of FILTERS) byId(id).addEventListener("change", showAnew);
  window.addEventListener("hashchange", () => {
    readAddress();
    show();
  });
  byId("clear").addEventListener("click", clear);
  byId("language").addEventListener("click", () => {
    language = language === "ko" ? "en" : "ko";
    speak();
  });
  document.addEventListener("keydown", (event) => {
    const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(document.activeElement.tagName);
    if (event.key === "Escape" && document.activeElement === byId("search")) clear();
    if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "/") {
      event.preventDefault();
      byId("search").focus();
    } else if (event.key === "x") {
      const here = sections.find((one) => one.getBoundingClientRect().bottom > 90);
      const table = here && data.tables.find((one) => "table-" + one.id === here.id);
      if (table) tick(table, !seen.has(table.title));
    } else if (event.key === "n" || event.key === "p") {
      const here = sections.findIndex((one) => one.getBoundingClientRect().bottom > 90);
      const next = sections[Math.min(sections.length - 1, Math.max(0, here + (event.key === "n" ? 1 : -1)))];
      if (next) next.scrollIntoView();
    }
  });
  window.addEventListener("beforeprint", () => {
    let left = PRINT_MOST;
    for (const button of document.querySelectorAll("button.more")) {
      const before = button.parentElement.querySelectorAll("tbody").length;
      const parent = button.parentElement;
      button.grow(left);
      left -= parent.querySelectorAll("tbody").length - before;
      if (left <= 0) return;
    }
  });
  fillFilters();
  readAddress();
  speak();
})();
