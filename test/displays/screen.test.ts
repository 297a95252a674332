import { describe, expect, it } from "vitest";
import type { FaultCode } from "../../src/core/faults.ts";
import type { StopReason } from "../../src/core/sale/state.ts";
import { boardTitle } from "../../src/displays/place.ts";
import { screenOf, tileOf } from "../../src/displays/screen.ts";
import { languagesFor } from "../../src/displays/texts/languages.ts";
import type { Trouble } from "../../src/displays/texts/texts.ts";
import { blocked, faulty, positionView, VIEWS } from "../support/views.ts";

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

describe("of time that is sold", () => {
  const bay = { product: { name: "Bay", sku: "B", unit: "min" }, unitPrice: "15.00", reserved: "30.00" } as const;

  it.each([
    ["0.02", "1:59 min"],
    ["0.98", "1:01 min"],
    ["1.75", "0:15 min"],
    ["2.00", "0:00 min"],
  ])("%s min gone: %s are left", (quantity, text) => {
    const view = positionView({ ...VIEWS.live(), ...bay, quantity });
    const [figure] = screenOf(view, ENGLISH).figures;
    expect(figure).toEqual({ role: "quantity", label: ENGLISH.texts.labels.timeLeft, text });
  });

  it("tells afterwards how long it ran, in minutes or in hours", () => {
    const texts = ["min", "h"].map((unit) => {
      const view = positionView({ ...VIEWS.thanks(), ...bay, product: { ...bay.product, unit }, quantity: "1.25" });
      return screenOf(view, ENGLISH).figures.find(({ role }) => role === "quantity")?.text;
    });
    expect(texts).toEqual(["1:15 min", "1:15:00 h"]);
  });
});

describe("nothing that a customer reads misleads them", () => {
  it.each(["choose", "scan", "live", "thanks", "canceled"] as const)("%s says where and what", (name) => {
    expect(screenOf(VIEWS[name](), ENGLISH)).toMatchObject({ place: "Pump 1", product: "Diesel" });
  });

  it("offers no amounts where goods are chosen at the machine, and says so", () => {
    const screen = screenOf(VIEWS["choose-at-machine"](), ENGLISH);
    expect(screen).toMatchObject({ ...ENGLISH.texts.chooseAtDevice, place: "Machine 1", actions: [], figures: [] });
    expect(tileOf(VIEWS["choose-at-machine"](), ENGLISH).value).toBe("");
  });

  it("gives an item its own price, and no price of a credit", () => {
    const { figures, terms } = screenOf(VIEWS["scan-item"](), ENGLISH);
    expect(figures).toEqual([{ role: "reserved", label: "Price", text: expect.stringMatching(/15\.50$/) }]);
    expect(terms.join()).not.toContain(ENGLISH.texts.labels.payUsedOnly);
  });

  it.each<readonly [StopReason, isBrokenOff: boolean]>([
    ["operator", true],
    ["fault", true],
    ["restart", true],
    ["deadline", false],
    ["no-flow", false],
  ])("says that the delivery was ended by %s", (stoppedBy, isBrokenOff) => {
    const screen = screenOf({ ...VIEWS.thanks(), stoppedBy }, ENGLISH);
    const { stopped, stoppedTitle, messages } = ENGLISH.texts;
    expect(screen.isBrokenOff).toBe(isBrokenOff);
    expect(screen.title).toBe(isBrokenOff ? stoppedTitle : messages.paid.title);
    expect(screen.detail).toBe(stoppedBy === "customer" ? "" : stopped[stoppedBy]);
    const stopping = screenOf({ ...VIEWS.stopping(), stoppedBy }, ENGLISH);
    expect(stopping.detail).toBe(screen.detail);
  });

  it("says why nobody can begin anew, where the button for it is missing", () => {
    // Of a delivery that was broken off the reason is told already.
    expect(screenOf(VIEWS["stopped-by-fault"](), ENGLISH).detail).toBe(ENGLISH.texts.stopped.fault);
    for (const name of ["thanks", "canceled"] as const) {
      const screen = screenOf({ ...VIEWS[name](), ...blocked("dispenser-fault") }, ENGLISH);
      expect(screen.actions.map(({ kind }) => kind)).not.toContain("dismiss");
      expect(screen.detail).toContain(ENGLISH.texts.labels.notForNow);
    }
  });

  it("has the cable unplugged after charging, and only then", () => {
    expect(screenOf(VIEWS["thanks-charging"](), ENGLISH).detail).toBe("Unplug the cable.");
    expect(screenOf(VIEWS.thanks(), ENGLISH).detail).toBe("");
  });

  it("gives station, place, tax, local time and reference along in the receipt's code", () => {
    const about = { station: "Demo station", isReceiptOpen: true };
    const { kind, code, actions } = screenOf(VIEWS.thanks(), ENGLISH, about);
    const when = ENGLISH.format.dateTime("2026-01-01T12:34:56.000Z");
    expect(kind).toBe("receipt");
    expect(actions.map((action) => action.kind)).toEqual(["close"]);
    for (const part of ["Demo station", "Pump 1 Diesel", "12.345 L", "245.54", "25 %", "49.11", when, "R17000"]) {
      expect(code).toContain(part);
    }
    const long = { ...about, station: "S".repeat(200) };
    expect(screenOf(VIEWS.thanks(), ENGLISH, long).code?.length).toBeLessThanOrEqual(160);
    // A receipt is of a sale that was paid, and of no other.
    expect(screenOf(VIEWS.canceled(), ENGLISH, about).kind).toBe("ended");
  });

  it("calls the positions by what they have in common", () => {
    const charger = positionView({ product: { name: "AC", sku: "EV", unit: "kWh" } });
    expect(boardTitle([positionView(), positionView()], ENGLISH.texts)).toBe("Choose your pump");
    expect(boardTitle([charger], ENGLISH.texts)).toBe("Choose your charger");
    expect(boardTitle([positionView(), charger], ENGLISH.texts)).toBe("Choose your place");
  });

  it("counts pieces as the language does", () => {
    const pieces = (quantity: string) =>
      screenOf({ ...VIEWS.thanks(), quantity, product: { name: "Coffee", sku: "C", unit: "pcs" } }, ENGLISH).figures;
    expect(pieces("1").map(({ text }) => text)).toContain("1 pc");
    expect(pieces("2").map(({ text }) => text)).toContain("2 pcs");
  });
});
