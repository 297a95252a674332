import Module, { createRequire } from "node:module";
import { fileURLToPath } from "node:url";

export const WSDL_PATH = fileURLToPath(new URL("./wsdl/cashregister.wsdl", import.meta.url));

/** Floats would lose öre and dates would lose their zone, so these stay as they were sent. */
export const TEXT_DESERIALIZER: Readonly<Record<string, (text: string) => string>> = {
  int: (text) => text,
  long: (text) => text,
  decimal: (text) => text,
  dateTime: (text) => text,
};

/** What soap loads for ways of calling and signing that nobody here uses: half of the memory that it takes. */
const LEFT_OUT = ["axios", "axios-ntlm", "xml-crypto"];

/**
 * Loads soap without the packages of its own HTTP client and of signed messages: calls go out through our transport, and
 * the service asks for a password. While soap is loaded something else stands in their place, which throws when it is
 * used; what else asks for them later gets them as they are.
 */
export async function loadSoap(): Promise<typeof import("soap")> {
  const require = createRequire(createRequire(import.meta.url).resolve("soap"));
  const placed = LEFT_OUT.flatMap((name) => {
    const path = require.resolve(name);
    if (require.cache[path] !== undefined) return [];
    require.cache[path] = absent(name, path);
    return [path];
  });
  try {
    return await import("soap");
  } finally {
    for (const path of placed) delete require.cache[path];
  }
}

function absent(name: string, path: string): Module {
  const module = new Module(path);
  module.loaded = true;
  module.exports = new Proxy(
    {},
    {
      get: (_nothing, key) => {
        if (key === "__esModule") return true;
        throw new Error(`soap asked ${name} for ${String(key)}: kioskd leaves ${name} out (payments/seqr/soap.ts)`);
      },
    },
  );
  return module;
}
