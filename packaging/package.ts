import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { parseArgs } from "node:util";
import { billOfMaterials, contents, copyright, writeLicences } from "./contents.ts";
import { placeNatives } from "./natives.ts";
import { ARCHITECTURES, type Architecture, hostNode, NODE, unpacked } from "./node.ts";

/**
 * Makes kioskd_VERSION_ARCHITECTURE.deb of what `npm run build` has made, with Node and the native modules of each
 * architecture inside. The same commit and compiler give the same bytes.
 */
const ROOT = join(import.meta.dirname, "..");
const DEBIAN = join(import.meta.dirname, "debian");
const LIB = "usr/lib/kioskd";
const DOC = "usr/share/doc/kioskd";
const SCRIPTS = ["preinst", "postinst", "prerm", "postrm"];
const PROGRAMS = ["update", "rollback", "renew"];
/** What a repository may serve and a board takes in a minute. */
const MOST_BYTES = 40_000_000;

const { values } = parseArgs({
  options: {
    output: { type: "string", default: join(ROOT, "build") },
    only: { type: "string" },
    version: { type: "string" },
    quick: { type: "boolean", default: false },
  },
});

const version = values.version ?? JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).version;
if (!existsSync(join(ROOT, "dist/main.js"))) throw new Error("There is no dist/main.js to pack: npm run build.");
const epochS = Number(
  process.env["SOURCE_DATE_EPOCH"] ??
    execFileSync("git", ["log", "-1", "--format=%ct"], { cwd: ROOT, encoding: "utf8" }).trim(),
);
mkdirSync(values.output, { recursive: true });
for (const architecture of ARCHITECTURES) {
  if (values.only === undefined || values.only === architecture.debian) make(architecture);
}

function make(architecture: Architecture): void {
  const work = mkdtempSync(join(tmpdir(), "kioskd-package-"));
  try {
    const tree = join(work, "tree");
    placeProgram(tree, architecture);
    placeSystem(tree);
    const components = contents(join(tree, LIB), architecture);
    writeLicences(components, join(tree, DOC, "licences"));
    place(tree, `${DOC}/copyright`, copyright(components));
    place(tree, `${DOC}/kioskd.cdx.json`, billOfMaterials(components, version, architecture));
    placeControl(tree, architecture);
    settle(tree);
    const file = join(values.output, `kioskd_${version}_${architecture.debian}.deb`);
    const packing = values.quick ? ["-Zgzip", "-z1"] : ["-Zxz", "-z9", "--threads-max=1"];
    execFileSync("dpkg-deb", ["--root-owner-group", ...packing, "--build", tree, file], {
      stdio: ["ignore", "ignore", "inherit"],
      env: { ...process.env, SOURCE_DATE_EPOCH: String(epochS) },
    });
    const { size } = statSync(file);
    const [hash] = execFileSync("sha256sum", [file], { encoding: "utf8" }).split(" ", 1);
    console.log(`${file}\n  ${(size / 1e6).toFixed(1)} MB, ${components.length} components, sha256 ${hash}`);
    if (!values.quick && size > MOST_BYTES) throw new Error(`${file} is larger than ${MOST_BYTES / 1e6} MB.`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function placeProgram(tree: string, architecture: Architecture): void {
  const lib = join(tree, LIB);
  mkdirSync(lib, { recursive: true });
  const node = unpacked(`node-linux-${architecture.node}`, NODE.version, NODE.integrity[architecture.node]);
  copyFileSync(join(node, "bin/node"), join(lib, "node"));
  execFileSync(`${architecture.triplet}-strip`, ["--strip-unneeded", join(lib, "node")]);
  cpSync(join(ROOT, "dist"), join(lib, "dist"), { recursive: true });
  placeNatives(join(lib, "dist/node_modules"), architecture);
  placeCanvas(join(lib, "dist/node_modules/@napi-rs"), architecture);
  keepPrebuilds(join(lib, "dist/node_modules/@serialport/bindings-cpp/prebuilds"), architecture);
  const { name, type, license, supportedUntil } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  place(tree, `${LIB}/package.json`, `${JSON.stringify({ name, version, supportedUntil, type, license }, null, 2)}\n`);
  for (const assembly of readdirSync(join(ROOT, "hw"))) {
    const profile = join("hw", assembly, "profile.yaml");
    if (existsSync(join(ROOT, profile))) copy(join(ROOT, profile), join(lib, profile));
  }
}

/** The machine code of the drawing package is a package of its own for each architecture. */
function placeCanvas(folder: string, architecture: Architecture): void {
  for (const each of readdirSync(folder)) if (each !== "canvas") rmSync(join(folder, each), { recursive: true });
  const name = `canvas-linux-${architecture.node}-gnu`;
  const lock = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));
  const { version: locked, integrity } = lock.packages[`node_modules/@napi-rs/${name}`];
  const from = unpacked(`@napi-rs/${name}`, locked, integrity);
  for (const file of readdirSync(from)) {
    if (/\.(node|json|js)$/.test(file)) copy(join(from, file), join(folder, name, file));
  }
}

function keepPrebuilds(folder: string, architecture: Architecture): void {
  for (const each of readdirSync(folder)) {
    if (each !== `linux-${architecture.node}`) rmSync(join(folder, each), { recursive: true });
  }
  const own = join(folder, `linux-${architecture.node}`);
  for (const file of readdirSync(own)) if (file.includes("musl")) rmSync(join(own, file));
}

/** How `dist/main.js` wants Node to be started. Settings of the compiler differ from line to line: one unknown ends Node. */
function flags(): readonly string[] {
  const [first = ""] = readFileSync(join(ROOT, "dist/main.js"), "utf8").split("\n", 1);
  const wanted = /^#!.* node (--.*)$/.exec(first)?.[1]?.split(" ");
  if (wanted === undefined) throw new Error("dist/main.js does not say in its first line how Node is to be started.");
  const known = wanted.filter((flag) => spawnSync(hostNode(), [flag, "--eval", "0"]).status === 0);
  if (known.length < wanted.length) {
    console.log(
      `Node ${NODE.version} does not know ${wanted.filter((flag) => !known.includes(flag)).join(" ")}: left out`,
    );
  }
  return known;
}

function placeSystem(tree: string): void {
  place(tree, "usr/bin/kioskd", readFileSync(join(DEBIAN, "kioskd"), "utf8").replace("@FLAGS@", flags().join(" ")));
  for (const program of PROGRAMS) copy(join(DEBIAN, program), join(tree, LIB, "package", program), 0o755);
  copy(join(DEBIAN, "daemon"), join(tree, LIB, "package/daemon"));
  for (const unit of ["kioskd.service", "kioskd-display.service"]) {
    copy(join(ROOT, "systemd", unit), join(tree, "usr/lib/systemd/system", unit));
  }
  copy(join(DEBIAN, "kioskd-renew.service"), join(tree, "usr/lib/systemd/system/kioskd-renew.service"));
  copy(join(ROOT, "systemd/kioskd.sysusers"), join(tree, "usr/lib/sysusers.d/kioskd.conf"));
  copy(join(DEBIAN, "kioskd.tmpfiles"), join(tree, "usr/lib/tmpfiles.d/kioskd.conf"));
  copy(join(ROOT, "hw/udev/99-kioskd.rules"), join(tree, "usr/lib/udev/rules.d/99-kioskd.rules"));
  copy(join(DEBIAN, "needrestart.conf"), join(tree, "etc/needrestart/conf.d/kioskd.conf"));
  for (const each of ["README.md", "CHANGELOG.md", "SECURITY.md"]) copy(join(ROOT, each), join(tree, DOC, each));
  for (const each of readdirSync(join(ROOT, "docs"))) {
    if (each.endsWith(".md"))
      copy(join(ROOT, "docs", each), join(tree, DOC, each === "README.md" ? "documents.md" : each));
  }
  for (const each of ["kioskd.yaml", "kioskd.schema.json"]) {
    copy(join(ROOT, "config", each), join(tree, DOC, "examples", each));
  }
}

function placeControl(tree: string, { debian }: Architecture): void {
  const kib = Math.ceil(files(tree).reduce((sum, file) => sum + statSync(file).size, 0) / 1024);
  place(
    tree,
    "DEBIAN/control",
    `Package: kioskd
Version: ${version}
Architecture: ${debian}
Maintainer: kioskd <kioskd@localhost>
Installed-Size: ${kib}
Depends: libc6 (>= 2.34), libgcc-s1, libstdc++6 (>= 12), python3, systemd-standalone-sysusers | systemd
Recommends: python3-libgpiod, ca-certificates, openssl
Suggests: mosquitto, socat, cage, chromium
Section: misc
Priority: optional
Description: daemon for unattended pumps, chargers and vending machines
 It reserves an amount at a payment service, dispenses, meters what really
 flowed, and charges exactly that. Node is inside; nothing is compiled and
 nothing is fetched at the installation.
`,
  );
  place(tree, "DEBIAN/conffiles", "/etc/needrestart/conf.d/kioskd.conf\n");
  for (const script of SCRIPTS) {
    const text = readFileSync(join(DEBIAN, script), "utf8").replaceAll("@VERSION@", version);
    place(tree, `DEBIAN/${script}`, text);
    chmodSync(join(tree, "DEBIAN", script), 0o755);
  }
  const listed = files(tree).filter((file) => !relative(tree, file).startsWith("DEBIAN/"));
  const sums = execFileSync(
    "md5sum",
    listed.map((file) => relative(tree, file)),
    { cwd: tree, encoding: "utf8" },
  );
  place(tree, "DEBIAN/md5sums", sums);
}

/** Rights and times that do not depend on who builds it, and when. */
function settle(tree: string): void {
  for (const path of [
    tree,
    ...readdirSync(tree, { recursive: true, encoding: "utf8" }).map((each) => join(tree, each)),
  ]) {
    const stat = statSync(path);
    const isProgram = stat.isDirectory() || /\/(usr\/bin|package)\/(?!daemon$)[^/]+$|\/kioskd\/node$/.test(path);
    chmodSync(path, isProgram || SCRIPTS.some((each) => path === join(tree, "DEBIAN", each)) ? 0o755 : 0o644);
    lutimesSync(path, epochS, epochS);
  }
}

function files(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .map((each) => join(folder, each))
    .filter((each) => statSync(each).isFile())
    .toSorted();
}

function place(tree: string, path: string, text: string): void {
  mkdirSync(dirname(join(tree, path)), { recursive: true });
  writeFileSync(join(tree, path), text);
}

function copy(from: string, to: string, mode = 0o644): void {
  mkdirSync(dirname(to), { recursive: true });
  copyFileSync(from, to);
  chmodSync(to, mode);
}
