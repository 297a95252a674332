import type Database from "better-sqlite3";
import type { Gap } from "../../../../ports/journal.ts";
import { readNote } from "../bodies/bodies.ts";
import { Broken } from "../errors.ts";
import type { AnchorAt, Chain } from "./chain.ts";

/** What to say of an anchor at which nobody has accepted anything. */
export const UNTOLD = "nobody is on record to have accepted what is there";

/** Where streams go on by what the acceptances say that can be read. */
export function acceptedIn(db: Database.Database): readonly Gap[] {
  const rows = db.prepare<[], { body: string }>("SELECT body FROM note WHERE stream = 'acceptances' ORDER BY seq");
  return rows.all().flatMap(({ body }) => {
    try {
      return readNote("acceptances", body).accepted;
    } catch {
      // Whoever follows the links of that stream tells of it.
      return [];
    }
  });
}

/** Anchors that say that somebody went on there, and nobody did. */
export function untoldAnchors(chain: Chain, told: readonly Gap[]): AnchorAt[] {
  const isTold = ({ stream, seq }: AnchorAt): boolean =>
    told.some((each) => each.stream === stream && each.from <= seq && seq <= each.to);
  return chain.acceptedAnchors().filter((anchor) => !isTold(anchor));
}

/** @throws Broken when one is not as it was written */
export function refuseChangedAnchors(chain: Chain): void {
  const [changed] = chain.changedAnchors();
  if (changed !== undefined) throw new Broken(changedText(changed));
}

/**
 * @param told as `acceptedIn`, of the journal
 * @throws Broken when one is not as it was written, or says that somebody went on there and nobody did
 */
export function checkAnchors(chain: Chain, told: readonly Gap[]): void {
  refuseChangedAnchors(chain);
  const [untold] = untoldAnchors(chain, told);
  if (untold !== undefined) throw new Broken(`${untold.stream} number ${untold.seq}: ${UNTOLD}`);
}

export function changedText({ stream, seq }: AnchorAt): string {
  return `where ${stream} goes on behind number ${seq} was changed`;
}
