/**
 * Node opens its debugger, to whom it may concern, at the first SIGUSR1 that nobody listens to. Imported before all
 * else, because loading the rest takes a while.
 */
process.on("SIGUSR1", () => undefined);
