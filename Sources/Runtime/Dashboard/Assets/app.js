"use strict";
// One page over /api/v1. Text reaches the document through textContent only: names and messages come from repositories
// and clusters that are not to be trusted with markup.

const api = path => fetch("/api/v1/" + path).then(async answer => {
  const body = await answer.json();
  if (!answer.ok) throw new Error(body.error || answer.statusText);
  return body;
});

/** An element with attributes and children; strings become text. */
function h(name, attributes, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes || {})) if (value != null && value !== false) node.setAttribute(key, value);
  node.append(...children.flat().filter(child => child != null && child !== "").map(child => child instanceof Node ? child : String(child)));
  return node;
}

const tones = {
  good: ["Synced", "Healthy", "Provisioned", "done", "live"],
  busy: ["Progressing", "Rolling out", "Soaking", "Provisioning", "Deleting"],
  calm: ["Waiting", "Pending", "Standby"],
  bad: ["Blocked", "Failed", "Halted", "Rejected", "Degraded", "Unreachable"],
  lost: ["Unknown"],
};
const tone = word => Object.keys(tones).find(name => tones[name].includes(word)) || "none";
const state = (word, reason) => h("span", { class: "state " + tone(word), title: reason }, word);
/** Why a management cluster is in its state; of one that does not answer, since when nothing is known. */
const memberReason = m => m.state === "Unknown" ? h("span", {}, "unknown since ", h("time", { datetime: m.since }, m.since.replace(/\.\d+Z$/, "Z")), ": " + m.reason) : m.reason;
const short = id => (id || "").slice(0, 10);
const commit = id => h("code", { title: id }, short(id));
const plural = (count, word) => count + " " + word + (count === 1 ? "" : "s");
const sum = (list, value) => list.reduce((total, item) => total + value(item), 0);

/** How long ago, in kubectl's short form. */
function age(time) {
  if (!time) return "";
  const seconds = Math.max(0, (Date.now() - Date.parse(time)) / 1000 | 0);
  const text = seconds < 120 ? seconds + "s" : seconds < 7200 ? (seconds / 60 | 0) + "m"
    : seconds < 172800 ? (seconds / 3600 | 0) + "h" : (seconds / 86400 | 0) + "d";
  return h("time", { datetime: time, title: time }, text);
}

function ratio(counts) {
  if (!counts.desired && !counts.ready) return h("span", { class: "quiet" }, "–");
  const part = Math.min(1, counts.desired ? counts.ready / counts.desired : 1);
  const whole = counts.ready >= counts.desired && (counts.upToDate ?? counts.desired) >= counts.desired;
  return h("span", { title: (counts.upToDate ?? counts.desired) + " of " + counts.desired + " up to date" },
    h("span", { class: "bar " + (whole ? "" : "busy") }, h("i", { style: "width:" + (100 * part) + "%" })),
    counts.ready + "/" + counts.desired);
}

const version = c => c.version && c.wantedVersion && c.version !== c.wantedVersion ? c.version + " → " + c.wantedVersion : c.version || c.wantedVersion;
const tile = (label, value, of, mood) => h("div", { class: "tile " + (mood || "") },
  h("b", {}, value, of == null ? null : h("small", {}, " / " + of)), h("span", { class: "quiet" }, label));
const clusterLink = (c, on) => h("a", { href: "#/clusters/" + [on, c.namespace, c.name].map(encodeURIComponent).join("/") }, c.namespace + "/" + c.name);

/** Columns are [title, cell of item, class]; long lists show their first rows until asked for more. */
const opened = new Set();
function table(key, columns, items, limit = 100) {
  const shown = opened.has(key) ? items : items.slice(0, limit);
  const rows = shown.map(item => h("tr", {}, columns.map(([, cell, kind]) => h("td", { class: kind }, cell(item)))));
  const node = h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, columns.map(([title, , kind]) => h("th", { class: kind }, title)))), h("tbody", {}, rows)));
  if (shown.length < items.length) {
    const more = h("button", {}, "Show all " + items.length);
    more.onclick = () => { opened.add(key); refresh(); };
    node.append(more);
  }
  return node;
}

let filter = "", onlyUnwell = false;
function tools() {
  const search = h("input", { type: "search", id: "filter", placeholder: "Filter by name, cluster, version", "aria-label": "Filter", value: filter });
  search.oninput = () => { filter = search.value; refresh(); };
  const box = h("input", { type: "checkbox", id: "unwell" });
  box.checked = onlyUnwell;
  box.onchange = () => { onlyUnwell = box.checked; refresh(); };
  return h("div", { class: "tools" }, search, h("label", {}, box, " only what is not healthy"));
}
const matches = (...words) => words.join(" ").toLowerCase().includes(filter.toLowerCase());

function fleetSection(fleet) {
  const members = fleet.managementClusters;
  const waves = new Map();
  for (const m of members) waves.set(m.wave, [...(waves.get(m.wave) || []), m]);
  const section = h("section", {},
    h("h2", {}, "Fleet " + fleet.name, state(fleet.state, fleet.reason), fleet.revision ? commit(fleet.revision) : null),
    fleet.reason ? h("p", { class: "reason" }, (fleet.wave ? fleet.wave + ": " : "") + fleet.reason) : null,
    fleet.holds.map(hold => h("p", {}, state("Held"), " ", hold)));
  section.append(h("ol", { class: "waves" }, [...waves].map(([name, list]) =>
    h("li", { "data-current": name && name === fleet.wave ? "" : null },
      h("b", {}, name || "all members"), " ",
      h("span", { class: "quiet" }, list.filter(m => m.appliedRevision && m.appliedRevision === fleet.revision).length + " of " + list.length + " at this commit"),
      h("div", { class: "members" }, list.slice(0, 60).map(m => h("span", { class: "state " + tone(m.state), title: m.state + (m.reason ? ": " + m.reason : "") }, m.name)),
        list.length > 60 ? h("span", { class: "quiet" }, "and " + (list.length - 60) + " more") : null)))));
  const seen = members.filter(m => matches(m.name, m.wave, m.state) && !(onlyUnwell && m.state === "Synced"));
  if (seen.length) section.append(h("h3", {}, "Management clusters"), table(fleet.name + "/members", [
    ["Name", m => m.name], ["Wave", m => m.wave], ["State", m => state(m.state, m.reason)], ["Applied", m => commit(m.appliedRevision)],
    ["Objects", m => m.objects, "number"], ["Blocked", m => m.blocked, "number"], ["Waiting", m => m.waiting, "number"], ["Drifted", m => m.drifted, "number"],
    ["Since", m => age(m.since), "number"], ["Reason", memberReason, "text"]], seen));
  const clusters = members.flatMap(m => m.clusters.map(c => ({ ...c, on: m.name })))
    .filter(c => matches(c.namespace, c.name, c.on, c.version, c.health) && !(onlyUnwell && c.health === "Healthy"));
  if (clusters.length) section.append(h("h3", {}, "Clusters"), table(fleet.name + "/clusters", [
    ["Cluster", c => clusterLink(c, c.on)], ["On", c => c.on], ["Phase", c => c.phase], ["Health", c => state(c.health, c.reason)],
    ["Version", version], ["Control plane", c => ratio(c.controlPlane)], ["Workers", c => ratio(c.workers)],
    ["Age", c => age(c.creationTimestamp), "number"], ["Reason", c => c.reason, "text"]], clusters));
  const apps = members.flatMap(m => m.apps.map(a => ({ ...a, on: m.name })))
    .filter(a => matches(a.namespace, a.name, a.on, a.chart, a.version, a.health) && !(onlyUnwell && a.health === "Healthy"));
  if (apps.length) section.append(h("h3", {}, "Apps"), table(fleet.name + "/apps", [
    ["App", a => a.namespace + "/" + a.name], ["On", a => a.on], ["Chart", a => a.catalog + "/" + a.chart],
    ["Version", a => a.requested && a.requested !== a.version ? a.version + " (" + a.requested + ")" : a.version],
    ["Objects", a => a.objects, "number"], ["Health", a => state(a.health, a.reason)], ["Held", a => a.hold]], apps));
  const texts = members.flatMap(m => m.findings.map(f => m.name + ": " + f)).concat(fleet.diagnostics.map(d => d.text));
  if (texts.length) section.append(h("pre", {}, texts.join("\n")));
  return section;
}

async function showFleets(status) {
  const members = status.fleets.flatMap(f => f.managementClusters);
  const clusters = members.flatMap(m => m.clusters), apps = members.flatMap(m => m.apps);
  const synced = members.filter(m => m.state === "Synced").length;
  const healthy = clusters.filter(c => c.health === "Healthy").length;
  const wellApps = apps.filter(a => a.health === "Healthy").length;
  const blocked = sum(members, m => m.blocked), waiting = sum(members, m => m.waiting), drifted = sum(members, m => m.drifted);
  const machines = key => sum(clusters, c => c.controlPlane[key] + c.workers[key]);
  const part = (value, all) => value < all ? "busy" : "";
  return [
    h("div", { class: "tiles" },
      tile("management clusters in sync", synced, members.length, part(synced, members.length)),
      tile("clusters healthy", healthy, clusters.length, part(healthy, clusters.length)),
      tile("replicas ready", machines("ready"), machines("desired"), part(machines("ready"), machines("desired"))),
      tile("apps healthy", wellApps, apps.length, part(wellApps, apps.length)),
      tile("fields drifted", drifted, null, drifted ? "bad" : ""), tile("objects blocked", blocked, null, blocked ? "bad" : ""),
      tile("objects waiting", waiting, null, waiting ? "calm" : "")),
    tools(),
    ...status.fleets.map(fleetSection),
    status.fleets.length ? null : h("p", { class: "quiet" }, "No fleets in this revision."),
    status.source.diagnostics.length ? h("pre", {}, status.source.diagnostics.map(d => d.text).join("\n")) : null,
  ];
}

const treeNode = node => h("li", {},
  h("div", { class: "node" },
    h("span", { class: "title state " + tone(node.health), title: node.health }, node.title),
    node.replicas ? ratio(node.replicas) : null, node.version ? h("span", {}, node.version) : null,
    node.reason ? h("span", { class: "reason" }, node.reason, node.since ? [" for ", age(node.since)] : null) : null),
  node.children.length ? h("ul", {}, node.children.map(treeNode)) : null);

async function showCluster(status, [on, namespace, name]) {
  const query = "?namespace=" + encodeURIComponent(namespace) + "&managementCluster=" + encodeURIComponent(on);
  const found = await api("clusters/" + encodeURIComponent(name) + query);
  const c = found.summary;
  return [
    h("h1", {}, c.namespace + "/" + c.name, state(c.health, c.reason), c.paused ? state("Paused") : null),
    h("p", { class: "source" }, "on " + found.managementCluster + " of fleet " + found.fleet + ", from ", commit(found.appliedRevision), " " + found.message),
    h("div", { class: "tiles" }, tile("version", version(c) || "–"), tile("phase", c.phase),
      tile("control plane ready", c.controlPlane.ready, c.controlPlane.desired), tile("workers ready", c.workers.ready, c.workers.desired)),
    found.blocked.length ? h("pre", {}, found.blocked.map(b => typeof b === "string" ? b : b.text || JSON.stringify(b)).join("\n")) : null,
    h("h3", {}, "Objects"), h("ul", { class: "tree" }, treeNode(found.tree)),
    h("h3", {}, "History"), historyTable("cluster", found.history.entries),
    h("p", { class: "quiet" }, "Its kubeconfig: ", h("code", {}, "martlet kubeconfig get " + c.name)),
  ];
}

const shownValue = value => value === undefined || value === null ? "∅" : typeof value === "string" ? value : JSON.stringify(value);
const fieldList = fields => h("ul", { class: "fields" }, (fields || []).slice(0, 12).map(f =>
  h("li", {}, h("code", {}, f.path, ": ", h("del", {}, shownValue(f.old)), " → ", h("ins", {}, shownValue(f.new))))));
const machineText = m => m == null || m === 0 ? "" : typeof m === "object" ? Object.entries(m).filter(([, n]) => n).map(([word, n]) => n + " " + word).join(", ") : String(m);

async function showPlan() {
  const plan = await api("plan"), forecast = plan.forecast;
  const changed = plan.objects.filter(o => o.verdict !== "none");
  return [
    h("h1", {}, "What the newest commit would still change"),
    h("p", { class: "source" }, commit(plan.revision), " ", forecast.summary || ""),
    h("div", { class: "tiles" }, tile("management clusters", forecast.managementClusters), tile("clusters", forecast.clusters),
      tile("Machines roll", forecast.machinesRolled, null, forecast.machinesRolled ? "busy" : ""), tile("creates", forecast.creates),
      tile("updates", forecast.updates), tile("deletes", forecast.deletes, null, forecast.deletes ? "bad" : ""),
      tile("blocked", forecast.blocked, null, forecast.blocked ? "bad" : ""), tile("waiting", forecast.waiting, null, forecast.waiting ? "calm" : "")),
    plan.complete ? null : h("p", {}, state("Degraded"), " The plan is not complete: nothing is deleted until it is."),
    changed.length ? table("plan", [
      ["On", o => o.managementCluster], ["Object", o => o.kind + " " + (o.namespace ? o.namespace + "/" : "") + o.name],
      ["Verdict", o => { const word = o.waiting ? "waiting" : o.verdict; return h("span", { class: "verdict " + word }, word); }], ["Machines", o => machineText(o.machines)],
      ["Why", o => [o.reason, o.fields && o.fields.length ? fieldList(o.fields) : null], "text"]], changed)
      : h("p", { class: "quiet" }, "Nothing: the management clusters run what Git says."),
    plan.diagnostics.length ? h("pre", {}, plan.diagnostics.map(d => d.text || JSON.stringify(d)).join("\n")) : null,
  ];
}

const historyTable = (key, entries) => entries.length ? table("history/" + key, [
  ["Age", e => age(e.time), "number"], ["Event", e => e.event], ["Where", e => [e.fleet, e.managementCluster].filter(Boolean).join("/")],
  ["Object", e => e.kind ? e.kind + " " + (e.namespace ? e.namespace + "/" : "") + e.name : ""],
  ["What", e => [[e.message, e.manager ? "by " + e.manager : ""].filter(Boolean).join(", "), e.fields && e.fields.length ? fieldList(e.fields) : null], "text"],
  ["Commit", e => e.revision ? commit(e.revision) : ""]], entries, 200) : h("p", { class: "quiet" }, "Nothing yet.");

let eventFilter = "";
async function showHistory() {
  const { entries } = await api("history?limit=500");
  const events = [...new Set(entries.map(e => e.event))].sort();
  const choice = h("select", { "aria-label": "Event" }, h("option", { value: "" }, "every event"),
    events.map(event => h("option", { value: event, selected: event === eventFilter ? "" : null }, event)));
  choice.onchange = () => { eventFilter = choice.value; refresh(); };
  return [h("h1", {}, "History"), h("div", { class: "tools" }, choice),
    historyTable("all", entries.filter(e => !eventFilter || e.event === eventFilter))];
}

function showSource(source) {
  const node = document.getElementById("source");
  node.replaceChildren(...source.revision
    ? [commit(source.revision), " " + source.message + " · " + source.author + " · ", age(source.committed), " · " + (source.repository === "." ? "" : source.repository + " ") + "(" + source.branch + ")"]
    : [source.failure || "no revision yet"]);
  if (source.revision && source.failure) node.append(" · ", state("Failed"), " " + source.failure);
}

const routes = { "": showFleets, clusters: showCluster, plan: showPlan, history: showHistory };
let turn = 0;
async function refresh() {
  const mine = ++turn;
  const [name, ...rest] = location.hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  for (const link of document.querySelectorAll("nav a"))
    link.toggleAttribute("aria-current", link.dataset.view === (name === "" || name === "clusters" ? "fleets" : name));
  let parts;
  try {
    const status = await api("status");
    showSource(status.source);
    parts = await (routes[name] || showFleets)(status, rest);
  } catch (problem) {
    parts = [h("pre", {}, problem.message)];
  }
  if (mine !== turn) return; // a newer refresh overtook this one
  const focused = document.activeElement && document.activeElement.id;
  document.getElementById("view").replaceChildren(...parts.filter(Boolean));
  const again = focused && document.getElementById(focused);
  if (again) { again.focus(); if (again.type === "search") again.setSelectionRange(again.value.length, again.value.length); }
}

let waiting = false;
function soon() {
  if (waiting) return;
  waiting = true;
  setTimeout(() => { waiting = false; refresh(); }, 250);
}
const link = document.getElementById("link");
const say = word => { link.className = "state " + tone(word); link.textContent = word; };
const stream = new EventSource("/api/v1/events");
stream.onopen = () => { say("live"); soon(); };
stream.onerror = () => say("reconnecting");
stream.addEventListener("status", soon);
window.addEventListener("hashchange", () => { window.scrollTo(0, 0); refresh(); });
refresh();
