import { describe, expect, it } from "vitest";
import { isLoopback, isOwnName, staysPrivate } from "../../src/core/loopback.ts";

describe("what is this machine alone", () => {
  it.each([
    // host, is it loopback, is it one of the machine's own names
    ["127.0.0.1", true, true],
    ["localhost", true, true],
    ["::1", true, true],
    ["[::1]", true, true],
    ["127.0.0.2", true, false],
    ["127.8.9.10", true, false],
    ["127.255.255.255", true, false],
    ["127.0.0.256", false, false],
    ["127.999.1.1", false, false],
    ["127.1", false, false],
    ["127.0.0.1.", false, false],
    ["127.0.0.1.example.com", false, false],
    ["::ffff:127.0.0.1", false, false],
    ["[::ffff:7f00:1]", false, false],
    ["0:0:0:0:0:0:0:1", false, false],
    ["0.0.0.0", false, false],
    ["::", false, false],
    ["[::]", false, false],
    ["2130706433", false, false],
    ["LOCALHOST", false, false],
    ["localhost.", false, false],
    ["localhost.example.com", false, false],
    ["xlocalhost", false, false],
    ["128.0.0.1", false, false],
    ["10.0.0.1", false, false],
    ["", false, false],
  ])("%s: loopback %s, an own name %s", (host, loopback, ownName) => {
    expect([isLoopback(host), isOwnName(host)]).toEqual([loopback, ownName]);
  });
});

describe("what is sent to a URL and stays private", () => {
  it.each([
    ["https://pay.example.com/", true],
    ["https://10.0.0.1/", true],
    ["http://127.0.0.1:8081/", true],
    ["http://localhost/", true],
    ["http://LOCALHOST/", true],
    ["http://[::1]:8081/", true],
    ["http://127.1/", true],
    ["http://2130706433/", true],
    ["http://127.0.0.2/", false],
    ["http://[::ffff:127.0.0.1]/", false],
    ["http://0.0.0.0/", false],
    ["http://localhost.example.com/", false],
    ["http://localhost@example.com/", false],
    ["http://example.com/localhost", false],
    ["ftp://127.0.0.1/", false],
    ["ws://localhost/", false],
  ])("%s: %s", (url, isPrivate) => {
    expect(staysPrivate(new URL(url))).toBe(isPrivate);
  });
});
