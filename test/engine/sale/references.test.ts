import { describe, expect, it } from "vitest";
import { References } from "../../../src/engine/sale/references.ts";
import type { OwnedName } from "../../../src/ports/journal.ts";
import { Disk } from "../../support/memory-journal.ts";
import { HAPPY } from "../../support/sale-fixtures.ts";

const MADE = HAPPY.find((event) => event.type === "offer-made");
if (MADE === undefined) throw new Error("no offer in the fixture");
const { reference: NAME } = MADE;

/** A journal in which a sale of a service, or of an older journal, has the name. */
function ownedBy(saleId: string, service?: string): References {
  const disk = new Disk();
  disk.write("1", { ...MADE, saleId, ...(service === undefined ? {} : { service }) } as (typeof HAPPY)[number], null);
  return new References({ ownerOf: async (owned) => disk.ownerOf(owned) });
}

const named = (service: string, name = NAME): OwnedName => ({ kind: "offer", service, name });

describe("a name that two sales are given", () => {
  it.each<[string, References, OwnedName, boolean]>([
    ["by one service is the first one's", ownedBy("a", "seqr"), named("seqr"), false],
    ["by two services is each one's", ownedBy("a", "seqr"), named("vipps"), true],
    ["is the first one's where its journal says nothing of the service", ownedBy("a"), named("vipps"), false],
    ["of which one is nobody's yet", ownedBy("a", "seqr"), named("seqr", "another"), true],
    ["is its own sale's, told once more", ownedBy("b", "seqr"), named("seqr"), true],
  ])("%s", async (_what, references, owned, isOurs) => {
    expect(await references.isOf("b", owned)).toBe(isOurs);
  });

  it("at the same instant by one service goes to one of them, and by two to both", async () => {
    const references = new References({ ownerOf: async () => null });
    const claims = (["seqr", "seqr", "stripe"] as const).map((service, sale) =>
      references.isOf(`sale-${sale}`, named(service)),
    );
    expect(await Promise.all(claims)).toEqual([true, false, true]);
  });
});
