import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: "forks",
    // Much of a run is waiting for bytes on real ports, so two files at a time fit on two processors.
    maxWorkers: 2,
  },
});
