import { randomBytes, randomInt, randomUUID } from "node:crypto";
import type { TlsPair } from "../../platform/certificates/pair.ts";
import type { WatchedFiles } from "../../platform/certificates/watch-files.ts";
import { watchPair } from "../../platform/certificates/watch-pair.ts";
import type { Dispenser } from "../../ports/dispenser.ts";
import type { Site } from "../parts/device.ts";
import { HeartbeatLine } from "../parts/heartbeat-line.ts";
import { fileStore, RegisterFile } from "../parts/register-file.ts";
import { FIRST_BELOW, newBooks, parseBooks } from "./books.ts";
import type { OcppConfig } from "./config.ts";
import { OcppConnector } from "./driver.ts";
import { StationServer } from "./server.ts";
import { Station } from "./station.ts";

/** How long a charger itself waits for a car after an order to begin; it gets none before there is one. */
const CONNECTION_TIMEOUT_MS = 60_000;

export async function open(config: OcppConfig, site: Site): Promise<Dispenser> {
  const { clock, log } = site;
  const { listen, identity, connector, passwordFile, certFile, keyFile, sampleInterval, setByHand } = config;
  const password = passwordFile === undefined ? null : site.secret(passwordFile);
  const watched = (): WatchedFiles<TlsPair> | null => {
    if (certFile === undefined || keyFile === undefined) return null;
    const readKey = (): string => site.secret(keyFile);
    return watchPair({ certPath: site.path(certFile), keyPath: site.path(keyFile), readKey }, clock);
  };
  const isLenient = config.subprotocol === "optional";
  const server = await site.line(`${listen.host}:${listen.port}`, (ofPort) => {
    return new StationServer({ ...listen, tls: watched(), isLenient }, clock, ofPort);
  });
  const setup = { sampleMs: sampleInterval, connectionTimeoutMs: CONNECTION_TIMEOUT_MS, setByHand };
  const station = server.station(identity, password, () => new Station(identity, setup, clock, log, randomUUID));
  const register = await RegisterFile.open(
    fileStore(site.file("meter")),
    newBooks(randomInt(1, FIRST_BELOW)),
    parseBooks,
  );
  const { alive } = config.lines;
  const heartbeat =
    alive === undefined ? null : new HeartbeatLine(await (await site.gpio()).output(alive.line, alive), clock);
  const driver = new OcppConnector(
    {
      ...{ connector, maxPowerW: config.maxPower, sampleMs: sampleInterval },
      scale: config.registerUnit === "kWh" ? 1_000 : 1,
      waitsForCar: config.start === "when-plugged",
      slow: config.slow === "never" ? null : config.slow,
    },
    { station, register, newTag: () => randomBytes(10).toString("hex").toUpperCase(), heartbeat, clock, log },
  );
  await server.listen();
  return driver;
}
