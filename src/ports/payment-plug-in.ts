import type { MoneyRules } from "../core/money-rules.ts";
import type { Terms } from "../core/sale/state.ts";
import type { Goods } from "../core/sale/view.ts";
import type { PaymentBooks } from "./books.ts";
import type { CertifyOptions } from "./certify-command.ts";
import type { Clock } from "./clock.ts";
import type { Command, CommandGroup } from "./command.ts";
import type { Found, Path, SecretFiles, Secrets } from "./configured.ts";
import type { Log } from "./log.ts";
import type { Observer } from "./metrics.ts";
import type { PaymentProvider } from "./payment.ts";
import type { RemoteOffers } from "./remote-offers.ts";

/**
 * A payment service as its folder brings it: what it may be told, and what follows from that before it is opened. It is
 * loaded with every configuration, so what costs time to load stands behind a function.
 *
 * `Section` is what its schema makes of `payment.<name>`, and `Own` what it makes of its keys at a position. The
 * functions are methods, so that plug-ins of different types stand in one list: each is given what its own schema made.
 */
export interface PaymentPlugIn<Schema, Shape, Section = unknown, Own = unknown> {
  /** `payment.provider`, and the name of its section. */
  readonly name: string;
  readonly section: Schema;
  /** The keys that a position has at this service. */
  readonly position: Shape;
  /** What is wrong that the schema cannot see, because it takes more than one key. */
  problems(part: PaymentPart<Section, Own>): readonly Found[];
  /** What is wrong with the value of a secret, at the way to its key; null when nothing is. */
  secretProblem(at: Path, value: string): string | null;
  times(section: Section): PaymentTimes;
  /** What the service cannot do, as far as a configuration can be held against it before it is opened. */
  limits(part: PaymentPart<Section, Own>): PaymentLimits;
  /** Where it listens, by the way to the key that says so. */
  listens(section: Section): readonly { readonly at: Path; readonly listen: Place }[];
  /** The sections with keys `caFile`, or `certFile` and `keyFile`. */
  certificates(section: Section): readonly NamedCertificates[];
  /** The folder beside the journal for what its commands have made; null when they make nothing. */
  readonly keeps: KeptFolder | null;
  /**
   * Looks at what its commands have made. The values are for what hides them.
   * @param isNeeded whether each position must have all that it needs to sell
   */
  kept(part: PaymentPart<Section, Own>, isNeeded: boolean, files: SecretFiles): Kept;
  /** Loaded only when it is configured. `open` rejects when it cannot be used as it is configured. */
  load(): Promise<{ open(site: PaymentSite<Section, Own>, deps: PaymentDeps): Promise<PaymentService> }>;
  /** A simulated one, for `kioskd demo`. Rejects when the place is taken. */
  startSimulator(place: SimulatorPlace): Promise<PaymentSimulator>;
  readonly commands: PaymentCommands<Section, Own>;
}

interface Place {
  readonly host: string;
  readonly port: number;
}

interface NamedCertificates {
  readonly at: Path;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
}

/** Files with secrets, one for a position: `<folder>/<position>.json`. */
export interface KeptFolder {
  readonly folder: string;
  /** As a message says it, before the position: "the terminal of". */
  readonly what: string;
}

export interface Kept {
  readonly found: readonly Found[];
  readonly secrets: readonly string[];
}

/** The configuration as its payment service sees it: its own part whole, and of the rest what it may know. */
export interface PaymentPart<Section, Own> {
  readonly kiosk: { readonly id: string; readonly name: string; readonly currency: string };
  readonly journal: { readonly path: string; readonly mark?: string | undefined };
  readonly section: Section;
  /** Whether another service sells now: this one only finishes what it began, and gives money back. */
  readonly isRetired: boolean;
  readonly positions: readonly PaymentPosition<Own>[];
  readonly schedule: { readonly reconcile?: string | undefined };
}

export interface PaymentPosition<Own> {
  readonly id: string;
  /** Sales bear the name that their position had then. */
  readonly formerly: readonly string[];
  readonly own: Own;
}

/** A configuration that was checked, with the values of its secrets. */
export interface PaymentSite<Section, Own> extends PaymentPart<Section, Own> {
  /** The configuration's path: relative paths in it are meant from its folder. */
  readonly file: string;
  readonly positions: readonly (PaymentPosition<Own> & { readonly goods: Goods })[];
  /** What the kiosk makes of the service's times. */
  readonly timing: SaleTiming;
  readonly secrets: Secrets;
  readonly files: SecretFiles;
}

/** The keys of `payment.<name>` that bear these names. */
export interface PaymentTimes {
  /** How long one answer of the service is waited for, in milliseconds as all of them. */
  readonly requestTimeout: number;
  /** How long an offer waits for a customer. */
  readonly offerTimeout: number;
  /** How long the service holds the customer's money for one sale. */
  readonly commitTimeout: number;
}

interface PaymentLimits {
  /** The same as the provider's. */
  rulesFor(currency: string): MoneyRules | null;
  /** Those with rules, for a message; null where it does all. */
  readonly currencies: readonly string[] | null;
  /** After how long the service ends an offer that nobody pays; null where it lasts until somebody ends it. */
  readonly longestOfferMs: number | null;
  /** The longest text of its codes; null where it is no longer than 38 capital letters and digits. */
  readonly longestCodeChars: number | null;
  /** Whether its books have periods that can be compared with the journal: `PaymentBooks.periods` is not null. */
  readonly hasPeriods: boolean;
}

export type SaleTiming = Pick<Terms, "offerTimeoutMs" | "commitTimeoutMs" | "settleMarginMs" | "handoverMarginMs">;

export interface PaymentDeps {
  readonly clock: Clock;
  readonly log: Log;
  readonly observe?: Observer["paymentCall"];
}

/** A payment service that is configured, ready to be asked. */
export interface PaymentService {
  readonly provider: PaymentProvider;
  readonly books: PaymentBooks;
  /** Why nobody may read the service's books; null when the kiosk may. */
  readonly booksClosedBecause: string | null;
  /**
   * The account that a position sells on, unlike any other's here and at other services: a sale that the journal has of
   * another account is not asked about, but handed to a person. Undefined only where the position cannot sell.
   */
  accountOf(position: string): string | undefined;
  /** Listens for customers who begin a sale at their phone; null when the configuration does not ask for it. */
  readonly takeOffers:
    | ((customers: RemoteOffers, dropped: Observer["connectionDropped"]) => Promise<{ close(): Promise<void> }>)
    | null;
  /** Lets go of connections and files. */
  close(): Promise<void>;
}

export interface SimulatorPlace extends Place {
  /** Where a phone that is not on this machine finds its page; `host` alone unless given. */
  readonly phoneHost?: string | undefined;
}

/** What a demo and its customer need of a simulated payment service. */
export interface PaymentSimulator {
  /** The page that is the customer's phone. */
  readonly phoneUrl: string;
  /** In which a demo sells with it. */
  readonly currency: string;
  /** What a configuration says to use it. `secret` writes a value to a file of its own and gives its name. */
  configuration(secret: (name: string, value: string) => string): {
    readonly section: object;
    readonly position: object;
  };
  /** The customer scans a code on the display and confirms. */
  confirm(code: string): Promise<void>;
  /** What the service's books say of the sale that showed this code; null when they have no such sale. */
  booked(code: string): Promise<BookedSale | null>;
  close(): Promise<void>;
}

interface BookedSale {
  readonly isPaid: boolean;
  /** In the service's own word. */
  readonly status: string;
  readonly committedMinor: number;
  /** How many times money was taken. */
  readonly commits: number;
}

/** Commands that a payment service brings, by where `kioskd --help` names them. */
export interface PaymentCommands<Section, Own> {
  /** What sets a kiosk up at the service. */
  readonly settingUp: readonly CommandGroup<CommandKit<Section, Own>>[];
  /** What is done with the service's books. Where several services bring one of a name, that of the configuration runs. */
  readonly books: readonly Command<CommandKit<Section, Own>>[];
  /** Its simulator: `kioskd simulate <name>`. */
  readonly simulate: Command<CommandKit<Section, Own>>;
}

/** What a payment service's commands are given. */
export interface CommandKit<Section, Own> {
  /**
   * @param purpose `serve` needs every secret, `register` none that the service gives, `read` none at all
   * @throws when the configuration is wrong, or does not name this payment service, also not as a retired one
   */
  load(file: string, purpose: "serve" | "register" | "read"): CommandSite<Section, Own>;
  /** Ends when the process is told to end. */
  toldToEnd(): Promise<unknown>;
  /**
   * @param atOnce called when the process is told again
   * @returns what ends the listening
   */
  onToldToEnd(told: () => void, atOnce: () => void): () => void;
  /** Where a simulator is told to listen. @throws UsageError where that is no address */
  listenAddress(options: { readonly listen: string }): { readonly host: string; readonly port: number };
  /** For a service without a certification of its own kind: rejects when a step fails, with the report written. */
  certify(plan: CertifyPlan): Promise<void>;
}

/** How a service is walked through what a sale needs of it. */
export interface CertifyPlan {
  readonly site: CommandSite<unknown, unknown>;
  open(site: PaymentSite<unknown, unknown>, deps: PaymentDeps): Promise<PaymentService>;
  readonly longestCodeChars: number | null;
  readonly options: CertifyOptions;
  /** Why the walk would take real money, and what to take instead; null where it does not. */
  readonly realMoney: string | null;
  readonly phone: SimulatedPhone;
  /** By whose list, with its address. */
  readonly list: string;
  /** What stands in it and only a person can do. */
  readonly byHand: readonly string[];
}

/** By what a simulator's phone confirms an offer, where the endpoint is one on this machine. */
interface SimulatedPhone {
  /** Undefined where the configuration names none: it is the service's own. */
  readonly endpoint: string | undefined;
  readonly path: string;
  body(reference: string): object;
  readonly timeoutMs: number;
}

/** A checked configuration in the hands of a command. */
interface CommandSite<Section, Own> extends PaymentSite<Section, Own> {
  /** For what goes wrong beside the command. */
  log(): Log;
  /** The sale that a position has open; null when it has none. Rejects while a daemon runs on the journal. */
  openSale(position: PaymentPosition<unknown>): Promise<string | null>;
}
