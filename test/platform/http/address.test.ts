import { describe, expect, it } from "vitest";
import { originOf } from "../../../src/platform/http/address.ts";

describe("an origin", () => {
  it.each<[string, string, boolean]>([
    ["127.0.0.1", "loopback", true],
    ["127.8.9.10", "loopback", true],
    ["::1", "loopback", true],
    ["::ffff:127.0.0.1", "loopback", true],
    ["::FFFF:127.0.0.1", "loopback", true],
    ["192.0.2.7", "192.0.2.7", false],
    ["::ffff:192.0.2.7", "192.0.2.7", false],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", false],
    ["2001:db8:1:2::ffff", "2001:db8:1:2::/64", false],
    ["2001:DB8:1:2::", "2001:db8:1:2::/64", false],
    ["2001:db8::1", "2001:db8:0:0::/64", false],
    ["2001:db8:1:3::1", "2001:db8:1:3::/64", false],
    ["fe80::1%eth0", "fe80:0:0:0::/64", false],
    ["::", "0:0:0:0::/64", false],
    ["1270.0.0.1", "1270.0.0.1", false],
  ])("of %s is %s", (address, name, isLoopback) => {
    expect(originOf(address)).toEqual({ name, isLoopback });
  });
});
