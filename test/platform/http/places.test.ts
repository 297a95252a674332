import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { originOf } from "../../../src/platform/http/address.ts";
import { MOST_UNREAD, type Place, Places, UNREAD_MS } from "../../../src/platform/http/places.ts";

const LIMITS = { most: 8, mostOfOrigin: 3, keptForLoopback: 2 };
const HERE = "127.0.0.1";

type Standing = "stranger" | "idle" | "asking" | "follower";
type Row = readonly [address: string, standing?: Standing];

function stand(place: Place, standing: Standing): void {
  place.isKnown = standing !== "stranger";
  place.isUnread = standing === "stranger";
  place.isFollower = standing === "follower";
  place.requests = standing === "asking" || standing === "follower" ? 1 : 0;
}

/** Connections that come one after another, each when the one before has had its time; which of them, by their numbers, were ended and why. */
function crowd(rows: readonly Row[]) {
  const lost: string[] = [];
  const ended: number[] = [];
  const places = new Places(LIMITS, (why) => lost.push(why));
  const all = rows.map(([address, standing = "stranger"], index) => {
    const place = places.take(originOf(address), index * UNREAD_MS, () => ended.push(index));
    stand(place, standing);
    places.trim(index * UNREAD_MS);
    return place;
  });
  places.trim(rows.length * UNREAD_MS);
  return { places, all, ended, lost };
}

const many = (count: number, address: string, standing?: Standing): Row[] =>
  Array.from({ length: count }, () => (standing === undefined ? [address] : [address, standing]));
/** Each from an address of its own. */
const various = (count: number, standing?: Standing): Row[] =>
  Array.from({ length: count }, (_, index) => [`198.51.100.${index}`, standing ?? "stranger"]);

describe("a new connection", () => {
  it.each<[string, Row[], number[], string[]]>([
    ["finds a place while there is one", many(8, HERE), [], []],
    ["takes the oldest stranger's", many(9, HERE), [0], ["displaced"]],
    ["takes none from another origin when its own has its share", many(4, "192.0.2.1"), [0], ["share"]],
    [
      "counts for its network of 64 bits",
      [["2001:db8::1"], ["2001:db8::2"], ["2001:db8::3"], ["2001:db8::4"], ["2001:db8:0:1::5"]],
      [0],
      ["share"],
    ],
    ["of many addresses takes none of those for loopback", various(7), [0], ["displaced"]],
    ["of loopback finds its place when others hold all of theirs", [...various(6), ...many(2, HERE)], [], []],
    [
      "takes a stranger's before one that is known",
      [[HERE, "idle"], [HERE, "asking"], ...many(7, HERE)],
      [2],
      ["displaced"],
    ],
    ["takes one of the origin that has most", [["192.0.2.1"], ["192.0.2.2"], ...many(7, HERE)], [2], ["displaced"]],
    [
      "takes an idle one when all are known, then one that asks, never a follower's first",
      [[HERE, "follower"], [HERE, "asking"], [HERE, "idle"], ...many(5, HERE, "asking"), [HERE, "asking"], [HERE]],
      [2, 1],
      ["displaced", "displaced"],
    ],
  ])("%s", (_case, rows, ended, lost) => {
    const crowded = crowd(rows);
    expect([crowded.ended, crowded.lost]).toEqual([ended, lost]);
  });

  it("is not pushed out by those that came with it before its request was read", () => {
    const ended: number[] = [];
    const places = new Places(LIMITS, () => {});
    const all = Array.from({ length: 40 }, (_, index) => places.take(originOf(HERE), index, () => ended.push(index)));
    const press = all[5];
    if (press === undefined) throw new Error("there is none");
    stand(press, "asking");
    places.trim(UNREAD_MS + 40);
    expect(ended).toHaveLength(32);
    expect(ended).not.toContain(5);
  });
});

describe("a new connection, before its request has come", () => {
  const OTHER = "192.0.2.1";

  /** How many of a crowd come each millisecond, from when on, and whether one that comes at 1000 ms is left at the end. */
  it.each<[string, number, number, string, number, boolean]>([
    ["has a crowd of its address before it", 40, 999, OTHER, 1_001, true],
    ["has a crowd of its address after it", 10, 1_000, OTHER, 1_040, true],
    ["has a crowd of its address around it", 3, 0, OTHER, 1_150, true],
    ["has a crowd of this machine around it, itself of it", 3, 0, HERE, 1_150, true],
    ["has had its time", 3, 0, OTHER, 1_301, false],
  ])("%s", (_case, perMs, fromMs, address, untilMs, isLeft) => {
    const lost: string[] = [];
    const ended = new Set<Place>();
    const places = new Places(LIMITS, (why) => lost.push(why));
    const come = (nowMs: number): Place => {
      const place: Place = places.take(originOf(address), nowMs, () => ended.add(place));
      return place;
    };
    let one: Place | undefined;
    for (let nowMs = 0; nowMs <= untilMs; nowMs += 1) {
      if (nowMs === 1_000) one = come(nowMs);
      for (let each = 0; nowMs >= fromMs && each < perMs; each += 1) come(nowMs);
      places.trim(nowMs);
      expect(places.size).toBeLessThanOrEqual(LIMITS.most + MOST_UNREAD);
    }
    if (one === undefined) throw new Error("it has not come");
    expect(ended.has(one)).toBe(!isLeft);
    places.trim(untilMs + UNREAD_MS);
    expect(places.size).toBeLessThanOrEqual(address === HERE ? LIMITS.most : LIMITS.mostOfOrigin);
  });

  it("takes no place from a stranger while it is answered, for as long again", () => {
    const ended: Place[] = [];
    const places = new Places(LIMITS, () => {});
    for (let nowMs = 0; nowMs <= 1_300; nowMs += 1) {
      const place: Place = places.take(originOf(OTHER), nowMs, () => ended.push(place));
      if (nowMs === 1_000) Object.assign(place, { isUnread: false, requests: 1 });
      places.trim(nowMs);
    }
    expect(ended.filter(({ requests }) => requests > 0)).toEqual([]);
  });

  it("takes no place from one that is known, nor those that are kept for this machine", () => {
    const ended = new Set<Place>();
    const places = new Places(LIMITS, () => {});
    const take = (address: string): Place => {
      const place: Place = places.take(originOf(address), 0, () => ended.add(place));
      return place;
    };
    const known = Array.from({ length: 2 }, () => take(HERE));
    for (const place of known) stand(place, "idle");
    const own = take(HERE);
    for (let each = 0; each < 5_000; each += 1) take(`198.51.${each % 250}.1`);
    places.trim(0);
    expect(places.size).toBeLessThanOrEqual(LIMITS.most + MOST_UNREAD);
    expect([...known, own].filter((place) => ended.has(place))).toEqual([]);
  });
});

it("whatever comes, the limits hold, and nobody who is known goes for a stranger or a stranger's origin", () => {
  const address = fc.constantFrom(HERE, "192.0.2.1", "192.0.2.2", "192.0.2.3", "2001:db8::1", "2001:db8::2");
  const standing = fc.constantFrom<Standing>("stranger", "idle", "asking", "follower");
  fc.assert(
    fc.property(fc.array(fc.tuple(address, standing), { maxLength: 60 }), (rows) => {
      const ended = new Set<Place>();
      const places = new Places(LIMITS, () => {});
      for (const [index, [from, as]] of rows.entries()) {
        const nowMs = index * UNREAD_MS;
        const place: Place = places.take(originOf(from), nowMs, () => ended.add(place));
        const before = [...places];
        places.trim(nowMs);
        expect([...places]).toContain(place);
        const left = [...places].filter((other) => other !== place);
        const remote = left.filter(({ origin }) => !origin.isLoopback);
        expect(left.length).toBeLessThanOrEqual(LIMITS.most);
        expect(remote.length).toBeLessThanOrEqual(LIMITS.most - LIMITS.keptForLoopback);
        for (const { origin } of remote) {
          const ofOrigin = remote.filter((other) => other.origin.name === origin.name);
          expect(ofOrigin.length).toBeLessThanOrEqual(LIMITS.mostOfOrigin);
        }
        // One comes, so one goes at most, and a known one only where there are hardly any strangers.
        const gone = before.filter((other) => other !== place && !left.includes(other));
        expect(gone.length).toBeLessThanOrEqual(1);
        for (const other of gone.filter(({ isKnown }) => isKnown)) {
          const strangers = left.filter((each) => each.origin.name === other.origin.name && !each.isKnown);
          expect(strangers.length).toBeLessThanOrEqual(1);
        }
        stand(place, as);
      }
    }),
  );
});
