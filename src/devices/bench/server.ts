import fastify from "fastify";
import { z } from "zod";
import { urlOf } from "./address.ts";
import type { BenchDevice } from "./device.ts";
import { BENCH_PAGE } from "./page.ts";

export interface Bench {
  readonly url: string;
  close(): Promise<void>;
}

const ORDER = z.strictObject({ action: z.string().min(1).max(80) });

/** A page with a button for everything that could be done to the devices. Rejects when the port is taken. */
export async function startBench(
  address: { readonly host: string; readonly port: number },
  devices: Readonly<Record<string, BenchDevice>>,
): Promise<Bench> {
  const app = fastify({ forceCloseConnections: true, bodyLimit: 4 * 1024 });
  app.get("/", (_request, reply) => reply.type("text/html; charset=utf-8").send(BENCH_PAGE));
  app.get("/api/devices", () => ({ devices: Object.entries(devices).map(([id, device]) => describe(id, device)) }));
  app.post<{ Params: { id: string } }>("/api/devices/:id/act", (request, reply) => {
    const device = Object.hasOwn(devices, request.params.id) ? devices[request.params.id] : undefined;
    if (device === undefined) return reply.code(404).send({ error: `there is no device "${request.params.id}"` });
    const order = ORDER.safeParse(request.body);
    const action = device.actions.find(({ id }) => id === order.data?.action);
    if (action === undefined) {
      const names = device.actions.map(({ id }) => id).join(", ");
      return reply.code(400).send({ error: `expected {"action":"…"} with one of ${names}` });
    }
    device.act(action.id);
    return describe(request.params.id, device);
  });
  await app.listen(address);
  return { url: `${urlOf(address.host, app.server)}/`, close: () => app.close() };
}

function describe(id: string, device: BenchDevice): object {
  return { id, kind: device.kind, actions: device.actions, state: device.state(), releasedBase: device.releasedBase() };
}
