/** ISO 8601 in UTC. With its inverse the only use of Date in the core: both read no clock. */
export function isoTime(atMs: number): string {
  return new Date(atMs).toISOString();
}

export function timeOfIso(text: string): number {
  return Date.parse(text);
}
