import { once } from "node:events";
import { createServer } from "node:http";
import type { FastifyInstance } from "fastify";
import { urlOf } from "./address.ts";

interface PhoneAddress {
  readonly base: string;
  close(): Promise<void>;
}

/**
 * The pages of a simulated phone alone on another address, at any free port of it. Rejects when nothing can listen there;
 * the service is closed then.
 * @param paths what a phone may ask for; everything else is not found there
 */
export async function phoneOn(app: FastifyInstance, host: string, paths: RegExp): Promise<PhoneAddress> {
  const server = createServer((request, response) => {
    if (paths.test(request.url ?? "")) app.routing(request, response);
    else response.writeHead(404).end();
  });
  try {
    await once(server.listen({ host, port: 0 }), "listening");
  } catch (error) {
    await app.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    server.close();
    server.closeAllConnections();
  };
  return { base: urlOf(host, server), close };
}
