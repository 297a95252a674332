import { ErrorWithReasonCode } from "mqtt";
import { describe, expect, test } from "vitest";
import { deviceName } from "../../../src/telemetry/mqtt/addresses.ts";
import { errorText, reasonText } from "../../../src/telemetry/reasons.ts";

const ABOUT = { clientId: "kioskd-demo-1", keepaliveS: 30 };
/** All that a broker may say to a client. Source: MQTT 5.0, 2.4, without the successes and what only clients say. */
const CODES = [1, 2, 3, 4, 5, ...Array.from({ length: 35 }, (_, at) => 128 + at)].filter(
  (code) => code !== 145 && code !== 146 && code !== 153,
);

test.each([...CODES, 153])("reason %i is told in words, with what to do", (code) => {
  const text = reasonText(code, undefined, ABOUT);
  expect(text).toMatch(/^[a-z][^:]+: [a-z]/);
  expect(text).not.toMatch(/0x|\d{2}|undefined/);
});

test.each<readonly [string, number, object | undefined, RegExp]>([
  ["a second client", 142, undefined, /^another client is connected as kioskd-demo-1: give every kiosk/],
  ["the broker's own text", 151, { reasonString: "disk\nfull" }, /^a quota of the broker is used up \("disk full"\): /],
  ["where else to go", 157, { serverReference: "b2.example" }, /^the broker has moved \("b2.example"\): write its new/],
  ["a number of a later version", 200, undefined, /^the broker gives the reason 0xc8: look into/],
  ["a long text", 128, { reasonString: "x".repeat(9000) }, /^.{1,400}$/],
])("%s", (_what, code, said, expected) => {
  expect(reasonText(code, said, ABOUT)).toMatch(expected);
});

const withCode = (code: string, message = "words of the machine"): Error => Object.assign(new Error(message), { code });

describe("what keeps the kiosk from its broker is told with its own advice", () => {
  test.each<readonly [string, Error, RegExp]>([
    ["an expired certificate", withCode("CERT_HAS_EXPIRED"), /certificate has expired: renew it, or check .* clock/],
    ["one of tomorrow", withCode("CERT_NOT_YET_VALID"), /not valid yet: check the kiosk's clock/],
    ["an unknown authority", withCode("SELF_SIGNED_CERT_IN_CHAIN"), /name its authority in mqtt\.caFile/],
    ["another one", withCode("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), /name its authority in mqtt\.caFile/],
    ["a wrong host name", withCode("ERR_TLS_CERT_ALTNAME_INVALID"), /for another name: write that name into mqtt\.url/],
    ["a refused connection", withCode("ECONNREFUSED"), /nothing listens .*: check that it runs, and host and port/],
    ["a name that is not found", withCode("ENOTFOUND"), /name is not known: check the host in mqtt\.url/],
    ["no name resolution", withCode("EAI_AGAIN"), /cannot be looked up: check the network/],
    [
      "a wrong password",
      new ErrorWithReasonCode("x", 134),
      /wrong user name or password: check mqtt\.username, mqtt\.p/,
    ],
    ["a wrong password in 3.1.1", new ErrorWithReasonCode("x", 4), /wrong user name or password: check mqtt\.username/],
    ["no right to come in", new ErrorWithReasonCode("x", 135), /not authorised: check .*access list/],
    ["silence at the door", withCode("ETIMEDOUT"), /does not answer: check network, address and firewall/],
    ["silence behind the door", new Error("connack timeout"), /does not answer: check network, .* it is a broker/],
    ["silence later", new Error("Keepalive timeout"), /within its keep-alive of 30 s: check the network/],
    [
      "no version in common",
      new ErrorWithReasonCode("x", 1),
      /this version of MQTT: use a broker that speaks MQTT 5 or 3/,
    ],
    ["a port without TLS", withCode("ERR_SSL_WRONG_VERSION_NUMBER"), /does not speak TLS: use mqtt:\/\/ in mqtt\.url/],
    ["no trust in the kiosk", withCode("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), /refuses the kiosk's certificate .*certFile/],
    [
      "a key of another certificate",
      withCode("ERR_OSSL_X509_KEY_VALUES_MISMATCH"),
      /do not fit together: check mqtt\.cert/,
    ],
    ["a cut", withCode("ECONNRESET"), /was cut: check the network, and look into/],
    ["what nobody has thought of", withCode("ENEW", "new\nwords"), /^new words$/],
  ])("%s", (_what, error, expected) => {
    expect(errorText(error, undefined, ABOUT)).toMatch(expected);
  });
});

test("a kiosk below the usual prefix keeps its name; below others the same id gives other names", () => {
  expect(deviceName("kioskd", "demo-1")).toBe("demo-1");
  const names = ["fleet", "fleet/a", "fleet-a"].map((prefix) => deviceName(prefix, "demo-1"));
  expect(new Set(names).size).toBe(3);
  for (const name of names) expect(name).toMatch(/^demo-1_[0-9a-f]{8}$/);
});
