import { randomUUID } from "node:crypto";
import type { ServerResponse } from "node:http";

interface Limits {
  readonly clients: number;
  readonly bufferBytes: number;
  readonly heartbeatMs: number;
}

const LIMITS: Limits = { clients: 16, bufferBytes: 256 * 1024, heartbeatMs: 1_000 };

/** The open server-sent-event streams; each gets every state, and a heartbeat by which it knows the line is alive. */
export interface EventHub {
  isFull(): boolean;
  /** Sends the current state at once; the hub owns the response from then on. */
  add(response: ServerResponse): void;
  push(json: string): void;
  close(): void;
}

/** `dropped` is called for a client that does not read as fast as we write. */
export function eventHub(
  initialJson: string,
  pageHash: string,
  dropped: () => void,
  limits: Limits = LIMITS,
): EventHub {
  const clients = new Set<ServerResponse>();
  const bootId = randomUUID();
  let lastJson = initialJson;

  const send = (client: ServerResponse, event: string, data: string): void => {
    if (client.destroyed) return;
    client.write(`event: ${event}\ndata: ${data}\n\n`);
    if (client.writableLength <= limits.bufferBytes) return;
    clients.delete(client);
    client.destroy();
    dropped();
  };
  const sendAll = (event: string, data: string): void => {
    for (const client of [...clients]) send(client, event, data);
  };

  const timer = setInterval(() => sendAll("heartbeat", heartbeat(bootId, pageHash)), limits.heartbeatMs);
  timer.unref();

  return {
    isFull: () => clients.size >= limits.clients,
    add: (client) => {
      clients.add(client);
      client.on("close", () => clients.delete(client));
      client.on("error", () => clients.delete(client));
      send(client, "heartbeat", heartbeat(bootId, pageHash));
      send(client, "state", lastJson);
    },
    push: (json) => {
      if (json === lastJson) return;
      lastJson = json;
      sendAll("state", json);
    },
    close: () => {
      clearInterval(timer);
      for (const client of clients) client.end();
      clients.clear();
    },
  };
}

/**
 * The page counts down by the kiosk's clock, because the browser's may be another machine's,
 * and loads itself anew when the kiosk has come to serve another version of it.
 */
function heartbeat(bootId: string, pageHash: string): string {
  return JSON.stringify({ nowMs: Date.now(), bootId, pageHash });
}
