/** Who may import whom; `docs/architecture.md` says why. */
const not = (path) => ({ pathNot: path });
const SERVES_ALL = "^src/(core|ports)/|^src/adapters/(certificates|http)/";

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
      severity: "error",
      from: { path: "^src/engine/" },
      to: not("^src/(core|ports|engine)/"),
    },
    {
      name: "config-knows-core-and-its-readers",
      severity: "error",
      from: { path: "^src/config/" },
      to: not("^(src/(core|config)/|node_modules/(zod|yaml|cron-parser)/|(fs|module|path)$)"),
    },
    {
      name: "adapters-stay-apart",
      comment:
        "An adapter imports ports, core, packages, what serves all adapters, and itself: never config, engine, cli or another adapter.",
      severity: "error",
      from: {
        path: "^src/adapters/([^/]+)/([^/]+)/",
        pathNot: "^src/adapters/(dispenser|display|gpio|serial|telemetry)/",
      },
      to: { path: "^src/", pathNot: `${SERVES_ALL}|^src/adapters/$1/$2/` },
    },
    {
      name: "dispensers-stand-on-gpio-and-serial",
      comment:
        "A driver may use lines and ports, and what drivers share in adapters/dispenser itself; never another driver.",
      severity: "error",
      from: { path: "^src/adapters/dispenser/([^/]+)/" },
      to: {
        path: "^src/",
        pathNot: "^src/(core|ports)/|^src/adapters/(gpio|serial)/|^src/adapters/dispenser/($1/|[^/]+[.]ts$)",
      },
    },
    {
      name: "displays-say-the-same",
      comment: "A display uses what all displays say, in adapters/display itself; never another display.",
      severity: "error",
      from: { path: "^src/adapters/display/([^/]+)/" },
      to: {
        path: "^src/",
        pathNot: `${SERVES_ALL}|^src/adapters/display/($1/|texts/|[^/]+[.]ts$)`,
      },
    },
    {
      name: "telemetry-shares-its-connection",
      comment: "An encoding uses the connection in adapters/telemetry itself; never another encoding.",
      severity: "error",
      from: { path: "^src/adapters/telemetry/([^/]+)/" },
      to: { path: "^src/", pathNot: `${SERVES_ALL}|^src/adapters/telemetry/($1/|[^/]+[.]ts$)` },
    },
    {
      name: "what-serves-all-knows-none",
      comment: "Listeners and certificates are the same for every adapter that has them.",
      severity: "error",
      from: { path: "^src/adapters/(certificates|http)/" },
      to: { path: "^src/", pathNot: SERVES_ALL },
    },
    {
      name: "gpio-and-serial-know-no-device",
      severity: "error",
      from: { path: "^src/adapters/(gpio|serial)/" },
      to: { path: "^src/", pathNot: "^src/(core|ports)/|^src/adapters/$1/" },
    },
    {
      name: "simulators-share-only-codecs",
      comment:
        "A simulator may use the codec of the adapter that speaks the same protocol, and the bench it stands on.",
      severity: "error",
      from: { path: "^src/simulators/([^/]+)/" },
      to: { path: "^src/", pathNot: "^src/core/|^src/simulators/($1|bench)/|^src/adapters/[^/]+/$1/" },
    },
    {
      name: "seqr-stays-in-its-folder",
      comment: "Nothing but the adapter and its simulator speaks SOAP.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(adapters/payment/seqr|simulators/seqr)/" },
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
