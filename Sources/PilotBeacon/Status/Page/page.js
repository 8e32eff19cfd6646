"use strict";
// Everything that comes from the beacon is shown by textContent: what strangers have sent stays text.
const cells = ["udp_to_udp", "udp_to_wss", "wss_to_udp", "wss_to_wss"];
const span = 300, series = 5;
const points = [];
let last = null;

const at = id => document.getElementById(id);
const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const number = value => (value < 10000 ? whole : short).format(value);
const bytes = value => value < 1000 ? `${whole.format(value)} B` : `${short.format(value).replace(/([A-Z]+)$/, unit => ` ${unit === "K" ? "k" : unit}B`)}`;
const words = name => name.replaceAll("_", " ");
const clock = seconds => new Date(seconds * 1000).toLocaleTimeString();

function duration(seconds) {
  const parts = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];
  const first = parts.findIndex(([size]) => seconds >= size);
  if (first < 0) return "0 s";
  return parts.slice(first, first + 2).map(([size, unit], index) =>
    `${Math.floor(index ? seconds % parts[first][0] / size : seconds / size)} ${unit}`).join(" ");
}

function set(id, text, mood) {
  const node = at(id);
  if (node.textContent !== text) node.textContent = text;
  if (mood !== undefined) node.className = mood;
}

function make(name, attributes = {}, text) {
  const isShape = name === "svg" || name === "path";
  const node = isShape ? document.createElementNS("http://www.w3.org/2000/svg", name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text !== undefined) node.textContent = text;
  return node;
}

function rows(id, list, none, columns) {
  const body = at(id);
  body.replaceChildren(...(list.length ? list : [null]).map(item => {
    const row = make("tr");
    if (item === null) row.append(make("td", { class: "dim", colspan: columns.length }, none));
    else columns.forEach(([value, kind]) => row.append(make("td", { class: typeof kind === "function" ? kind(item) : kind || "" }, value(item))));
    return row;
  }));
}

// Totals become rates: a second's difference to the one before. A beacon that was started anew begins at zero.
function note(time, relayed, drops) {
  if (last && time > last.time) {
    const seconds = time - last.time;
    const rate = (now, before) => Math.max(0, (now || 0) - (before || 0)) / seconds;
    const point = { time, relayed: relayed.map((value, index) => rate(value, last.relayed[index])), drops: {} };
    for (const name in drops) point.drops[name] = rate(drops[name], last.drops[name]);
    points.push(point);
    while (points.length && points[0].time < time - span) points.shift();
  }
  last = { time, relayed, drops };
}

function plot(id, title, names, value) {
  const end = points.length ? points[points.length - 1].time : 0;
  const most = Math.max(1, ...names.flatMap(name => points.map(point => value(point, name))));
  const paths = names.map((name, index) => {
    const steps = points.map(point =>
      `${(600 * (1 - (end - point.time) / span)).toFixed(1)},${(158 - 150 * value(point, name) / most).toFixed(1)}`);
    return make("path", { class: `s${index}`, d: steps.length ? `M${steps.join("L")}` : "" });
  });
  const current = name => points.length ? value(points[points.length - 1], name) : 0;
  at(id).replaceChildren(...paths);
  at(id).setAttribute("aria-label",
    `${title}, five minutes, at most ${number(most)}. Now: ${names.map(name => `${words(name)} ${number(current(name))}`).join(", ") || "none"}.`);
  set(`${id}-top`, number(most));
  at(`${id}-legend`).replaceChildren(...names.map((name, index) => {
    const item = make("li"), mark = make("svg", { viewBox: "0 0 30 10", "aria-hidden": "true" });
    mark.append(make("path", { class: `s${index}`, d: "M0,5L30,5" }));
    item.append(mark, `${words(name)} `, make("b", {}, number(current(name))));
    return item;
  }));
}

function plots() {
  plot("relayed", "Relayed frames a second", cells, (point, name) => point.relayed[cells.indexOf(name)]);
  const sums = {};
  for (const point of points) for (const name in point.drops) sums[name] = (sums[name] || 0) + point.drops[name];
  const names = Object.keys(sums).filter(name => sums[name] > 0).sort((a, b) => sums[b] - sums[a] || (a < b ? -1 : 1));
  const shown = names.length > series ? [...names.slice(0, series - 1), "other"] : names;
  const others = names.slice(series - 1);
  plot("dropped", "Dropped frames a second", shown, (point, name) => name === "other"
    ? others.reduce((sum, other) => sum + (point.drops[other] || 0), 0) : point.drops[name] || 0);
}

function certificate(report) {
  if (report.certificateExpiry === undefined) return set("certificate", "none", "dim");
  const left = report.certificateExpiry - report.now;
  if (left <= 0) return set("certificate", "expired", "bad");
  set("certificate", duration(left), left < 7 * 86400 ? "bad" : left < 30 * 86400 ? "warn" : "");
}

function neighbours(report) {
  at("neighbours-section").hidden = !report.neighbours;
  if (!report.neighbours) return;
  rows("neighbours", report.neighbours.beacons, "There are none.",
    [[item => item.name], [item => item.isHeard ? "heard" : "silent", item => `n ${item.isHeard ? "good" : "bad"}`]]);
  set("neighbour-nodes", number(report.neighbours.nodes));
}

function cluster(report) {
  at("cluster-section").hidden = !report.cluster;
  if (!report.cluster) return;
  const { isUpToDate, silentSeconds, isTold, nodes, waiting, isHeldBack, beacons } = report.cluster;
  const heard = isUpToDate ? "heard" : `not heard for ${duration(silentSeconds || 0)}`;
  const isWell = isUpToDate && isTold !== false;
  set("cluster-state", heard + (isTold === false ? ", not told who is here" : ""), `badge ${isWell ? "good" : "bad"}`);
  rows("cluster", beacons, "There are none.",
    [[item => String(item.number)], [item => item.address], [item => number(item.nodes), "n"]]);
  set("cluster-nodes", number(nodes));
  set("cluster-waiting", number(waiting) + (isHeldBack ? ", held back" : ""));
}

function show(report) {
  note(report.now, cells.map(name => report.relayed[name] || 0), report.drops);
  if (document.hidden) return;
  const point = points[points.length - 1];
  const lost = point ? Object.values(point.drops).reduce((sum, value) => sum + value, 0) : 0;
  set("phase", report.phase, `badge ${report.phase === "serving" ? "good" : "warn"}`);
  set("since", `${report.version}, since ${new Date(report.startedAt * 1000).toLocaleString()} (${duration(report.now - report.startedAt)})`);
  set("link", "Live", "");
  set("clock", clock(report.now));
  set("udp", number(report.peers.udp));
  set("wss", number(report.peers.wss));
  set("rate", number(point ? point.relayed.reduce((sum, value) => sum + value, 0) : 0));
  set("loss", number(lost), lost >= 1 ? "warn" : "");
  set("waiting", bytes(report.peers.waitingBytes));
  certificate(report);
  plots();
  rows("talkers", report.talkers, "Nobody sends much.",
    [[item => String(item.node)], [item => number(item.framesPerSecond), "n"], [item => bytes(item.bytesPerSecond), "n"]]);
  rows("slow", report.slow, "Nobody is behind.",
    [[item => String(item.node)], [item => item.remote], [item => bytes(item.waitingBytes), "n"], [item => number(item.dropped), "n"]]);
  neighbours(report);
  cluster(report);
  const counts = map => Object.entries(map).sort((a, b) => b[1] - a[1]);
  const columns = [[item => words(item[0])], [item => whole.format(item[1]), "n"]];
  rows("refusals", counts(report.refusals), "Nobody was refused.", columns);
  rows("drops", counts(report.drops), "Nothing was dropped.", columns);
  rows("events", report.events.slice(0, 20), "Nothing has happened yet.",
    [[item => clock(item.time)], [item => item.text], [item => item.node === undefined ? "" : String(item.node)], [item => item.detail]]);
}

const source = new EventSource("events");
source.addEventListener("history", event => {
  points.length = 0;
  last = null;
  for (const point of JSON.parse(event.data)) note(point.time, point.relayed, point.drops);
});
source.addEventListener("report", event => show(JSON.parse(event.data)));
// The status is spoken: it changes only when the link does.
source.addEventListener("error", () => set("link", "The beacon can't be reached; trying again.", "bad"));
