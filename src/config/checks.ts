import { formatScaled, parseAmount, parseScaled } from "../core/money.ts";
import { panelProblems } from "../core/panel.ts";
import { formatQuantity, parseQuantity, type Unit } from "../core/quantity.ts";
import { latestOfferMs } from "../core/sale/timing.ts";
import { limitBase, parseUnitPrice } from "../core/tariff.ts";
import { claimsOf, currencyNumberOf, type DriverName, leastLimitBase, quantitiesOf } from "./dispensers.ts";
import { decimal } from "./fields.ts";
import { tariffOf, timingOf } from "./goods.ts";
import { nameChecks } from "./names.ts";
import type { Problem } from "./problem.ts";
import type { Config, PositionConfig } from "./schema.ts";

type Found = Omit<Problem, "line">;

/** What the schema cannot see, because it takes more than one key. */
export function crossChecks(config: Config): Found[] {
  return [
    ...config.positions.flatMap((position, index) => positionChecks(config, position, ["positions", index])),
    ...config.positions.flatMap((position, index) => boundChecks(position, ["positions", index])),
    ...duplicates(
      config.positions.map(({ id }) => id),
      (index) => ["positions", index, "id"],
      "positions",
    ),
    ...duplicates(
      config.positions.map(({ terminal }) => terminal?.id ?? null),
      (index) => ["positions", index, "terminal", "id"],
      "terminals: a second offer on a terminal would cancel the first, so each position needs one of its own",
    ),
    ...nameChecks(config),
    ...claimChecks(config),
    ...stickerChecks(config),
    ...unattendedChecks(config),
    ...reconcileChecks(config),
    ...mqttChecks(config),
    ...timingChecks(config),
    ...displayChecks(config),
  ];
}

/** Why a position cannot sell at a price that an operator orders; null when it can. */
export function priceProblem(config: Config, position: PositionConfig, unitPrice: string): string | null {
  if (!decimal.safeParse(unitPrice).success) return 'expected a price such as "19.89"';
  const { lowestE6, highestE6 } = priceBounds(position);
  const orderedE6 = parseUnitPrice(unitPrice) ?? 0;
  if (orderedE6 < lowestE6 || orderedE6 > highestE6) {
    const from = `${formatPrice(lowestE6)} to ${formatPrice(highestE6)} ${config.kiosk.currency}`;
    return `expected a price from ${from}, not ${unitPrice}: product.lowestPrice and product.highestPrice set the bounds`;
  }
  const repriced = { ...position, product: { ...position.product, unitPrice } };
  if (position.dispenser.driver === "dart") return "the pump shows its price too: change it in the configuration";
  if (position.product.unit === "credit") return "goods with prices of their own have no unit price";
  return positionChecks(config, repriced, [])[0]?.message ?? null;
}

/** The prices that an operator may order, in millionths. */
function priceBounds({ product }: PositionConfig): { readonly lowestE6: number; readonly highestE6: number } {
  const configuredE6 = parseUnitPrice(product.unitPrice) ?? 0;
  const { lowestPrice, highestPrice } = product;
  return {
    lowestE6: lowestPrice === undefined ? Math.ceil(configuredE6 / 2) : (parseUnitPrice(lowestPrice) ?? 0),
    highestE6: highestPrice === undefined ? configuredE6 * 2 : (parseUnitPrice(highestPrice) ?? 0),
  };
}

function formatPrice(priceE6: number): string {
  return formatScaled(priceE6, 6).replace(/\.?0+$/, "");
}

function boundChecks(position: PositionConfig, at: Problem["path"]): Found[] {
  const { unitPrice } = position.product;
  const configuredE6 = parseUnitPrice(unitPrice) ?? 0;
  const { lowestE6, highestE6 } = priceBounds(position);
  const found: Found[] = [];
  if (lowestE6 > configuredE6) {
    found.push({ path: [...at, "product", "lowestPrice"], message: `expected at most unitPrice, ${unitPrice}` });
  }
  if (highestE6 < configuredE6) {
    found.push({ path: [...at, "product", "highestPrice"], message: `expected at least unitPrice, ${unitPrice}` });
  }
  return found;
}

function positionChecks(config: Config, position: PositionConfig, at: Problem["path"]): Found[] {
  const { currency } = config.kiosk;
  const { product } = position;
  const found: Found[] = [];
  const minimum = parseAmount(product.minimum, currency);
  if (minimum === undefined) found.push(tooFine([...at, "product", "minimum"], product.minimum, currency));
  const tariff = tariffOf(config, position);
  if (tariff.unitPriceE6 === 0) {
    found.push({ path: [...at, "product", "unitPrice"], message: "expected a price above 0" });
    return found;
  }
  for (const [index, text] of position.reserve.entries()) {
    const path = [...at, "reserve", index];
    const maximum = parseAmount(text, currency);
    if (maximum === undefined) found.push(tooFine(path, text, currency));
    else if (limitBase(tariff, maximum) <= leastLimitBase(position.dispenser)) {
      const leastBase = leastLimitBase(position.dispenser);
      const least =
        leastBase === 0 ? "something" : `more than ${formatQuantity(leastBase, product.unit)} ${product.unit}`;
      const message = `expected an amount that buys ${least} at ${product.unitPrice} ${currency}`;
      found.push({ path, message });
    }
  }
  return [
    ...found,
    ...quantityChecks(position, at),
    ...creditChecks(position, at),
    ...deviceChecks(position, currency, at),
  ];
}

/** What a device must be told in its own terms. */
function deviceChecks({ product, dispenser }: PositionConfig, currency: string, at: Problem["path"]): Found[] {
  if (dispenser.driver === "mdb" && currencyNumberOf(dispenser, currency) === null) {
    return [{ path: [...at, "dispenser"], message: `missing: currencyNumber, the number of ${currency} in ISO 4217` }];
  }
  const { driver } = dispenser;
  if (driver !== "dart" || dispenser.priceDecimals === undefined) return [];
  if ((parseScaled(product.unitPrice, dispenser.priceDecimals) ?? 1_000_000) < 1_000_000) return [];
  const message = `expected a price of at most six digits with ${dispenser.priceDecimals} of them decimals: the pump shows no more`;
  return [{ path: [...at, "product", "unitPrice"], message }];
}

function quantityChecks({ product, dispenser }: PositionConfig, at: Problem["path"]): Found[] {
  return quantitiesOf(dispenser).flatMap(({ at: key, text }) => {
    const path = [...at, "dispenser", ...key];
    const quantity = parseQuantity(text, product.unit);
    if (quantity === undefined) {
      return [{ path, message: `expected no more decimals than ${product.unit} is counted in` }];
    }
    return quantity === 0 ? [{ path, message: "expected more than 0" }] : [];
  });
}

const UNITS_OF: Readonly<Record<DriverName, readonly Unit[] | null>> = {
  simulated: null,
  "fuel-pulser": ["L", "kg"],
  "relay-vend": ["credit", "pcs"],
  "s0-charger": ["kWh"],
  dart: ["L"],
  "modbus-meter": ["kWh"],
  rapi: ["kWh"],
  mdb: ["credit"],
};

/** A meter counts what it counts, and a credit is worth itself. */
function creditChecks({ product, dispenser }: PositionConfig, at: Problem["path"]): Found[] {
  const units = UNITS_OF[dispenser.driver];
  const found: Found[] = [];
  if (units !== null && !units.includes(product.unit)) {
    found.push({ path: [...at, "product", "unit"], message: `${dispenser.driver} counts ${units.join(" or ")}` });
  }
  if (product.unit === "credit" && parseUnitPrice(product.unitPrice) !== 1_000_000) {
    found.push({ path: [...at, "product", "unitPrice"], message: 'a credit is worth itself: expected "1.00"' });
  }
  return found;
}

/** Two drivers on one line or one address would each believe the other's pulses and answers. */
function claimChecks({ positions }: Config): Found[] {
  const owners = new Map<string, string>();
  return positions.flatMap(({ id, dispenser }, index) =>
    claimsOf(dispenser).flatMap((claim) => {
      const owner = owners.get(claim) ?? id;
      owners.set(claim, owner);
      if (owner === id && claimsOf(dispenser).filter((each) => each === claim).length === 1) return [];
      const message = owner === id ? `${claim} stands twice` : `${claim} belongs to position ${owner}`;
      return [{ path: ["positions", index, "dispenser"], message }];
    }),
  );
}

/** The merchant's own account alone may read the books. */
function reconcileChecks({ schedule, payment }: Config): Found[] {
  if (schedule.reconcile === undefined || payment.seqr.reseller !== undefined) return [];
  return [
    { path: ["schedule", "reconcile"], message: "expected payment.seqr.reseller beside it: who may read the books" },
  ];
}

function mqttChecks({ mqtt }: Config): Found[] {
  if (mqtt === undefined) return [];
  const { url, caFile, certFile, keyFile } = mqtt;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    return [{ path: ["mqtt"], message: "expected certFile and keyFile together, or neither" }];
  }
  const plain = url.some((each) => each.startsWith("mqtt:"));
  if (!plain || (caFile === undefined && certFile === undefined)) return [];
  return [{ path: ["mqtt", "url"], message: "expected mqtts:// where certificates are given" }];
}

function unattendedChecks({ payment }: Config): Found[] {
  const path = ["payment", "seqr", "unattended"];
  const { unattended } = payment.seqr;
  if (unattended === undefined) return [];
  if ((unattended.certFile === undefined) !== (unattended.keyFile === undefined)) {
    return [{ path, message: "expected certFile and keyFile together, or neither" }];
  }
  if (isLoopback(unattended.listen.host) || unattended.certFile !== undefined) return [];
  return [
    { path: [...path, "listen"], message: "expected a loopback address behind a proxy, or certFile and keyFile" },
  ];
}

function isLoopback(host: string): boolean {
  return ["127.0.0.1", "localhost", "::1"].includes(host);
}

/** A sticker shows whatever bill its terminal has open, so the terminal must have one. */
function stickerChecks({ positions }: Config): Found[] {
  return positions.flatMap(({ code, seqrId }, index) =>
    code === "sticker" && seqrId === undefined
      ? [{ path: ["positions", index, "code"], message: "expected seqrId beside it: the id of the printed code" }]
      : [],
  );
}

function tooFine(path: Problem["path"], text: string, currency: string): Found {
  return { path, message: `expected an amount in ${currency}, without fractions of its smallest unit, not "${text}"` };
}

function timingChecks(config: Config): Found[] {
  const { offerTimeout } = config.payment.seqr;
  const { commitTimeoutMs, settleMarginMs } = timingOf(config);
  const longestMs = latestOfferMs({ commitTimeoutMs, settleMarginMs });
  if (offerTimeout <= longestMs) return [];
  return [
    {
      path: ["payment", "seqr", "offerTimeout"],
      message: `expected at most ${Math.floor(longestMs / 1_000)}s: commitTimeout must leave time to deliver and to settle after a late scan`,
    },
  ];
}

function displayChecks(config: Config): Found[] {
  const { listen, tokenFile } = config.display;
  const panel = panelChecks(config);
  if (isLoopback(listen.host) || tokenFile !== undefined) return panel;
  const message = "expected a loopback address, or display.tokenFile beside it";
  return [{ path: ["display", "listen"], message }, ...panel];
}

/** A stranger must be able to read all of it, and a phone the code. */
function panelChecks({ display, positions }: Config): Found[] {
  const { panel, readingDistanceMm } = display;
  if (panel === undefined || display.driver === "terminal") return [];
  const isTurned = display.driver === "framebuffer" && display.rotate % 180 !== 0;
  const seen = isTurned ? turned(panel) : panel;
  const problems = panelProblems({ ...seen, readingDistanceMm }, { positions: positions.length });
  return problems.map((message) => ({ path: ["display", "panel"], message }));
}

function turned<T extends { widthPx: number; heightPx: number; widthMm: number; heightMm: number }>(panel: T): T {
  const { widthPx, heightPx, widthMm, heightMm } = panel;
  return { ...panel, widthPx: heightPx, heightPx: widthPx, widthMm: heightMm, heightMm: widthMm };
}

function duplicates(
  values: readonly (string | null)[],
  pathAt: (index: number) => Problem["path"],
  what: string,
): Found[] {
  return values.flatMap((value, index) =>
    value !== null && values.indexOf(value) !== index
      ? [{ path: pathAt(index), message: `"${value}" stands twice among the ${what}` }]
      : [],
  );
}
