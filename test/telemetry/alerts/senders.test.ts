import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Message } from "../../../src/telemetry/alerts/notice.ts";
import { email } from "../../../src/telemetry/alerts/senders/email.ts";
import { ntfy } from "../../../src/telemetry/alerts/senders/ntfy.ts";
import { call } from "../../../src/telemetry/alerts/senders/post.ts";
import { telegram } from "../../../src/telemetry/alerts/senders/telegram.ts";
import { webhook } from "../../../src/telemetry/alerts/senders/webhook.ts";

const MESSAGE: Message = {
  kiosk: "kiosk-1",
  title: "kiosk-1: dispenser-unreachable at Säule 1",
  text: "the cable is out\ncheck power",
  severity: "blocking",
  notices: [
    {
      what: "raised",
      severity: "blocking",
      code: "dispenser-unreachable",
      position: "1",
      sinceMs: Date.UTC(2026, 10, 30, 12),
      atMs: Date.UTC(2026, 10, 30, 12, 1),
      title: "dispenser-unreachable at Säule 1",
      text: "the cable is out\ncheck power",
    },
  ],
};

interface Heard {
  readonly request: IncomingMessage;
  readonly body: unknown;
}

/** A web server that answers all with one status, and what it heard. */
async function web(status = 200, headers: Readonly<Record<string, string>> = {}) {
  const heard: Heard[] = [];
  const server = createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += String(part);
    heard.push({ request, body: text === "" ? null : JSON.parse(text) });
    response.writeHead(status, headers).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const close = (): Promise<void> => new Promise((resolve) => server.close(() => resolve()));
  onTestFinished(close);
  return { heard, url, close };
}

describe("over the web", () => {
  it("a webhook gets all of it as JSON, and the token in a header", async () => {
    const { heard, url } = await web();
    expect(await webhook({ url: `${url}/hooks/1`, token: "t0ken" }).send(MESSAGE)).toMatchObject({ kind: "done" });
    expect(heard[0]?.request).toMatchObject({
      method: "POST",
      url: "/hooks/1",
      headers: { authorization: "Bearer t0ken" },
    });
    expect(heard[0]?.body).toEqual({
      kiosk: "kiosk-1",
      title: MESSAGE.title,
      text: MESSAGE.text,
      severity: "blocking",
      notices: [
        {
          what: "raised",
          severity: "blocking",
          code: "dispenser-unreachable",
          position: "1",
          title: "dispenser-unreachable at Säule 1",
          text: MESSAGE.text,
          since: "2026-11-30T12:00:00.000Z",
          at: "2026-11-30T12:01:00.000Z",
        },
      ],
    });
  });

  it("ntfy gets the topic, letters beyond ASCII, and a priority that rings", async () => {
    const { heard, url } = await web();
    await ntfy({ url: `${url}/my-kiosks`, token: null }).send(MESSAGE);
    expect(heard[0]?.request).toMatchObject({ url: "/" });
    expect(heard[0]?.request.headers.authorization).toBeUndefined();
    expect(heard[0]?.body).toEqual({ topic: "my-kiosks", title: MESSAGE.title, message: MESSAGE.text, priority: 5 });
  });

  it("a bot of Telegram gets one text, and is silent for a warning", async () => {
    const { heard, url } = await web();
    await telegram({ url, chat: "42", token: "1:abc" }).send({ ...MESSAGE, severity: "warning" });
    expect(heard[0]?.request.url).toBe("/bot1:abc/sendMessage");
    expect(heard[0]?.body).toEqual({
      chat_id: "42",
      text: `${MESSAGE.title}\n\n${MESSAGE.text}`,
      disable_notification: true,
    });
  });

  it.each([
    [204, "done"],
    [401, "declined"],
    [404, "declined"],
    [302, "unknown"],
    [500, "unknown"],
  ] as const)("an answer of %i is %s, and no token is in what is told of it", async (status, kind) => {
    const other = await web();
    const { url } = await web(status, { location: other.url });
    const outcome = await telegram({ url, chat: "42", token: "1:secret" }).send(MESSAGE);
    expect(outcome.kind).toBe(kind);
    expect(JSON.stringify(outcome)).not.toContain("1:secret");
    expect(other.heard).toEqual([]);
  });

  it("where nobody listens it is unknown, and said why", async () => {
    const { url, close } = await web();
    await close();
    expect(await call({ url: `${url}/bot1:secret`, method: "GET" })).toMatchObject({
      kind: "unknown",
      detail: expect.stringMatching(/^(?!.*secret).*ECONNREFUSED/),
    });
  });
});

interface Mail {
  readonly from: string;
  readonly to: readonly string[];
  readonly text: string;
  readonly user: unknown;
}

/** A mail server of another package. */
async function mailServer(options: SMTPServerOptions) {
  const mails: Mail[] = [];
  const server = new SMTPServer({
    authOptional: true,
    ...options,
    onAuth: ({ username, password }, _session, done) =>
      password === "right" ? done(null, { user: username }) : done(new Error("wrong password")),
    onData: (stream, { envelope, user }, done) => {
      let text = "";
      stream.on("data", (part: Buffer) => {
        text += part.toString();
      });
      stream.on("end", () => {
        const from = envelope.mailFrom === false ? "" : envelope.mailFrom.address;
        mails.push({ from, to: envelope.rcptTo.map(({ address }) => address), text, user });
        done();
      });
    },
  });
  server.on("error", () => {});
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => new Promise<void>((resolve) => server.close(() => resolve())));
  return { mails, port: (server.server.address() as AddressInfo).port };
}

describe("by mail", () => {
  const FROM_TO = { host: "127.0.0.1", from: "kiosk@example.com", to: ["one@example.com", "two@example.com"] };
  const NOBODY = { username: null, password: null };

  it("each gets the title as subject, and the text", async () => {
    const { mails, port } = await mailServer({ disabledCommands: ["STARTTLS"], allowInsecureAuth: true });
    const account = { username: "kiosk", password: "right" };
    const outcome = await email({ ...FROM_TO, ...account, port, security: "none" }).send(MESSAGE);
    expect(outcome).toMatchObject({ kind: "done" });
    expect(mails).toMatchObject([{ from: FROM_TO.from, to: FROM_TO.to, user: "kiosk" }]);
    expect(mails[0]?.text).toMatch(/^Subject: =\?UTF-8\?Q\?kiosk-1=3A_dispenser-unreachable_at_?/im);
    expect(mails[0]?.text).toMatch(/the cable is out\r\ncheck power/);
  });

  it("a wrong password is a no, and is not in what is told of it", async () => {
    const { port } = await mailServer({ disabledCommands: ["STARTTLS"], allowInsecureAuth: true });
    const account = { username: "kiosk", password: "not-this-one" };
    const outcome = await email({ ...FROM_TO, ...account, port, security: "none" }).send(MESSAGE);
    expect(outcome).toMatchObject({ kind: "declined" });
    expect(JSON.stringify(outcome)).not.toContain("not-this-one");
  });

  it.each([
    ["starttls", "a server that does not encrypt", { disabledCommands: ["STARTTLS"] }],
    ["starttls", "a certificate of nobody", {}],
    ["tls", "a certificate of nobody", { secure: true }],
  ] as const)("%s: nothing goes to %s", async (security, _what, options) => {
    const { mails, port } = await mailServer({
      ...options,
      disabledCommands: [...("disabledCommands" in options ? options.disabledCommands : [])],
    });
    const outcome = await email({ ...FROM_TO, ...NOBODY, port, security }).send(MESSAGE);
    expect(outcome.kind).not.toBe("done");
    expect(mails).toEqual([]);
  });
});
