import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** One flat folder of small files, none of them in another: the page's security policy allows no inline source. */
export default defineConfig({
  root: path("."),
  base: "/",
  publicDir: false,
  logLevel: "warn",
  build: {
    outDir: path("../../../dist/operator/page"),
    emptyOutDir: true,
    assetsDir: "",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    target: "es2022",
  },
});
