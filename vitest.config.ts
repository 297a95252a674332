import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    // For what hangs; a machine that is busy with other things needs much longer than one that is not.
    testTimeout: 120_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 30_000 } },
    pool: "forks",
    // Much of a run is waiting for bytes on real ports, so two files at a time fit on two processors.
    maxWorkers: 2,
  },
});
