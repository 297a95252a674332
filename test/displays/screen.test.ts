import { describe, expect, it } from "vitest";
import type { FaultCode } from "../../src/core/faults.ts";
import { screenOf } from "../../src/displays/screen.ts";
import { languagesFor } from "../../src/displays/texts/languages.ts";
import type { Trouble } from "../../src/displays/texts/texts.ts";
import { faulty } from "../support/views.ts";

const [ENGLISH] = languagesFor(["en"]);

describe("out of service says what keeps the position from selling", () => {
  it.each<readonly [readonly FaultCode[], Trouble]>([
    [["operator-block"], "closed"],
    [["dispenser-fault"], "device"],
    [["dispenser-unreachable"], "device"],
    [["payment-unreachable"], "payment"],
    [["payment-rejected"], "payment"],
    [["journal-unwritable"], "technical"],
    [["clock-implausible"], "technical"],
    [["payment-unreachable", "dispenser-fault"], "device"],
    [["dispenser-fault", "operator-block"], "closed"],
    [["dispenser-warning", "journal-unwritable"], "technical"],
    [["dispenser-warning", "payment-unreachable"], "payment"],
    [["overrun", "unaccounted", "clock-implausible"], "technical"],
    [[], "technical"],
  ])("%j: %s", (codes, trouble) => {
    expect(screenOf(faulty(...codes), ENGLISH)).toMatchObject(ENGLISH.texts.outOfService[trouble]);
  });
});
