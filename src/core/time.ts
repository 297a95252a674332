/** ISO 8601 in UTC. The only use of Date in the core: it turns a given number into text and reads no clock. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}
