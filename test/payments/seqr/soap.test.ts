import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const BUILT = join(import.meta.dirname, "../../../dist/payments/seqr");

/** Runs a module that has the built plug-in; returns what it prints, as JSON. */
function printed(code: string): unknown {
  const head = `
    import { createRequire } from "node:module";
    const { cache, resolve } = createRequire(${JSON.stringify(join(BUILT, "client.js"))});
    const packages = () => [...new Set(Object.keys(cache).map((path) => path.split("/node_modules/").at(-1).split("/")[0]))];
    const { createSeqrClient } = await import(${JSON.stringify(join(BUILT, "client.js"))});
    const settings = { endpoint: "http://127.0.0.1:9/", requestTimeoutMs: 1000, clientId: "test" };
    (await createSeqrClient(settings)).close();`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "--eval", head + code], {
    encoding: "utf8",
  });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout);
}

describe("the packages behind soap", () => {
  it("are loaded only as far as calls need them", () => {
    expect(printed("console.log(JSON.stringify(packages().sort()));")).toEqual([
      ...["debug", "has-flag", "ms", "sax", "soap", "supports-color", "whatwg-mimetype"],
    ]);
  });

  it("that are left out say so, loudly, to soap if it ever asks", () => {
    const code = `
      const { HttpClient } = await import(resolve("soap"));
      try { new HttpClient(); console.log("null"); } catch ({ message }) { console.log(JSON.stringify(message)); }`;
    expect(printed(code)).toBe("soap asked axios for create: kioskd leaves axios out (payments/seqr/soap.ts)");
  });

  it("that are left out are there for whoever asks later", () => {
    const code = `
      const axios = createRequire(resolve("soap"))("axios");
      console.log(JSON.stringify(typeof axios.create));`;
    expect(printed(code)).toBe("function");
  });
});
