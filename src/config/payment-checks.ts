import { formatAmount, parseAmount } from "../core/money.ts";
import type { MoneyRules } from "../core/money-rules.ts";
import { longestOfferTimeoutMs } from "../core/sale/timing.ts";
import { durationText } from "./fields.ts";
import { comparedIn, partOf, paymentOf } from "./payment.ts";
import type { PlugIns } from "./plug-ins.ts";
import { type Found, listed, type Path, sentence, shown } from "./problem.ts";
import type { Config, PositionConfig } from "./schema.ts";

/** What the payment service that is configured cannot do of what the rest of the configuration asks of it. */
export function paymentChecks(config: Config, plugIns: PlugIns): Found[] {
  const payment = paymentOf(plugIns, config);
  const part = partOf(config);
  const { rulesFor, currencies, longestOfferMs } = payment.limits(part);
  const rules = rulesFor(config.kiosk.currency);
  return [
    ...(rules === null ? [wrongCurrency(config, currencies)] : reserveChecks(config, rules)),
    ...offerChecks(payment.times(part.section).offerTimeout, longestOfferMs, ["payment", payment.name]),
    ...(config.schedule.reconcile === undefined || comparedIn(plugIns, config) !== null
      ? []
      : [noPeriods(payment.name)]),
    ...retiredChecks(config),
  ];
}

/** What can be as it is, and costs the merchant something. */
export function paymentWarnings(config: Config, plugIns: PlugIns): Found[] {
  const { currency } = config.kiosk;
  const rules = paymentOf(plugIns, config).limits(partOf(config)).rulesFor(currency);
  if (rules === null) return [];
  const { leastCaptureMinor } = rules;
  return config.positions.flatMap(({ product }, index) => {
    if ((parseAmount(product.minimum, currency) ?? 0) >= leastCaptureMinor || leastCaptureMinor <= 1) return [];
    const least = formatAmount(leastCaptureMinor, currency);
    const message = sentence({
      found: shown(product.minimum),
      expected: `at least ${shown(least)}, the least that ${config.payment.provider} takes`,
      hint: "what is worth less is given away",
    });
    return [{ path: ["positions", index, "product", "minimum"], message }];
  });
}

function retiredChecks({ payment: { provider, retired } }: Config): Found[] {
  const sections: Readonly<Record<string, unknown>> = retired ?? {};
  if (sections[provider] === undefined) return [];
  const message = sentence({
    found: `${provider}, which is the provider`,
    expected: "services that do not sell any more",
    hint: "for another account of the same service: close all sales first; refunds of the old account are made there",
  });
  return [{ path: ["payment", "retired", provider], message }];
}

function wrongCurrency({ kiosk, payment }: Config, currencies: readonly string[] | null): Found {
  const known = currencies === null ? "another one" : listed(currencies, "or");
  const hint = `${payment.provider} takes nothing in ${kiosk.currency}: change it, or payment.provider`;
  return { path: ["kiosk", "currency"], message: sentence({ found: kiosk.currency, expected: known, hint }) };
}

function reserveChecks(config: Config, rules: MoneyRules): Found[] {
  return config.positions.flatMap((position, index) => choiceChecks(config, position, rules, ["positions", index]));
}

function choiceChecks({ kiosk, payment }: Config, { reserve }: PositionConfig, rules: MoneyRules, at: Path): Found[] {
  const { currency } = kiosk;
  const { leastReservationMinor, leastCaptureMinor, mostMinor, stepMinor } = rules;
  const leastMinor = Math.max(leastReservationMinor, leastCaptureMinor);
  const money = (amountMinor: number): string => shown(formatAmount(amountMinor, currency));
  return reserve.flatMap((text, index) => {
    const amountMinor = parseAmount(text, currency);
    // What buys nothing is told by the choice itself.
    if (amountMinor === undefined || amountMinor === 0) return [];
    const expected =
      amountMinor < leastMinor
        ? `at least ${money(leastMinor)}, the least that ${payment.provider} reserves`
        : amountMinor > mostMinor
          ? `at most ${money(mostMinor)}, the most that ${payment.provider} reserves`
          : amountMinor % stepMinor !== 0
            ? `a multiple of ${money(stepMinor)}, which is all that ${payment.provider} reserves`
            : null;
    if (expected === null) return [];
    return [{ path: [...at, "reserve", index], message: sentence({ found: shown(text), expected }) }];
  });
}

function offerChecks(offerTimeoutMs: number, longestOfferMs: number | null, at: Path): Found[] {
  if (longestOfferMs === null || offerTimeoutMs <= longestOfferTimeoutMs(longestOfferMs)) return [];
  const message = sentence({
    found: durationText(offerTimeoutMs),
    expected: `at most ${Math.floor(longestOfferTimeoutMs(longestOfferMs) / 1_000)}s`,
    hint: `the service ends an offer after ${durationText(longestOfferMs)}`,
  });
  return [{ path: [...at, "offerTimeout"], message }];
}

function noPeriods(provider: string): Found {
  const message = sentence({
    found: "a schedule",
    expected: "none",
    hint: `${provider} has no books that could be compared: take the key away`,
  });
  return { path: ["schedule", "reconcile"], message };
}
