import { expect, it } from "vitest";
import { failureText, reasonText } from "../../src/platform/console/failure.ts";

const coded = (message: string, code?: string): Error => Object.assign(new Error(message), code && { code });

it.each([
  ["serialport", coded("Cannot find package 'serialport' imported from /opt/kioskd/dist/x.js", "ERR_MODULE_NOT_FOUND")],
  [
    "@serialport/bindings-cpp",
    coded(
      "Cannot find module '@serialport/bindings-cpp'\nRequire stack:\n- /x/node_modules/a/b.js",
      "MODULE_NOT_FOUND",
    ),
  ],
  [
    "@serialport/bindings-cpp",
    coded("No native build was found for platform=linux\n    loaded from: /x/node_modules/@serialport/bindings-cpp\n"),
  ],
  ["better-sqlite3", coded("/x/node_modules/better-sqlite3/build/Release/a.node: invalid ELF", "ERR_DLOPEN_FAILED")],
])("%s that does not load is a sentence with what to do, wherever it is told", (name, error) => {
  for (const text of [failureText(error), reasonText(error)]) {
    expect(text).toContain(
      `the package ${name} does not load with Node ${process.version}: run \`npm rebuild ${name}\``,
    );
    expect(text).not.toMatch(/Require stack|\n/);
  }
});

it("an error of the program itself keeps the way to it", () => {
  expect(failureText(coded("Cannot find module './x.ts'", "MODULE_NOT_FOUND"))).toContain("at ");
});
