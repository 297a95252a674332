import { writeFileSync } from "node:fs";
import { isOwnName } from "../core/loopback.ts";
import { formatAmount } from "../core/money.ts";
import { isWithoutRules, type MoneyRules } from "../core/money-rules.ts";
import type { Truth } from "../core/sale/resolve.ts";
import type { Delivery, Sale } from "../core/sale/state.ts";
import { isoTime } from "../core/time.ts";
import { systemClock } from "../platform/clock/clock.ts";
import { CliError, UsageError } from "../platform/console/failure.ts";
import { print, printError, printJson, printPicture, told } from "../platform/console/print.ts";
import { table } from "../platform/console/table.ts";
import { wait } from "../platform/time/wait.ts";
import type { Outcome } from "../ports/outcome.ts";
import type { PublishedOffer } from "../ports/payment.ts";
import type { CertifyPlan, PaymentService } from "../ports/payment-plug-in.ts";

/** What was seen at a step; `expected` is fixed, and a step fails when something else was seen. */
interface StepResult {
  readonly name: string;
  readonly expected: string;
  readonly seen: string;
  readonly result: "passed" | "failed" | "not run";
}

const SEEN_MOST = 400;
const RELEASE_TRIES = 8;
const RELEASE_WAIT_MS = 2_000;

/** Something else was seen than the step expects. */
class Seen extends Error {}

/**
 * Walks a payment service through all that a sale needs of it, with sales of its own that stand in no journal, and writes
 * a report. It ends what it began, also where a step fails.
 */
export async function certifyService(plan: CertifyPlan): Promise<void> {
  const { site, list, byHand } = plan;
  const { report: file, json = false } = plan.options;
  mustBeHarmless(plan);
  const startedAtMs = Date.now();
  const report = file ?? `certification-${isoTime(startedAtMs).slice(0, 16).replace(/[-:]/g, "").replace("T", "-")}.md`;
  // Before anything is asked of anybody: a report that cannot be written is noticed too late.
  writeFileSync(report, "");
  const log = site.log();
  const service = await plan.open(site, { clock: systemClock(), log });
  const steps: StepResult[] = [];
  const walk = new Walk(plan, service);
  try {
    for (const [name, expected, run] of walk.steps()) {
      if (steps.some(({ result }) => result === "failed")) {
        steps.push({ name, expected, seen: "-", result: "not run" });
        continue;
      }
      const step = await run().then(
        (seen) => ({ seen, result: "passed" as const }),
        (error: unknown) => ({
          seen: error instanceof Error ? error.message : String(error),
          result: "failed" as const,
        }),
      );
      steps.push({ name, expected, ...step, seen: masked(step.seen, site.secrets.all) });
      if (!json) print(told`${step.result.padEnd(8)}${name}`);
      else printError(`${step.result} ${name}`);
    }
  } finally {
    await walk.cleanUp();
    await service.close();
  }
  const failed = steps.find(({ result }) => result === "failed");
  const head = [
    `# Certification with ${service.provider.traits.name}`,
    "",
    `- Date: ${isoTime(startedAtMs)}`,
    `- Kiosk: ${site.kiosk.id} (${site.kiosk.name}), ${site.kiosk.currency}`,
    `- Account: ${service.accountOf(site.positions[0]?.id ?? "") ?? "none"}`,
    `- By: ${list}`,
    ...(plan.options.auto !== true ? [] : ["- Note: the simulator's phone confirmed"]),
  ];
  const rows = steps.map((step) => `| ${[step.name, step.expected, step.seen, step.result].map(cell).join(" | ")} |`);
  const walked = ["", "| Step | Expected | Seen | Result |", "| --- | --- | --- | --- |", ...rows];
  const rest = ["", "## What a person has to do", "", ...byHand.map((each) => `- [ ] ${each}`), ""];
  writeFileSync(report, [...head, ...walked, ...rest].join("\n"));
  if (json) printJson({ result: failed === undefined ? "passed" : "failed", report, steps, byHand });
  else {
    print(
      table(
        ["STEP", "SEEN", "RESULT"],
        steps.map(({ name, seen, result }) => [name, seen.slice(0, 40), result]),
      ),
    );
    print(told`What a program cannot do stands in the report: ${byHand.length} points.\nThe report is in ${report}.`);
  }
  if (failed !== undefined) {
    throw new CliError(told`Failed: ${failed.name}. Expected ${failed.expected}; seen: ${failed.seen}.`);
  }
}

/** Nobody's money is taken, and only a simulator's phone confirms by itself. */
function mustBeHarmless({ realMoney, options, phone }: CertifyPlan): void {
  if (realMoney !== null) throw new CliError(realMoney);
  const isSimulated = phone.endpoint !== undefined && isOwnName(new URL(phone.endpoint).hostname);
  if (options.auto === true && !isSimulated) {
    throw new UsageError("--auto: only the simulator has a phone that confirms, and its endpoint is on this machine");
  }
}

async function confirmOn({ endpoint, path, body, timeoutMs }: CertifyPlan["phone"], reference: string): Promise<void> {
  const answer = await fetch(new URL(path, endpoint), {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body(reference)),
    signal: AbortSignal.timeout(timeoutMs),
  });
  await answer.body?.cancel();
  if (!answer.ok) throw new CliError(`the simulator's phone answered ${answer.status}`);
}

type Step = readonly [name: string, expected: string, run: () => Promise<string>];

class Walk {
  readonly #plan: CertifyPlan;
  readonly #service: PaymentService;
  readonly #rules: MoneyRules;
  readonly #clock = systemClock();
  readonly #open = new Map<string, { readonly sale: Sale; readonly reference: string | null }>();
  #count = 0;

  constructor(plan: CertifyPlan, service: PaymentService) {
    this.#plan = plan;
    this.#service = service;
    const rules = service.provider.rulesFor(plan.site.kiosk.currency);
    if (rules === null) throw new CliError(`The service does nothing in ${plan.site.kiosk.currency}.`);
    this.#rules = rules;
  }

  steps(): readonly Step[] {
    const { provider } = this.#service;
    let unused: [Sale, string] | null = null;
    let sold: [Sale, string] | null = null;
    let payment = "";
    const of = <T>(given: T | null): T => {
      if (given === null) throw new Seen("no offer");
      return given;
    };
    return [
      ["keys and account", "known to the service", async () => await this.#known()],
      [
        "an offer",
        "a code that fits the display",
        async () => {
          unused = await this.#offer();
          return "a code";
        },
      ],
      [
        "the same offer once more",
        "the same one, not a second",
        async () => {
          const [sale, reference] = of(unused);
          const again = done(await this.#offerOf(sale));
          if (again.reference !== reference) throw new Seen(`${again.reference} beside ${reference}`);
          return "the same";
        },
      ],
      [
        "an offer that nobody pays",
        "open, then ended, and nothing is held",
        async () => {
          const [sale, reference] = of(unused);
          is(done(await provider.query(sale, reference)), "open");
          return await this.#release(sale, reference);
        },
      ],
      [
        "a customer confirms",
        `${this.#money(this.#maximumMinor)} are held`,
        async () => {
          sold = await this.#offer();
          return await this.#confirmed(...sold);
        },
      ],
      [
        "a part is taken",
        `${this.#money(this.#partMinor)} taken, the rest free`,
        async () => {
          const truth = await this.#settle(...of(sold));
          payment = truth.receipt.paymentReference;
          this.#open.delete(of(sold)[0].id);
          return `${this.#money(truth.capturedMinor ?? 0)} taken, ${this.#money(truth.stillHeldMinor ?? 0)} held`;
        },
      ],
      [
        "the same capture once more",
        "taken once",
        async () => `${this.#money((await this.#settle(...of(sold))).capturedMinor ?? 0)} in all`,
      ],
      ["a refund, and the same once more", "given back once", async () => await this.#givenBack(of(sold)[0], payment)],
      [
        "a customer confirms, and takes nothing",
        "freed, nothing taken",
        async () => {
          const [sale, reference] = await this.#offer();
          await this.#confirmed(sale, reference);
          return await this.#release(sale, reference);
        },
      ],
    ];
  }

  async #known(): Promise<string> {
    done(await this.#service.provider.probe(this.#position));
    return "known";
  }

  async #givenBack({ id: saleId, terms }: Sale, paymentReference: string): Promise<string> {
    const { refunds } = this.#service.books;
    const request = {
      ...{ refundId: `refund-${saleId}`, saleId, position: this.#position, paymentReference },
      ...{ productName: terms.productName, amountMinor: this.#partMinor, currency: terms.tariff.currency },
    };
    const first = done(await refunds.refund(request));
    if (first.kind !== "made") throw new Seen(first.detail);
    if (refunds.recognises !== "refund-id") return "made; a repetition would give back twice";
    const again = done(await refunds.refund(request));
    if (again.kind !== "made" || again.reference !== first.reference) throw new Seen("a second refund");
    return "given back once";
  }

  /** What is open or held still is freed. */
  async cleanUp(): Promise<void> {
    for (const { sale, reference } of [...this.#open.values()]) {
      await this.#release(sale, reference).catch(() =>
        printError(`Look at the service: ${sale.id} may be open or held there still.`),
      );
    }
  }

  get #position(): string {
    return this.#plan.site.positions[0]?.id ?? "";
  }

  /** Half of it can be taken, and half of that is above the least. */
  get #maximumMinor(): number {
    const { leastReservationMinor, leastCaptureMinor, stepMinor } = this.#rules;
    const wantedMinor = Math.max(leastReservationMinor, 4 * leastCaptureMinor, 200);
    return Math.ceil(wantedMinor / (2 * stepMinor)) * 2 * stepMinor;
  }

  get #partMinor(): number {
    const halfMinor = this.#maximumMinor / 2;
    return halfMinor - (halfMinor % this.#rules.stepMinor);
  }

  #money(amountMinor: number): string {
    const { currency } = this.#plan.site.kiosk;
    return `${formatAmount(amountMinor, currency)} ${currency}`;
  }

  #saleNow(): Sale {
    const { positions, timing } = this.#plan.site;
    const goods = positions[0]?.goods;
    if (goods === undefined) throw new CliError("the configuration has no position");
    const { provider } = this.#service;
    const terminal = this.#service.accountOf(this.#position);
    const frozen = provider.freeze?.(this.#position) ?? {};
    return {
      id: `certify-${Date.now().toString(36)}-${++this.#count}`,
      position: this.#position,
      selectedAtMs: Date.now(),
      terms: {
        ...{ productName: goods.productName, sku: goods.sku, tariff: goods.tariff, ...timing },
        maximumMinor: this.#maximumMinor,
        provider: provider.traits.name,
        ...(terminal === undefined ? {} : { terminal }),
        ...(isWithoutRules(this.#rules) ? {} : { rules: this.#rules }),
        ...(Object.keys(frozen).length === 0 ? {} : { frozen }),
      },
    };
  }

  #offerOf(sale: Sale): Promise<Outcome<PublishedOffer>> {
    return this.#service.provider.offer(sale, () => true, { operation: "offer", number: 1 });
  }

  async #offer(): Promise<[Sale, string]> {
    const sale = this.#saleNow();
    this.#open.set(sale.id, { sale, reference: null });
    const { reference, qrText } = done(await this.#offerOf(sale));
    this.#open.set(sale.id, { sale, reference });
    this.#codes.set(reference, qrText);
    if (qrText.length > (this.#plan.longestCodeChars ?? Number.MAX_SAFE_INTEGER))
      throw new Seen(`a code of ${qrText.length} characters, above ${this.#plan.longestCodeChars}`);
    return [sale, reference];
  }

  readonly #codes = new Map<string, string>();

  async #confirmed(sale: Sale, reference: string): Promise<string> {
    const code = this.#codes.get(reference) ?? "";
    const { phone, options } = this.#plan;
    const { auto = false, json = false } = options;
    if (auto) await confirmOn(phone, reference);
    else {
      const qrcode = await import("qrcode");
      const picture = await qrcode.default.toString(code, { type: "terminal", small: true, errorCorrectionLevel: "L" });
      printPicture(picture, json ? process.stderr : process.stdout);
      printError(`Scan this code and confirm ${this.#money(this.#maximumMinor)}. It is waited for.`);
    }
    const { provider } = this.#service;
    const { firstMs, everyMs } = provider.traits.polls;
    const endMs = this.#clock.monotonicMs() + sale.terms.offerTimeoutMs;
    for (let waitMs = auto ? 0 : firstMs; this.#clock.monotonicMs() < endMs; waitMs = everyMs) {
      await wait(this.#clock, waitMs);
      const outcome = await provider.query(sale, reference);
      if (outcome.kind === "declined") throw new Seen(outcome.detail);
      if (outcome.kind === "unknown" || outcome.value.state === "open") continue;
      const truth = is(outcome.value, "held");
      if (truth.authorisedMinor !== this.#maximumMinor) throw new Seen(`${truth.authorisedMinor} held`);
      return `${this.#money(truth.authorisedMinor)} held`;
    }
    throw new Seen(`not confirmed within ${sale.terms.offerTimeoutMs / 1_000} s`);
  }

  async #settle(sale: Sale, reference: string): Promise<Extract<Truth, { state: "captured" }>> {
    const delivery: Delivery = {
      ...{ startBase: 0, endBase: 0, quantityBase: 0, amountMinor: this.#partMinor, lossMinor: 0 },
      ...{ certain: true, endedAtMs: Date.now() },
    };
    const attempt = { operation: "capture", number: 1 } as const;
    const { provider } = this.#service;
    const truth = is(done(await provider.settle(sale, reference, delivery, () => true, attempt)), "captured");
    if (truth.capturedMinor !== null && truth.capturedMinor !== this.#partMinor)
      throw new Seen(`${truth.capturedMinor} taken`);
    if ((truth.stillHeldMinor ?? 0) > 0) throw new Seen(`${truth.stillHeldMinor} are held still`);
    return truth;
  }

  async #release(sale: Sale, reference: string | null): Promise<string> {
    const { provider } = this.#service;
    let seen = "no answer";
    for (let number = 1; number <= RELEASE_TRIES; number++) {
      const attempt = { operation: "free", number } as const;
      const outcome = await provider.release(
        sale,
        reference,
        () => true,
        async () => true,
        attempt,
      );
      if (outcome.kind === "done" && outcome.value.state === "ended") {
        this.#open.delete(sale.id);
        return "ended, nothing is held";
      }
      seen = outcome.kind === "done" ? outcome.value.state : outcome.detail;
      await wait(this.#clock, RELEASE_WAIT_MS);
    }
    throw new Seen(seen);
  }
}

function done<T>(outcome: Outcome<T>): T {
  if (outcome.kind === "done") return outcome.value;
  const advice = outcome.advice === undefined ? "" : ` (${outcome.advice})`;
  throw new Seen(`${outcome.detail}${advice}`);
}

function is<S extends Truth["state"]>(truth: Truth, state: S): Extract<Truth, { state: S }> {
  if (truth.state === state) return truth as Extract<Truth, { state: S }>;
  throw new Seen("detail" in truth ? `${truth.state}: ${truth.detail}` : truth.state);
}

function masked(text: string, secrets: readonly string[]): string {
  const hidden = secrets.reduce((all, secret) => all.replaceAll(secret, "[redacted]"), text);
  return hidden.slice(0, SEEN_MOST).replace(/[^\x20-\x7e]/g, "?");
}

function cell(text: string): string {
  return text.replace(/[\\|<`]/g, "\\$&");
}
