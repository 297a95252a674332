import { execFileSync } from "node:child_process";
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import https from "node:https";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { Authority } from "../../../src/payments/seqr/authority.ts";
import { causeOfConnection } from "../../../src/payments/seqr/causes.ts";
import { createSeqrProvider, type SeqrSettings } from "../../../src/payments/seqr/provider.ts";
import { DEMO_TERMINAL } from "../../../src/payments/seqr/simulator/server.ts";
import type { Clock } from "../../../src/ports/clock.ts";
import type { Outcome } from "../../../src/ports/outcome.ts";
import { needs } from "../../support/components.ts";
import { tempFolder } from "../../support/temp.ts";
import { CLOCK, envelope, memoryLog, rawServer, seqrRig, settingsFor } from "./rig.ts";

const OPENSSL = "/usr/bin/openssl";
const hasOpenssl = needs("openssl", OPENSSL);

async function probed(settings: SeqrSettings, clock: Clock = CLOCK): Promise<Outcome<null>> {
  const provider = await createSeqrProvider(settings, clock, memoryLog());
  const outcome = await provider.probe("1");
  await provider.close();
  return outcome;
}

/** What a person reads: what is, and what to do about it. */
function told(outcome: Outcome<null>): string {
  if (outcome.kind === "done") return "all is well";
  return `${outcome.detail}. ${outcome.advice ?? "(no advice)"}`;
}

describe("a cause of the network is told with what to do", () => {
  it.each([
    ["nobody listening", "http://127.0.0.1:1/soap", /connection is refused.*Nothing listens at host and port/],
    [
      "a name that is none",
      "https://kiosk.invalid/soap",
      /(name is not found|name server does not answer).*name server/,
    ],
  ])("%s", async (_what, endpoint, words) => {
    expect(told(await probed(settingsFor(endpoint)))).toMatch(words);
  });

  it("silence", async () => {
    const server = await rawServer(() => undefined);
    onTestFinished(() => server.close());
    const outcome = await probed(settingsFor(server.endpoint, { requestTimeoutMs: 50 }));
    expect(told(outcome)).toMatch(/no complete answer within 50 ms\. The payment service is silent/);
  });

  it.each([
    ["ENETUNREACH", /network is unreachable.*cable, modem and router/],
    ["EHOSTUNREACH", /network is unreachable/],
    ["ECONNRESET", /connection failed \(ECONNRESET\).*cut before an answer/],
    ["ETIMEDOUT", /no connection in time/],
    ["EPROTO", /no encrypted connection/],
    ["EWHATEVER", /connection failed \(EWHATEVER\)/],
    [undefined, /connection failed \(no code\)/],
  ])("%s", (code, words) => {
    const { detail, advice } = causeOfConnection(code, 0);
    expect(`${detail}. ${advice}`).toMatch(words);
  });

  it.each([
    ["portal", {}, /a web page came instead of an answer \(HTTP 200\).*log-in page of the network or a proxy/],
    ["html", {}, /no SOAP answer \(HTTP 502\).*trouble of its own/],
    ["redirect", {}, /redirected to another address \(HTTP 302\).*payment\.seqr\.endpoint.*log-in/],
    ["busy", { status: 429 }, /asks to wait \(HTTP 429\).*busy or under maintenance/],
    ["busy", {}, /asks to wait \(HTTP 503\)/],
    ["soap-fault", {}, /SOAP fault \(HTTP 500\)/],
    ["result-code", { resultCode: 20 }, /wrong password.*Check the password/],
    ["result-code", { resultCode: 29 }, /not registered at this service.*Check the terminal's id/],
    ["result-code", { resultCode: 33 }, /blocked.*ask the payment service/],
  ])("%s %j", async (mode, more, words) => {
    const rig = await seqrRig();
    await rig.fault({ op: "*", mode, ...more });
    expect(told(await rig.provider.probe("1"))).toMatch(words);
    await rig.provider.close();
    await rig.close();
  });

  it("a wrong password and an unknown terminal, at the service itself", async () => {
    const rig = await seqrRig();
    const { endpoint } = rig.simulator;
    const as = (change: object) =>
      settingsFor(endpoint, { terminals: new Map([["1", { ...DEMO_TERMINAL, ...change }]]) });
    expect(told(await probed(as({ password: "wrong-one" })))).toMatch(/wrong password.*Check the password/);
    expect(told(await probed(as({ id: "nobody" })))).toMatch(/not registered.*Check the terminal's id/);
    await rig.provider.close();
    await rig.close();
  });
});

/** A certificate that has signed itself, for `localhost` only and for a time. */
function certificate(folder: string, name: string, from: string, until: string) {
  const at = (file: string): string => path.join(folder, `${name}${file}`);
  const openssl = (...args: string[]): unknown => execFileSync(OPENSSL, args, { stdio: "pipe", cwd: folder });
  const list = `[d]\ndatabase=${at(".db")}\nserial=${at(".serial")}\nnew_certs_dir=${folder}\ndefault_md=sha256\npolicy=p\nx509_extensions=e\n`;
  writeFileSync(
    at(".cnf"),
    `[ca]\ndefault_ca=d\n${list}[p]\ncommonName=supplied\n[e]\nsubjectAltName=DNS:localhost\nbasicConstraints=CA:TRUE\n`,
  );
  writeFileSync(at(".db"), "");
  writeFileSync(at(".serial"), "01\n");
  const subject = ["-subj", `/CN=${name}`, "-newkey", "rsa:2048", "-nodes", "-keyout", at(".key"), "-out", at(".csr")];
  openssl("req", "-new", ...subject);
  const signed = ["-keyfile", at(".key"), "-in", at(".csr"), "-out", at(".pem"), "-startdate", from, "-enddate", until];
  openssl("ca", "-batch", "-notext", "-selfsign", "-config", at(".cnf"), ...signed);
  return { pem: at(".pem"), cert: readFileSync(at(".pem"), "utf8"), key: readFileSync(at(".key"), "utf8") };
}

const PAST = ["20200101000000Z", "20200201000000Z"] as const;
const NOW = ["20200101000000Z", "20490101000000Z"] as const;
const FUTURE = ["20480101000000Z", "20490101000000Z"] as const;

async function serving({ cert, key }: { readonly cert: string; readonly key: string }): Promise<number> {
  const server = https.createServer({ cert, key }, (request, response) => {
    request.resume();
    response.writeHead(200, { "Content-Type": "text/xml" });
    response.end(envelope("getPaymentStatus", "<resultCode>54</resultCode><version>0</version>"));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe.runIf(hasOpenssl)("a certificate that is not taken is told with what to do", () => {
  const clock = { ...CLOCK, wallMs: () => Date.UTC(2026, 10, 30, 14, 20) };
  it.each([
    ["has expired", PAST, "localhost", /has expired \(CERT_HAS_EXPIRED\)\. This kiosk's clock says 2026-11-30T14:20Z/],
    ["is for later", FUTURE, "localhost", /not valid yet .*This kiosk's clock says 2026-11-30T14:20Z.*set the clock/],
    ["is for another host", NOW, "127.0.0.1", /another host name .*Write the host's name/],
  ])("one that %s", async (_what, [from, until], host, words) => {
    const made = certificate(tempFolder(), "own", from, until);
    const endpoint = `https://${host}:${await serving(made)}/soap`;
    expect(told(await probed(settingsFor(endpoint, { authority: new Authority(made.pem) }), clock))).toMatch(words);
  });

  it("one of an authority that nobody knows", async () => {
    const made = certificate(tempFolder(), "own", ...NOW);
    const endpoint = `https://localhost:${await serving(made)}/soap`;
    expect(told(await probed(settingsFor(endpoint)))).toMatch(/unknown authority .*payment\.seqr\.caFile/);
  });
});

describe.runIf(hasOpenssl)("the authority's file", () => {
  /** Its timers run when the test says so. */
  function byHand() {
    const waiting: (() => void)[] = [];
    const after: Clock["after"] = (_delayMs, run) => {
      waiting.push(run);
      return () => undefined;
    };
    const look = (): void => {
      for (const run of waiting.splice(0)) run();
    };
    return { clock: { ...CLOCK, after }, look };
  }

  it("counts anew when it has changed, and as before when it cannot be used", async () => {
    const folder = tempFolder();
    const [theirs, other] = [certificate(folder, "theirs", ...NOW), certificate(folder, "other", ...NOW)];
    const file = path.join(folder, "authority.pem");
    copyFileSync(other.pem, file);
    const { clock, look } = byHand();
    const log = memoryLog();
    const settings = settingsFor(`https://localhost:${await serving(theirs)}/soap`, { authority: new Authority(file) });
    const provider = await createSeqrProvider(settings, clock, log);
    expect((await provider.probe("1")).kind).toBe("unknown");
    copyFileSync(theirs.pem, file);
    expect((await provider.probe("1")).kind).toBe("unknown");
    look();
    expect((await provider.probe("1")).kind).toBe("done");
    writeFileSync(file, "half a certif");
    look();
    expect((await provider.probe("1")).kind).toBe("done");
    expect(log.warned().at(-1)).toContain("has changed and cannot be used");
    copyFileSync(other.pem, file);
    look();
    // Also what asks on a kept connection does not go on with what counted before.
    expect((await provider.probe("1")).kind).toBe("unknown");
    await provider.close();
  });
});
