import { execFile } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { eventually } from "../support/daemon.ts";
import { Random } from "../support/sim-chaos.ts";
import { type Books, type Difference, differences } from "./books.ts";
import { Customers } from "./customers.ts";
import { Life } from "./life.ts";
import { type Content, contentOf, isBeginning, type Remains, takeRemains } from "./remains.ts";
import type { ServiceName } from "./services.ts";
import { openSite, type Site } from "./site.ts";
import type { Told } from "./subscriber.ts";
import { tearTail } from "./torn-tail.ts";
import type { Stage, Trouble } from "./troubles.ts";

/** What the list says of a sale beside its record. */
interface GivenBack {
  readonly refunded: string;
  readonly refundable: string;
  readonly refundUnclear: boolean;
}

export interface Plan {
  /** The payment service by which is sold. */
  readonly pay: ServiceName;
  readonly seed: number;
  readonly kills: number;
  /** The trouble of each turn, until there are enough kills. */
  next(turn: number, random: Random): Trouble;
  /** Frames at the end of a write-ahead log that are torn at every byte, of so many logs. */
  readonly tear: { readonly logs: number; readonly frames: number };
  tell(line: string): void;
  /** Whether it has to do with the kills that were by now. */
  isEnded(): boolean;
}

interface Kill {
  readonly trouble: string;
  /** Of the sale in the journal at that moment. */
  readonly phase: string;
}

export interface Result {
  readonly kills: readonly Kill[];
  readonly sales: readonly Told[];
  readonly tornLengths: number;
  readonly wide: {
    readonly chargedMinor: number;
    readonly currency: string;
    readonly pouredMl: number;
    readonly records: number;
  };
  /** What went wrong on the way, and what the books say. Empty when all is well. */
  readonly problems: readonly string[];
  readonly differences: readonly Difference[];
  readonly folder: string;
}

/** Of a kill at an append that never came. */
export const MISSED = " (missed)";

const RECOVERY_PATIENCE_MS = 90_000;
const PHASE_PATIENCE_MS = 8_000;
const START_PATIENCE_MS = 60_000;
const FAILPOINT_PATIENCE_MS = 60_000;
const MOST_PROBLEMS = 20;
/** Of progress. */
const MOST_LINES = 50;
const MOST_OUTPUT_BYTES = 64 * 1_024 * 1_024;

/** Plays one campaign from the first customer to the judgement. */
export async function campaign(plan: Plan): Promise<Result> {
  const site = await openSite(plan.pay, plan.tell);
  const running = new Campaign(plan, site);
  let result: Result | null = null;
  try {
    result = await running.run();
    return result;
  } finally {
    running.abandon();
    await site.close(result === null || result.problems.length + result.differences.length > 0);
  }
}

class Campaign implements Stage {
  readonly site: Site;
  readonly random: Random;
  readonly #plan: Plan;
  readonly #customers: Customers;
  readonly #startMl: number;
  readonly #kills: Kill[] = [];
  readonly #problems: string[] = [];
  readonly #torn: Remains[] = [];
  readonly #mayEnd = new Set<Life>();
  #seen: Content = { events: [], sales: [], phase: "idle" };
  #trouble = "";
  #life: Life;

  constructor(plan: Plan, site: Site) {
    this.#plan = plan;
    this.site = site;
    this.random = new Random(plan.seed);
    this.#customers = new Customers(site, new Random(plan.seed + 0x5eed), () => this.#life);
    this.#startMl = this.#totaliserMl();
    this.#life = this.begin();
  }

  async run(): Promise<Result> {
    await this.reaches(this.#life, "idle");
    await this.#life.end("SIGKILL");
    this.#customers.come();
    const { kills, next, isEnded } = this.#plan;
    for (let turn = 0; this.#kills.length < kills && this.#problems.length === 0 && !isEnded(); turn++) {
      const trouble = next(turn, this.random);
      if (trouble.needs !== undefined && this.site[trouble.needs] === null) continue;
      this.#trouble = trouble.name;
      await trouble.run(this);
    }
    await this.#recover();
    const books = await this.#books();
    const tornLengths = await this.#tear();
    return {
      ...{ kills: this.#kills, sales: books.journal, tornLengths },
      wide: {
        chargedMinor: books.service.reduce((sum, { capturedMinor }) => sum + capturedMinor, 0),
        currency: this.site.service.currency,
        pouredMl: books.pump.totalMl,
        records: books.broker.length,
      },
      ...{ problems: this.#problems, differences: differences(books), folder: this.site.folder },
    };
  }

  abandon(): void {
    this.#life.signal("SIGKILL");
  }

  begin(env: Readonly<Record<string, string>> = {}): Life {
    const { main, config, clock } = this.site;
    this.#life = new Life(main, config, { ...clock?.env, ...env });
    return this.#life;
  }

  async reaches(life: Life, phase: string, patienceMs = PHASE_PATIENCE_MS): Promise<void> {
    const served = (): boolean => life.phase !== "starting" || life.over;
    await eventually("the daemon serves", served, START_PATIENCE_MS).catch(() =>
      this.#blame("it does not start", life),
    );
    const endMs = Date.now() + patienceMs;
    while (life.phase !== phase && !life.over && Date.now() < endMs) await sleep(5);
  }

  async kill(life: Life): Promise<void> {
    await life.end("SIGKILL");
    await this.#examine();
    if (life.ownEnd !== null && !this.#mayEnd.has(life))
      this.#blame(`the daemon ended by itself (${life.ownEnd})`, life);
  }

  async dies(life: Life): Promise<void> {
    await eventually("it dies", () => life.over, FAILPOINT_PATIENCE_MS).catch(() => {
      this.#trouble += MISSED;
    });
    await this.kill(life);
  }

  mayEnd(life: Life): void {
    this.#mayEnd.add(life);
  }

  /** Nothing that was in the journal at a kill before may be gone or changed. */
  async #examine(): Promise<void> {
    const { journal, folder } = this.site;
    const { tear } = this.#plan;
    const index = this.#kills.length;
    const kept = takeRemains(journal, folder, `kill-${index < 3 * tear.logs && index % 3 === 2 ? index : "last"}`);
    if (kept === null) return;
    if (!kept.db.includes("kill-last")) this.#torn.push(takeRemains(journal, folder, `torn-${index}`) ?? kept);
    try {
      const content = await contentOf(kept.db);
      if (!isBeginning(this.#seen, content)) this.#blame("the journal lost or changed what it held", this.#life);
      this.#seen = content;
    } catch (error) {
      this.#blame(`the journal does not open: ${error}`, this.#life);
    }
    this.#kills.push({ trouble: this.#trouble, phase: this.#seen.phase });
    this.#told();
  }

  #told(): void {
    const { kills, tell } = this.#plan;
    const done = this.#kills.length;
    if (done % Math.ceil(kills / MOST_LINES) !== 0) return;
    tell(`${done} kills, ${this.#seen.sales.length} sales closed; the last: ${this.#trouble}, ${this.#seen.phase}`);
  }

  #blame(what: string, life: Life): void {
    if (this.#problems.length >= MOST_PROBLEMS) return;
    this.#problems.push(
      `${what} (kill ${this.#kills.length + 1}, ${this.#trouble})\n${life.lines.slice(-12).join("\n")}`,
    );
  }

  /** Troubles are over: the daemon must sell again, close every sale, and tell of it, by itself. */
  async #recover(): Promise<void> {
    const { site } = this;
    site.disk?.free();
    await site.service.untroubled();
    const life = this.begin();
    const bills = (): readonly { status: string }[] => site.service.bills();
    const before = bills().length;
    const sellsAgain = (): boolean =>
      bills()
        .slice(before)
        .some(({ status }) => status === "PAID");
    try {
      await eventually("it sells again", sellsAgain, RECOVERY_PATIENCE_MS);
      await this.#customers.noMore();
      await eventually("nothing is open", async () => await this.#isClosed(life), RECOVERY_PATIENCE_MS);
      await eventually("all records came", () => this.#hasAllRecords(), RECOVERY_PATIENCE_MS);
      await life.end("SIGTERM", RECOVERY_PATIENCE_MS);
      if (life.ownEnd !== 0) this.#blame(`the daemon ended with ${life.ownEnd}`, life);
    } catch (error) {
      this.#blame(`it did not recover: ${error}`, life);
      await this.#customers.noMore();
      await life.end("SIGKILL");
    }
  }

  async #isClosed(life: Life): Promise<boolean> {
    if (life.over) throw new Error(`the daemon ended by itself (${life.ownEnd})`);
    const bills = this.site.service.bills();
    return (
      (await life.view())?.available === true &&
      bills.every(({ heldMinor, status }) => heldMinor === 0 && status !== "ISSUED")
    );
  }

  async #hasAllRecords(): Promise<boolean> {
    const latest = (await this.#listed())[0]?.seq ?? 0;
    return new Set(this.site.subscriber.records.map(({ seq }) => seq)).size >= latest;
  }

  /** As the operator would ask; the newest first. */
  async #listed(): Promise<readonly Told[]> {
    const { main, config } = this.site;
    const words = [main, "sales", "list", "--json", "--limit", "10000", "--config", config];
    const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: MOST_OUTPUT_BYTES });
    const listed = JSON.parse(stdout) as (Told & GivenBack)[];
    // What went back of it is no part of its record.
    return listed.map(({ refunded: _back, refundable: _left, refundUnclear: _open, ...record }) => record);
  }

  async #books(): Promise<Books> {
    const { service, subscriber, journal, folder } = this.site;
    const last = takeRemains(journal, folder, "kill-last");
    const { events } = last === null ? { events: [] } : await contentOf(last.db);
    const sales = (await this.#listed()).toReversed();
    const closed = new Set(sales.map(({ saleId }) => saleId));
    const begun = new Set(events.map((body) => (JSON.parse(body) as { saleId: string }).saleId));
    return {
      service: service.bills(),
      leastMinor: service.leastMinor,
      journal: sales,
      open: [...begun].filter((saleId) => !closed.has(saleId)),
      broker: subscriber.records,
      pump: { visits: this.#customers.visits, totalMl: this.#totaliserMl() - this.#startMl },
    };
  }

  async #tear(): Promise<number> {
    let lengths = 0;
    for (const remains of this.#torn) {
      const { cuts, problems } = await tearTail(remains, this.#plan.tear.frames);
      lengths += cuts;
      for (const problem of problems.slice(0, MOST_PROBLEMS)) this.#problems.push(problem);
    }
    return lengths;
  }

  #totaliserMl(): number {
    return Number(this.site.pump.state()["totalMl"]);
  }
}
