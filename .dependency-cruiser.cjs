/** Who may import whom; `docs/architecture.md` says why. */
const not = (path) => ({ pathNot: path });
const outside = (path) => ({ path: "^src/", pathNot: path });
/** What every plug-in may use: what the engine needs of the world, and the world as this program sees it. */
const COMMON = "^src/(core|ports|platform)/";
/** And what the keys of a plug-in are made of, with the one form of all messages. */
const OF_CONFIG = "^src/config/(fields|problem)[.]ts$";
/** What both ends of a wire must know: bytes, words, codes. Everything else of a plug-in is the driver, which a simulator judges. */
const WIRE = "(codec|frame|application|bcd|codes|form|soap|wire|wire-money)[.]ts$";
const OWN_SIMULATOR = "^src/[^/]+/[^/]+/simulator/";

module.exports = {
  forbidden: [
    {
      name: "core-is-pure",
      comment: "The core imports nothing but the core: no package, no node:, no other folder.",
      severity: "error",
      from: { path: "^src/core/" },
      to: not("^src/core/"),
    },
    {
      name: "ports-know-only-the-core",
      severity: "error",
      from: { path: "^src/ports/" },
      to: not("^src/(core|ports)/"),
    },
    {
      name: "engine-knows-core-and-ports",
      comment: "And the waits, which are made of the clock port alone.",
      severity: "error",
      from: { path: "^src/engine/" },
      to: not("^src/(core|ports|engine|platform/time)/"),
    },
    {
      name: "time-knows-only-ports",
      severity: "error",
      from: { path: "^src/platform/time/" },
      to: not("^src/(core|ports|platform/time)/"),
    },
    {
      name: "config-knows-no-plug-in",
      comment: "Wiring and commands hand it what the plug-ins bring.",
      severity: "error",
      from: { path: "^src/config/" },
      to: not("^(src/(core|ports|config)/|node_modules/(zod|yaml|cron-parser)/|(fs|module|path)$)"),
    },
    {
      name: "platform-knows-no-plug-in",
      severity: "error",
      from: { path: "^src/platform/" },
      to: outside(COMMON),
    },
    {
      name: "payments-stay-apart",
      comment: "A payment service knows no other, and neither engine nor wiring nor commands.",
      severity: "error",
      from: { path: "^src/payments/([^/]+)/", pathNot: OWN_SIMULATOR },
      to: outside(`${COMMON}|${OF_CONFIG}|^src/payments/$1/`),
    },
    {
      name: "registries-only-list",
      comment: "The list of a family's plug-ins knows them, and nothing else.",
      severity: "error",
      from: { path: "^src/(payments|devices)/registry[.]ts$" },
      to: outside("^src/$1/"),
    },
    {
      name: "devices-stay-apart",
      comment: "A driver may use what drivers share in devices/parts, and the type of a bench; never another driver.",
      severity: "error",
      from: { path: "^src/devices/([^/]+)/", pathNot: OWN_SIMULATOR },
      to: outside(`${COMMON}|${OF_CONFIG}|^src/devices/($1|parts)/|^src/devices/bench/device[.]ts$`),
    },
    {
      name: "simulators-share-only-codecs",
      comment:
        "A simulator may use the wire's words of the plug-in beside it, and the bench it stands on; never the driver.",
      severity: "error",
      from: { path: "^src/([^/]+)/([^/]+)/simulator/" },
      to: outside(`^src/core/|^src/devices/bench/|^src/$1/$2/(simulator/|${WIRE})`),
    },
    {
      name: "wire-words-know-no-driver",
      comment: "Else a simulator would come to the driver by way of them.",
      severity: "error",
      from: { path: `^src/(payments|devices)/([^/]+)/${WIRE}` },
      to: outside(`^src/(core|ports|platform)/|^src/$1/$2/${WIRE}`),
    },
    {
      name: "displays-stay-apart",
      comment: "A display uses what all displays say, in displays itself; never another display.",
      severity: "error",
      from: { path: "^src/displays/([^/]+)/" },
      to: outside(`${COMMON}|^src/displays/($1/|texts/|[^/]+[.]ts$)`),
    },
    {
      name: "displays-know-no-other-family",
      severity: "error",
      from: { path: "^src/displays/[^/]+[.]ts$" },
      to: outside(`${COMMON}|${OF_CONFIG}|^src/displays/`),
    },
    {
      name: "telemetry-stays-apart",
      comment: "An encoding uses the connection in telemetry itself; never another encoding.",
      severity: "error",
      from: { path: "^src/telemetry/([^/]+)/" },
      to: outside(`${COMMON}|^src/telemetry/($1/|[^/]+[.]ts$)`),
    },
    {
      name: "telemetry-knows-no-other-family",
      severity: "error",
      from: { path: "^src/telemetry/[^/]+[.]ts$" },
      to: outside(`${COMMON}|^src/telemetry/[^/]+[.]ts$`),
    },
    {
      name: "operator-knows-ports",
      comment: "The operator's page asks the kiosk by its port; of displays it takes what they all say.",
      severity: "error",
      from: { path: "^src/operator/" },
      to: outside(`${COMMON}|^src/operator/|^src/displays/(texts/|[^/]+[.]ts$)`),
    },
    {
      name: "wiring-knows-no-command",
      severity: "error",
      from: { path: "^src/wiring/" },
      to: { path: "^src/(cli/|main[.]ts)" },
    },
    {
      name: "seqr-stays-in-its-folder",
      comment: "Nothing but the plug-in and its simulator speaks SOAP.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/payments/seqr/" },
      to: { path: "^node_modules/soap/" },
    },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "src-does-not-need-tests",
      severity: "error",
      from: { path: "^src/" },
      to: { path: "^test/" },
    },
    { name: "resolvable", severity: "error", from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "types", "default"] },
  },
};
