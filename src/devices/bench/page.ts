import { cssOf } from "../../platform/look/palette.ts";

/** What a person does to the simulated devices, with buttons. Texts are set as text, never as markup. */
export const BENCH_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bench</title>
<style>
  :root { color-scheme: light dark; ${cssOf("light")} }
  @media (prefers-color-scheme: dark) { :root { ${cssOf("dark")} } }
  body { background: var(--paper); color: var(--ink); font: 16px/1.4 "Noto Sans", system-ui, sans-serif; margin: 0 auto; max-width: 46rem; padding: 1.2rem; }
  h1 { color: var(--quiet); font-size: 1.1rem; font-weight: 600; margin: 0 0 1rem; }
  h2 { font-size: 1.2rem; margin: 0 0 .6rem; }
  h3 { color: var(--quiet); font-size: .9rem; font-weight: 600; margin: 1rem 0 .4rem; }
  article { border: 1px solid var(--line); border-radius: 1rem; padding: 1.2rem; margin-bottom: 1rem; }
  dl { display: grid; grid-template-columns: repeat(auto-fill, minmax(11rem, 1fr)); gap: .6rem; margin: 0; }
  dt { color: var(--quiet); font-size: .85rem; } dd { margin: 0; font-weight: 600; font-variant-numeric: tabular-nums; }
  .buttons { display: flex; flex-wrap: wrap; gap: .6rem; }
  button { font: inherit; font-weight: 600; padding: .7rem 1rem; border: 0; border-radius: .7rem; cursor: pointer; }
  button.use { background: var(--action); color: var(--on-action); } button.fault { background: var(--stop); color: var(--on-stop); }
  #note { min-height: 1.4em; }
</style>
</head>
<body>
<h1>The bench: what a person would do to the devices</h1>
<main id="devices"></main>
<p id="note" role="status"></p>
<script>
const place = document.getElementById("devices");
const note = document.getElementById("note");
const values = new Map();

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text !== undefined) made.textContent = text;
  return made;
}

async function act(id, action) {
  const response = await fetch("/api/devices/" + encodeURIComponent(id) + "/act", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ action }),
  });
  note.textContent = response.ok ? "" : (await response.json()).error;
  await refresh();
}

function buttons(device, kind) {
  const row = element("div", "buttons");
  for (const action of device.actions.filter((each) => each.kind === kind)) {
    const button = element("button", kind, action.label);
    button.type = "button";
    button.onclick = () => act(device.id, action.id);
    row.append(button);
  }
  return row;
}

function card(device) {
  const made = element("article");
  const list = element("dl");
  const name = device.id === device.kind ? device.id : device.id + " (" + device.kind + ")";
  made.append(element("h2", "", name), list);
  made.append(element("h3", "", "A customer"), buttons(device, "use"));
  made.append(element("h3", "", "A fault"), buttons(device, "fault"));
  values.set(device.id, list);
  return made;
}

// What a device's state is named in stands in base units, the unit last: presetMl is a preset in litres.
const UNITS = { Ml: ["L", 1000, 2], Wh: ["kWh", 1000, 3], W: ["kW", 1000, 2], Ms: ["s", 1000, 1], S: ["s", 1, 0], Minor: ["", 100, 2], MilliVolt: ["V", 1000, 1] };

function inWords(name, value) {
  const unit = Object.keys(UNITS).find((each) => name.endsWith(each));
  const bare = unit === undefined || typeof value !== "number" ? name : name.slice(0, -unit.length);
  const words = bare.replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
  if (value === true || value === false) return [words, value ? "yes" : "no"];
  if (value === null) return [words, "none"];
  if (bare === name || bare === "") return [words, String(value)];
  const [shown, perUnit, decimals] = UNITS[unit];
  return [words, (value / perUnit).toFixed(decimals) + " " + shown];
}

function show(device) {
  const entries = Object.entries({ ...device.state, "released in all, in base units": device.releasedBase });
  values.get(device.id).replaceChildren(
    ...entries.map(([name, value]) => {
      const [words, told] = inWords(name, value);
      const pair = element("div");
      pair.append(element("dt", "", words), element("dd", "", told));
      return pair;
    }),
  );
}

async function refresh() {
  try {
    const { devices } = await (await fetch("/api/devices")).json();
    if (values.size !== devices.length) place.replaceChildren(...devices.map(card));
    devices.forEach(show);
  } catch {
    note.textContent = "No connection.";
  }
}

refresh();
setInterval(refresh, 500);
</script>
</body>
</html>
`;
