import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** A file for `--require`, with which a package fails as it does when its native part was made for another Node. */
export function withoutNative(folder: string, name: string): string {
  const file = join(folder, "preload.cjs");
  writeFileSync(
    file,
    `const load = process.dlopen;
process.dlopen = (module, file, ...rest) => {
  if (file.includes(${JSON.stringify(name)})) throw new Error("was compiled against a different Node.js version");
  return load.call(process, module, file, ...rest);
};`,
  );
  return file;
}
