import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type Architecture, hostNode, NODE, unpacked } from "./node.ts";

const ROOT = join(import.meta.dirname, "..");
const LOCK = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));

/** What is in a package, beside what is ours. */
export interface Component {
  readonly name: string;
  readonly version: string;
  readonly licence: string;
  /** A package URL, where the thing has one. */
  readonly purl: string | null;
  /** Of the file it came in, as npm writes it. */
  readonly integrity: string | null;
  readonly licenceText: string | null;
  /** Within another component, which has its licence. */
  readonly within?: string;
}

/** Built into the page by Vite, or copied beside it. */
const IN_PAGE = ["preact", "@fontsource/noto-sans"];

/** Of `process.versions`: libraries that are compiled into Node. */
const WITHIN_NODE = [
  ...["ada", "ares", "brotli", "cldr", "icu", "llhttp", "nbytes", "ncrypto", "nghttp2", "openssl"],
  ...["simdjson", "simdutf", "sqlite", "tz", "undici", "unicode", "uv", "uvwasi", "v8", "zlib", "zstd"],
];

/**
 * Lists what the bundle was made of, the packages beside it, and Node with its libraries.
 * @param lib the installed program
 */
export function contents(lib: string, architecture: Architecture): readonly Component[] {
  const names = new Set([...bundled(), ...beside(join(lib, "dist/node_modules")), ...IN_PAGE]);
  const packages = [...names].toSorted((one, other) => (one < other ? -1 : 1)).flatMap((path) => ofPackage(path));
  return [ofNode(architecture), ...withinNode(), sqlite(lib), ...packages];
}

/** Paths below node_modules, of everything that esbuild took a file of. */
function bundled(): readonly string[] {
  const file = join(ROOT, ".tmp/bundle.json");
  if (!existsSync(file)) throw new Error("There is no .tmp/bundle.json, which the build writes: npm run build.");
  const { outputs }: { outputs: Record<string, { inputs: Record<string, unknown> }> } = JSON.parse(
    readFileSync(file, "utf8"),
  );
  const inputs = Object.values(outputs).flatMap((output) => Object.keys(output.inputs));
  const paths = inputs.flatMap((input) => {
    const found = /(?:^|\/)node_modules\/((?:.*node_modules\/)?(?:@[^/]+\/)?[^/]+)\//.exec(input);
    return found?.[1] === undefined ? [] : [found[1]];
  });
  if (paths.length === 0) throw new Error(`${file} names no package: it is not what esbuild writes of the daemon.`);
  return paths;
}

function beside(modules: string): readonly string[] {
  return readdirSync(modules).flatMap((name) =>
    name.startsWith("@") ? readdirSync(join(modules, name)).map((own) => `${name}/${own}`) : [name],
  );
}

function ofPackage(path: string): readonly Component[] {
  const locked = LOCK.packages[`node_modules/${path}`];
  if (locked === undefined) throw new Error(`package-lock.json does not know ${path}.`);
  const name = path.replace(/^.*node_modules\//, "");
  const folder = join(ROOT, "node_modules", path);
  const described = existsSync(folder) ? JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) : {};
  const licence = locked.license ?? described.license;
  if (typeof licence !== "string") throw new Error(`Nobody says what licence ${name} has.`);
  return [
    {
      name,
      version: locked.version,
      licence,
      purl: `pkg:npm/${name.replace("@", "%40")}@${locked.version}`,
      integrity: locked.integrity ?? null,
      licenceText: licenceTextIn(folder),
    },
  ];
}

function licenceTextIn(folder: string): string | null {
  if (!existsSync(folder)) return null;
  const file = readdirSync(folder).find((each) => /^(licen[cs]e|copying)/i.test(each));
  return file === undefined ? null : readFileSync(join(folder, file), "utf8");
}

function ofNode({ node }: Architecture): Component {
  const integrity = NODE.integrity[node];
  const folder = unpacked(`node-linux-${node}`, NODE.version, integrity);
  return {
    name: "node",
    version: NODE.version,
    licence: "MIT",
    purl: `pkg:npm/node-linux-${node}@${NODE.version}`,
    integrity,
    licenceText: licenceTextIn(folder),
  };
}

/** The build of this machine's architecture says it for all: they are one release. */
function withinNode(): readonly Component[] {
  const printed = execFileSync(hostNode(), ["-p", "JSON.stringify(process.versions)"], { encoding: "utf8" });
  const versions: Record<string, string> = JSON.parse(printed);
  return WITHIN_NODE.flatMap((name) => {
    const version = versions[name];
    if (version === undefined) return [];
    const known = { licence: "see node", purl: `pkg:generic/${name}@${version}`, integrity: null, licenceText: null };
    return [{ name, version, ...known, within: "node" }];
  });
}

/** better-sqlite3 brings SQLite's source. */
function sqlite(lib: string): Component {
  const header = readFileSync(join(ROOT, "node_modules/better-sqlite3/deps/sqlite3/sqlite3.h"), "utf8");
  const version = /#define SQLITE_VERSION +"([\d.]+)"/.exec(header)?.[1];
  if (version === undefined || !existsSync(join(lib, "dist/node_modules/better-sqlite3"))) {
    throw new Error("SQLite's version is not where better-sqlite3 12 has it: mend packaging/contents.ts.");
  }
  const known = { licence: "blessing", integrity: null, licenceText: null, within: "better-sqlite3" };
  return { name: "sqlite", version, purl: `pkg:generic/sqlite@${version}`, ...known };
}

export function writeLicences(components: readonly Component[], folder: string): void {
  mkdirSync(folder, { recursive: true });
  for (const { name, licenceText } of components) {
    if (licenceText !== null) writeFileSync(join(folder, `${fileName(name)}.txt`), licenceText);
  }
}

function fileName(name: string): string {
  return name.replace("@", "").replace("/", "-");
}

/** Debian's file of who owns what. */
export function copyright(components: readonly Component[]): string {
  const own = readFileSync(join(ROOT, "LICENSE"), "utf8");
  const lines = components.map(({ name, version, licence, licenceText, within }) => {
    const where =
      licenceText === null ? (within === undefined ? "" : `, within ${within}`) : `, licences/${fileName(name)}.txt`;
    return `${name} ${version}: ${licence}${where}`;
  });
  return `${own}\nWhat is inside besides, each under its own licence:\n\n${lines.join("\n")}\n`;
}

/** CycloneDX 1.5. The serial number follows from what is listed, so that the same content gives the same file. */
export function billOfMaterials(components: readonly Component[], version: string, { debian }: Architecture): string {
  const listed = components.map(({ name, version: own, licence, purl, integrity, within }) => ({
    type: name === "node" ? "platform" : "library",
    "bom-ref": purl ?? `${name}@${own}`,
    name,
    version: own,
    ...(within === undefined ? { licenses: [licenceEntry(licence)] } : {}),
    ...(purl === null ? {} : { purl }),
    ...(integrity === null ? {} : { hashes: [hashOf(integrity)] }),
    ...(within === undefined ? {} : { properties: [{ name: "kioskd:within", value: within }] }),
  }));
  const root = { type: "application", "bom-ref": "kioskd", name: "kioskd", version };
  const known = createHash("sha256")
    .update(JSON.stringify([root, debian, listed]))
    .digest("hex");
  const serial = [
    known.slice(0, 8),
    known.slice(8, 12),
    `5${known.slice(13, 16)}`,
    `8${known.slice(17, 20)}`,
    known.slice(20, 32),
  ];
  const bill = {
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: `urn:uuid:${serial.join("-")}`,
    version: 1,
    metadata: {
      component: { ...root, licenses: [licenceEntry("MIT")], purl: `pkg:deb/kioskd@${version}?arch=${debian}` },
    },
    components: listed,
    dependencies: [{ ref: "kioskd", dependsOn: listed.map((each) => each["bom-ref"]) }],
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

function licenceEntry(licence: string): object {
  return /^[\w.-]+$/.test(licence) ? { license: { id: licence } } : { expression: licence };
}

function hashOf(integrity: string): object {
  const [kind = "", base64 = ""] = integrity.split("-", 2);
  return { alg: kind.replace("sha", "SHA-"), content: Buffer.from(base64, "base64").toString("hex") };
}
