import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { needs } from "../../../support/components.ts";
import { tempFolder } from "../../../support/temp.ts";
import { PURCHASE, pass, SECRET, send, startBench } from "./support.ts";

const PATH = `/${SECRET}/createPurchase`;
const NOTIFY = `/${SECRET}/notify/1`;

describe("who does not know the secret", () => {
  it.each<[string, string, string, string?]>([
    ["another secret of the same length", "POST", `/${SECRET.replace("3", "4")}/createPurchase`],
    ["the secret's beginning", "POST", `/${SECRET.slice(0, -1)}/createPurchase`],
    ["more than the secret", "POST", `/${SECRET}x/createPurchase`],
    ["the secret in other letters", "POST", `/${SECRET.toUpperCase()}/createPurchase`],
    ["no secret", "POST", "/createPurchase"],
    ["an empty secret", "POST", "//createPurchase"],
    ["an undecodable path", "POST", "/%zz/createPurchase"],
    ["a very long path", "POST", `/${"a".repeat(5_000)}/createPurchase`],
    ["a wrong secret with a body that is too large", "POST", "/wrong/createPurchase", "x".repeat(5_000)],
    ["a wrong secret with a body that is no JSON", "POST", "/wrong/createPurchase", "{"],
    ["a notification with a wrong secret", "POST", "/wrong/notify/1"],
    ["the root", "GET", "/"],
    ["the right path, but only read", "GET", PATH],
    ["the right path with more behind it", "POST", `${PATH}/x`],
    ["the right path's options", "OPTIONS", PATH],
    ["the secret before something unknown", "POST", `/${SECRET}/elsewhere`],
    ["an unknown position", "POST", `/${SECRET}/notify/9`],
    ["a position's empty name", "POST", `/${SECRET}/notify/`],
  ])("gets one and the same answer to %s", async (_case, method, path, body) => {
    const { listener, offers } = await startBench();
    const known = await send(listener.url, "POST", "/nothing");
    const answer = await send(listener.url, method, path, body ?? JSON.stringify(PURCHASE));
    expect([answer.status, answer.text]).toEqual([404, known.text]);
    expect({ ...answer.headers, date: "" }).toEqual({ ...known.headers, date: "" });
    expect([offers.asked, offers.woken]).toEqual([[], []]);
  });

  it("learns nothing from the log either", async () => {
    const { purchase, post, logged } = await startBench();
    await purchase();
    await post(NOTIFY);
    await post(PATH, "{");
    expect(logged()).not.toContain(SECRET);
  });

  it.each(["", "short", "has a blank in it, though long", "with/slash/and/enough/letters"])(
    "is not let near by a secret such as %o",
    async (secret) => {
      await expect(startBench({ secret })).rejects.toThrow(/secret must have/);
    },
  );
});

describe("a notification", () => {
  it("wakes its position, whatever is in it", async () => {
    const { post, offers, time } = await startBench();
    for (const body of ["", "{", '{"status":"RESERVED"}', "x".repeat(5_000)]) {
      const answer = await post(NOTIFY, body);
      expect([answer.status, answer.text]).toEqual([200, ""]);
      await pass(time, 1_000);
    }
    expect(offers.woken).toEqual(["1", "1", "1", "1"]);
    expect(offers.asked).toEqual([]);
  });

  it("wakes each position at most once a second, and is always answered", async () => {
    const { post, offers, time } = await startBench({ requestsPerMinute: 1 });
    const all = async (): Promise<number[]> => {
      const paths = [NOTIFY, NOTIFY, `/${SECRET}/notify/pump-2`, NOTIFY];
      return (await Promise.all(paths.map((path) => post(path)))).map(({ status }) => status);
    };
    expect(await all()).toEqual([200, 200, 200, 200]);
    await pass(time, 999);
    await all();
    expect(offers.woken).toHaveLength(2);
    await pass(time, 1);
    await all();
    expect(offers.woken.filter((position) => position === "1")).toHaveLength(2);
    expect(offers.woken).toHaveLength(4);
  });

  it("is answered even when the kiosk breaks", async () => {
    const { post, offers } = await startBench();
    offers.wake = () => {
      throw new Error("out of order");
    };
    expect((await post(NOTIFY)).status).toBe(200);
  });
});

describe("the listener's addresses", () => {
  it("are what the service calls and what is printed", async () => {
    const { listener } = await startBench();
    expect(listener.notificationUrl("pump-2")).toBe(`https://pay.example.org/kiosk/${SECRET}/notify/pump-2`);
    expect(listener.stickerText("pump-2")).toBe("HTTP://SEQR.SE/000/ups?w=M1&t=pump-2");
  });

  it("name no place for notifications that nobody can reach", async () => {
    const { listener } = await startBench({ publicUrl: null });
    expect(listener.notificationUrl("1")).toBeNull();
  });

  it.each(["0.0.0.0", "::", "192.0.2.1", "kiosk.example.org"])("are not %s without TLS", async (host) => {
    await expect(startBench({ host })).rejects.toThrow(/without TLS/);
  });
});

describe.runIf(needs("openssl", "/usr/bin/openssl"))("with a certificate", () => {
  it("the service is answered by TLS, beyond this machine too, and no other way", async () => {
    const tls = certificate();
    const { listener } = await startBench({ host: "0.0.0.0", tls });
    const { port, protocol } = new URL(listener.url);
    expect(protocol).toBe("https:");
    const answer = await send(`https://127.0.0.1:${port}`, "POST", PATH, JSON.stringify(PURCHASE), {}, tls.cert);
    expect([answer.status, answer.json]).toEqual([200, { invoiceReferenceId: "R-1" }]);
    const stranger = await send(`https://127.0.0.1:${port}`, "POST", "/wrong/createPurchase", "{}", {}, tls.cert);
    expect(stranger.status).toBe(404);
    await expect(send(`http://127.0.0.1:${port}`, "POST", PATH, "{}")).rejects.toThrow();
  });

  it("of another key or none at all it does not start, and says why without the key", async () => {
    const { cert, key } = certificate();
    const other = certificate();
    await expect(startBench({ tls: { cert, key: other.key } })).rejects.toThrow(/certificate and key cannot be used/);
    await expect(startBench({ tls: { cert: "none", key } })).rejects.toThrow(/^(?!.*BEGIN).*cannot be used/s);
  });
});

function certificate(): { readonly cert: string; readonly key: string } {
  const folder = tempFolder();
  const [cert, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  const subject = ["-subj", "/CN=kiosk", "-addext", "subjectAltName=IP:127.0.0.1", "-days", "2"];
  execFileSync("openssl", ["req", "-x509", ...curve, ...subject, "-keyout", key, "-out", cert], { stdio: "ignore" });
  return { cert: readFileSync(cert, "utf8"), key: readFileSync(key, "utf8") };
}
