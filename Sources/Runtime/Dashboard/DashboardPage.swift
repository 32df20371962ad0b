/// The dashboard: one page that reads the API and follows its events; no framework, nothing from other hosts.
package enum DashboardPage {
    package static let html = head + style + body + script

    private static let head = """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>Martlet</title>

        """

    private static let style = """
        <style>
        :root { color-scheme: light dark; --line: #8884; --soft: #8881; --good: #2a9d5c; --busy: #c98a00; --bad: #d64545; }
        * { box-sizing: border-box; }
        body { font: 15px/1.45 system-ui, sans-serif; margin: 0 auto; max-width: 76rem; padding: 1.5rem; }
        header { display: flex; align-items: baseline; gap: 1rem; flex-wrap: wrap; }
        h1 { font-size: 1.3rem; margin: 0; letter-spacing: .02em; }
        h2 { font-size: 1.05rem; margin: 2rem 0 .5rem; }
        .quiet { opacity: .65; }
        code { font: .9em ui-monospace, monospace; }
        table { border-collapse: collapse; width: 100%; }
        th { font-weight: 500; opacity: .65; text-align: left; }
        th, td { border-bottom: 1px solid var(--line); padding: .35rem .8rem .35rem 0; vertical-align: top; }
        td.number { font-variant-numeric: tabular-nums; }
        .dot::before { border-radius: 50%; content: ""; display: inline-block; height: .6em; margin-right: .45em; width: .6em; }
        .good::before { background: var(--good); } .busy::before { background: var(--busy); }
        .bad::before { background: var(--bad); } .none::before { background: var(--line); }
        pre { background: var(--soft); border-radius: .4rem; margin: .6rem 0; overflow: auto; padding: .7rem; white-space: pre-wrap; }
        </style>
        </head>

        """

    private static let body = """
        <body>
        <header><h1>Martlet</h1><span id="source" class="quiet"></span></header>
        <main id="fleets"><p class="quiet">Loading…</p></main>
        <h2>History</h2>
        <table><thead><tr><th>Time</th><th>Event</th><th>Where</th><th>Object</th><th>What</th></tr></thead>
        <tbody id="history"></tbody></table>

        """

    private static let script = """
        <script>
        "use strict";
        const element = (name, text, className) => {
          const node = document.createElement(name);
          if (text !== undefined) node.textContent = text;
          if (className) node.className = className;
          return node;
        };
        const colours = { Synced: "good", Healthy: "good", Provisioned: "good", Progressing: "busy", "Rolling out": "busy",
          Soaking: "busy", Waiting: "busy", Pending: "busy", Provisioning: "busy", Deleting: "busy", Blocked: "bad",
          Failed: "bad", Halted: "bad", Rejected: "bad", Degraded: "bad", Unknown: "bad", Paused: "none" };
        const state = text => element("span", text, "dot " + (colours[text] || "none"));
        const row = cells => {
          const line = element("tr");
          for (const cell of cells) {
            const box = element("td");
            if (cell instanceof Node) box.append(cell); else box.textContent = cell ?? "";
            line.append(box);
          }
          return line;
        };
        const table = (names, rows) => {
          const node = element("table"), head = element("tr"), top = element("thead"), rest = element("tbody");
          for (const name of names) head.append(element("th", name));
          top.append(head); rest.append(...rows); node.append(top, rest);
          return node;
        };
        const short = id => (id || "").slice(0, 10);
        const ratio = counts => counts.ready + "/" + counts.desired;
        function showFleet(fleet) {
          const part = element("section"), title = element("h2");
          title.append("Fleet " + fleet.name + "  ", state(fleet.state));
          part.append(title);
          if (fleet.reason) part.append(element("p", (fleet.wave ? fleet.wave + ": " : "") + fleet.reason, "quiet"));
          for (const hold of fleet.holds) part.append(element("p", "Held: " + hold));
          part.append(table(["Management cluster", "Wave", "State", "Applied", "Objects", "Blocked", "Drifted", "Reason"],
            fleet.managementClusters.map(m => row([m.name, m.wave, state(m.state), element("code", short(m.appliedRevision)),
              m.objects, m.blocked, m.drifted, m.reason]))));
          const clusters = fleet.managementClusters.flatMap(m => m.clusters.map(c => ({ ...c, on: m.name })));
          if (clusters.length) part.append(table(["Cluster", "On", "Phase", "Health", "Version", "Control plane", "Workers", "Reason"],
            clusters.map(c => row([c.namespace + "/" + c.name, c.on, c.phase, state(c.health),
              c.version && c.wantedVersion && c.version !== c.wantedVersion ? c.version + " → " + c.wantedVersion : c.version,
              ratio(c.controlPlane), ratio(c.workers), c.reason]))));
          const apps = fleet.managementClusters.flatMap(m => m.apps.map(a => ({ ...a, on: m.name })));
          if (apps.length) part.append(table(["App", "On", "Chart", "Version", "Health", "Held"],
            apps.map(a => row([a.namespace + "/" + a.name, a.on, a.catalog + "/" + a.chart, a.version, state(a.health), a.hold]))));
          const findings = fleet.managementClusters.flatMap(m => m.findings.map(f => m.name + ": " + f));
          const texts = findings.concat(fleet.diagnostics.map(d => d.text));
          if (texts.length) part.append(element("pre", texts.join("\\n")));
          return part;
        }
        async function refresh() {
          const status = await (await fetch("/api/v1/status")).json();
          const source = status.source;
          document.getElementById("source").textContent = source.revision
            ? short(source.revision) + "  " + source.message + "  (" + source.branch + ")" + (source.failure ? "  fetch failed: " + source.failure : "")
            : source.failure || "no revision yet";
          const main = document.getElementById("fleets");
          main.replaceChildren(...status.fleets.map(showFleet));
          if (!status.fleets.length) main.append(element("p", "No fleets in this revision.", "quiet"));
          if (source.diagnostics.length) main.append(element("pre", source.diagnostics.map(d => d.text).join("\\n")));
          const history = await (await fetch("/api/v1/history?limit=40")).json();
          document.getElementById("history").replaceChildren(...history.entries.map(e => row([e.time, e.event,
            [e.fleet, e.managementCluster].filter(Boolean).join("/"),
            e.kind ? e.kind + " " + (e.namespace ? e.namespace + "/" : "") + e.name : "",
            [e.message, (e.fields || []).map(f => f.path).slice(0, 4).join(", "), e.manager ? "by " + e.manager : ""]
              .filter(Boolean).join("; ")])));
        }
        let waiting = false;
        async function soon() {
          if (waiting) return;
          waiting = true;
          await new Promise(done => setTimeout(done, 250));
          waiting = false;
          refresh().catch(() => {});
        }
        refresh().catch(() => {});
        new EventSource("/api/v1/events").addEventListener("status", soon);
        </script>
        </body>
        </html>

        """
}
