import { describe, expect, it } from "vitest";
import { needs } from "../support/components.ts";
import { hasMosquitto } from "../support/mosquitto.ts";
import { sample } from "../support/sample.ts";
import { campaign, MISSED } from "./campaign.ts";
import { complaints, report } from "./report.ts";
import { isServiceName, SERVICES } from "./services.ts";
import { failpoint } from "./troubles.ts";

const isWhole = [hasMosquitto(), needs("socat", "/usr/bin/socat")].every((isHere) => isHere);

/** A paid sale has so many appends. */
const APPENDS = 6;
const LINE_WIDTH = 80;
const PATIENCE_MS = 300_000;

describe.skipIf(!isWhole)("the daemon under customers who keep coming", () => {
  it.each(sample("services of the campaign", Object.keys(SERVICES).filter(isServiceName), 1))(
    "killed before and after every append, leaves books that balance: %s",
    { timeout: PATIENCE_MS },
    async (pay) => {
      const moments = ["before", "after"] as const;
      const all = Array.from({ length: APPENDS }, (_, at) => moments.map((moment) => failpoint(moment, at + 1)));
      const troubles = sample("campaign", all.flat(), 4);
      const result = await campaign({
        ...{ pay, seed: 1, kills: troubles.length, tear: { logs: 1, frames: 1 } },
        next: (turn) => troubles[turn % troubles.length] ?? failpoint("after", 1),
        tell: () => undefined,
        isEnded: () => false,
      });
      expect(complaints(result)).toEqual([]);
      expect(result.kills).toHaveLength(troubles.length);
      expect(result.kills.filter(({ trouble }) => trouble.endsWith(MISSED))).toEqual([]);
      expect(result.tornLengths).toBeGreaterThan(1_000);
      for (const line of report([result])) expect(line.length).toBeLessThanOrEqual(LINE_WIDTH);
    },
  );
});
