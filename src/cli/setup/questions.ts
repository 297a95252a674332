import { join } from "node:path";
import { isOptional, shapeOf } from "../../config/expectation.ts";
import { isWithin } from "../../config/load.ts";
import { listed, type Path, pathText, sentence, shown } from "../../config/problem.ts";
import { assemblyFolder, profileNames, readProfile } from "../../config/profile.ts";
import { configSchemaOf, servicesIn } from "../../config/schema.ts";
import { isLoopback } from "../../core/loopback.ts";
import { CliError } from "../../platform/console/failure.ts";
import { PLUG_INS } from "../../wiring/plug-ins.ts";
import { branchAt, type Interview, told } from "./interview.ts";
import { panelFrom, serialPorts, usualId, usualLanguages, usualTimeZone, whatItIs } from "./places.ts";
import { descriptionOf, isOneAnswer, type Schema } from "./schema-text.ts";

const USUAL_JOURNAL = "/var/lib/kioskd/journal.db";
const USUAL_LISTEN = "127.0.0.1:8080";
const USUAL_DISTANCE_MM = "600";
const MOST_POSITIONS = 32;
const MOST_ROUNDS = 20;

type DeviceOfList = (typeof PLUG_INS.devices)[number];

/** All questions in their order: who sells and how it is paid come first, for money is checked by both. */
export async function askAll(interview: Interview): Promise<void> {
  standInForAll(interview);
  const { draft } = interview;
  await interview.askOne(["kiosk", "id"], { usual: usualId() });
  await interview.askOne(["kiosk", "name"]);
  await askForService(interview);
  await interview.askOne(["kiosk", "currency"]);
  await interview.askOne(["kiosk", "timezone"], { usual: usualTimeZone() });
  await interview.askOne(["kiosk", "locales"], { usual: usualLanguages(process.env) });
  const count = await askForCount(interview);
  for (let index = 0; index < count; index += 1) await askForPosition(interview, index);
  const { provider } = draft.value["payment"] as { readonly provider: string };
  await interview.askKeys(["payment", provider]);
  await askForDisplay(interview);
  await interview.askOne(["journal", "path"], { usual: USUAL_JOURNAL });
  const left = await interview.settle([]);
  if (left !== null) throw new CliError(`${pathText(left.path)}: ${left.message}. Nothing was written.`);
}

function standInForAll({ draft }: Interview): void {
  const { shape } = configSchemaOf(PLUG_INS);
  const [first] = PLUG_INS.payments;
  draft.standIn(["kiosk"], shape.kiosk);
  draft.standIn(["journal"], shape.journal);
  draft.standIn(["payment"], branchAt(shape.payment, { provider: first.name }));
  draft.standIn(["positions"], shape.positions);
  standInForPosition(draft, 0);
  draft.standIn(["display"], branchAt(shape.display, { driver: "web" }));
}

function standInForPosition(draft: Interview["draft"], index: number): void {
  const { element } = configSchemaOf(PLUG_INS, servicesIn(draft.value)).shape.positions;
  draft.standIn(["positions", index], element);
  const [plain] = withoutAssembly();
  if (plain !== undefined) draft.standIn(["positions", index, "dispenser"], plain.schema);
}

/** Devices that no assembly is made for: there is nothing to be wired. */
function withoutAssembly(): readonly (typeof PLUG_INS.devices)[number][] {
  const wired = new Set(profileNames().map((name) => readProfile(name)?.["driver"]));
  return PLUG_INS.devices.filter(({ driver }) => !wired.has(driver));
}

async function askForService(interview: Interview): Promise<void> {
  const { draft } = interview;
  const { payment } = configSchemaOf(PLUG_INS).shape;
  const services = PLUG_INS.payments.map(({ name }) => name);
  const whats = PLUG_INS.payments.map(({ section }) => descriptionOf(section));
  const at = ["payment", "provider"];
  const about = `How customers pay. ${whats.join(" ")}`;
  await interview.choose(
    { key: pathText(at), about, expected: `one of ${listed(services, "or")}`, usual: null },
    (given) => {
      draft.standIn(["payment"], branchAt(payment, { provider: given }));
      draft.put(at, given);
      standInForPosition(draft, 0);
      return draft.problems().find((each) => isWithin(each.path, at))?.message ?? null;
    },
  );
}

async function askForCount(interview: Interview): Promise<number> {
  let count = 1;
  const expected = `a whole number from 1 to ${MOST_POSITIONS}`;
  const about = descriptionOf(configSchemaOf(PLUG_INS).shape.positions);
  await interview.choose({ key: "positions.count", about, expected, usual: "1" }, (given) => {
    count = Number(given);
    const isOne = /^\d{1,2}$/.test(given) && count >= 1 && count <= MOST_POSITIONS;
    return isOne ? null : sentence({ found: shown(given), expected });
  });
  return count;
}

/** Again from its assembly where its answers do not go together with what stands already. */
async function askForPosition(interview: Interview, index: number): Promise<void> {
  const { draft, asking } = interview;
  const at = ["positions", index];
  for (let round = 0; round < MOST_ROUNDS; round += 1) {
    standInForPosition(draft, index);
    const device = await askForAssembly(interview, at);
    await interview.askOne([...at, "id"], { usual: String(index + 1) });
    await askForGoods(interview, at, device);
    await askForDevice(interview, [...at, "dispenser"], device);
    await askForAccount(interview, at);
    const left = await interview.settle(at);
    if (left === null) return;
    asking.again(pathText([...at, "assembly"]), `${pathText(left.path)}: ${left.message}`);
    draft.drop(at);
  }
  throw new CliError("This position does not go together with the others. Nothing was written.");
}

async function askForAssembly(interview: Interview, at: Path): Promise<DeviceOfList> {
  const { draft, asking } = interview;
  const plain = withoutAssembly();
  const profiles = profileNames();
  const names = [...profiles, ...plain.map(({ driver }) => driver)];
  for (const name of profiles) {
    asking.say(`${name}: ${whatItIs(name)} Pins and wiring: ${join(assemblyFolder(name), "wiring.svg")}`);
  }
  for (const { driver, schema } of plain) asking.say(`${driver}: ${descriptionOf(schema)}`);
  const key = pathText([...at, "assembly"]);
  const about = "What is sold by: one of the assemblies above.";
  const dispenser = [...at, "dispenser"];
  let chosen: DeviceOfList | undefined;
  await interview.choose({ key, about, expected: `one of ${listed(names, "or")}`, usual: null }, (given) => {
    const driver = profiles.includes(given) ? readProfile(given)?.["driver"] : given;
    chosen = PLUG_INS.devices.find((each) => each.driver === driver);
    draft.drop(dispenser);
    draft.put(
      dispenser,
      profiles.includes(given) ? { profile: given } : names.includes(given) ? { driver } : { profile: given },
    );
    if (chosen !== undefined && names.includes(given)) standInForDevice(interview, dispenser, chosen);
    const wrong = draft.problems().filter((each) => isWithin(each.path, dispenser));
    const isAskable = (path: Path): boolean => {
      const schema = interview.schemaAt(path);
      return schema !== null && path.length > dispenser.length && isOneAnswer(schema);
    };
    const refused = wrong.find(({ path }) => !names.includes(given) || !isAskable(path));
    return refused === undefined ? null : told(refused, [...dispenser, "profile"]);
  });
  if (chosen === undefined) throw new Error("an assembly was taken whose device is not there");
  return chosen;
}

/** The keys that the assembly leaves open. */
function standInForDevice({ draft }: Interview, at: Path, { schema }: DeviceOfList): void {
  const said = draft.at(at);
  const there = typeof said === "object" && said !== null ? Object.keys(said) : [];
  for (const [key, inner] of Object.entries(shapeOf(schema) ?? {})) {
    if (!there.includes(key) && !isOptional(inner)) draft.standIn([...at, key], inner);
  }
}

async function askForGoods(interview: Interview, at: Path, { units }: DeviceOfList): Promise<void> {
  const product = [...at, "product"];
  for (const key of ["name", "sku"]) await interview.askOne([...product, key]);
  const allowed = units === null ? {} : { expected: `${units.length > 1 ? "one of " : ""}${listed(units, "or")}` };
  await interview.askOne([...product, "unit"], { ...allowed, usual: units?.[0] ?? null });
  const isOfGoods = interview.draft.at([...product, "unit"]) === "credit";
  await interview.askOne([...product, "unitPrice"], { usual: isOfGoods ? "1.00" : null });
  await interview.askOne([...product, "taxRate"]);
  await interview.askOne([...at, "reserve"]);
}

/** Its port, what its assembly leaves open, and the price of each of its goods. */
async function askForDevice(interview: Interview, at: Path, { schema, bind }: DeviceOfList): Promise<void> {
  const { draft } = interview;
  const said = draft.at(at);
  const there = typeof said === "object" && said !== null ? said : {};
  const parsed = schema.safeParse(draft.at(at));
  const facts = parsed.success ? bind(parsed.data) : null;
  if (facts?.port != null && facts.port.listens === undefined && "port" in there) {
    const ports = serialPorts();
    const seen = ports.length === 0 ? `There is none below /dev/serial/by-id now.` : `Found: ${ports.join(" ")}`;
    const about = `${descriptionOf(interview.known([...at, "port"]))} ${seen}`;
    const [only] = ports;
    const usual = ports.length === 1 && only !== undefined ? only : String(there.port);
    await interview.askOne([...at, "port"], { usual, about });
  }
  const asked = new Set(draft.standingIn(at));
  const given = Object.fromEntries(Object.entries(there).filter(([key]) => !asked.has(key)));
  await interview.askKeys(at, {}, given);
  const isOfGoods = draft.at([...at.slice(0, -1), "product", "unit"]) === "credit";
  for (const { at: way, text } of facts?.prices ?? []) {
    const one = isOfGoods ? text : String(draft.at([...at.slice(0, -1), "product", "unitPrice"]));
    await interview.askOne([...at, ...way], { usual: one });
  }
}

/** What the payment service needs of each position; what may be left out is asked for when the checks want it. */
async function askForAccount(interview: Interview, at: Path): Promise<void> {
  const provider = interview.draft.at(["payment", "provider"]);
  const service = PLUG_INS.payments.find(({ name }) => name === provider);
  for (const [key, schema] of Object.entries(service?.position ?? {})) {
    if (isOptional(schema as Schema)) continue;
    if (isOneAnswer(schema as Schema)) await interview.askOne([...at, key]);
    else await interview.askKeys([...at, key]);
  }
}

async function askForDisplay(interview: Interview): Promise<void> {
  const { draft } = interview;
  draft.put(["display", "driver"], "web");
  const tokenFile = ["display", "tokenFile"];
  draft.standIn(tokenFile, interview.known(tokenFile));
  await interview.askOne(["display", "listen"], { usual: USUAL_LISTEN });
  const host = String(draft.at(["display", "listen"])).replace(/:\d+$/, "");
  if (isLoopback(host)) draft.drop(tokenFile);
  else await interview.askOne(tokenFile);
  await interview.askOne(["display", "readingDistanceMm"], { usual: USUAL_DISTANCE_MM });
  const expected = "the diagonal in inches and the pixels, such as 7in 800x480";
  await interview.askOne(["display", "panel"], {
    expected,
    read: (text) => {
      const panel = panelFrom(text);
      return panel === null ? { wrong: sentence({ found: shown(text), expected }) } : { value: panel };
    },
  });
  await interview.askOne(["display", "required"], { usual: "yes" });
}
