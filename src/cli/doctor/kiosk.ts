import { existsSync, statSync } from "node:fs";
import { connect } from "node:net";
import type { Loaded } from "../../config/load.ts";
import { isoTime } from "../../core/time.ts";
import { systemClock } from "../../platform/clock/clock.ts";
import { findingText, warningsIn } from "../../platform/console/finding.ts";
import { openHistory } from "../../platform/journal/sqlite/history.ts";
import type { Outcome } from "../../ports/outcome.ts";
import type { PaymentProvider } from "../../ports/payment.ts";
import { openPayment } from "../../wiring/payment.ts";
import { waitingAt, withJournal } from "../faults.ts";
import { machineChecks } from "../machine-checks.ts";
import { logFor } from "../run.ts";
import { askDaemon } from "../status.ts";
import { type Exam, found, good } from "./exam.ts";

/** A customer waits for two of them before a code is there. */
const SLOW_ANSWER_MS = 3_000;
const BROKER_TIMEOUT_MS = 5_000;
const WRONG_CLOCK_MS = 60_000;
const USUAL_PORTS: Readonly<Record<string, number>> = { "mqtt:": 1883, "mqtts:": 8883 };

/** All that a sale needs beyond the machine itself. */
export async function kioskExams(loaded: Loaded, nowMs: number): Promise<readonly Exam[]> {
  return [
    ...(await configurationExams(loaded, nowMs)),
    await daemonExam(loaded),
    journalExam(loaded),
    await waitingExam(loaded),
    ...(await paymentExams(loaded)),
    ...(await brokerExams(loaded)),
  ];
}

async function configurationExams(loaded: Loaded, nowMs: number): Promise<readonly Exam[]> {
  const { findings } = await machineChecks(loaded, nowMs);
  const exams = findings.map((each) =>
    found(
      each.keeps === "nothing" ? "look" : "bad",
      "configuration",
      findingText(loaded.file, each),
      "kioskd check-config says the same after a change",
    ),
  );
  const warned = warningsIn(loaded).map((text) =>
    found("look", "configuration", text, "docs/configuration.md says what each key does"),
  );
  const all = [...exams, ...warned];
  return all.length > 0 ? all : [good("configuration", `${loaded.file} fits this machine`)];
}

async function daemonExam(loaded: Loaded): Promise<Exam> {
  const daemon = await askDaemon(loaded);
  if (daemon === null) {
    const advice = "give display.listen a port of its own";
    return found("unknown", "daemon", "cannot be asked: display.listen names no port", advice);
  }
  if (!daemon.answers) {
    return found("bad", "daemon", "does not answer", "systemctl status kioskd; journalctl -u kioskd -n 50");
  }
  if (daemon.reasons.length === 0) return good("daemon", "sells at every position");
  const advice = daemon.advice.length > 0 ? daemon.advice.join(" ") : "kioskd status";
  return found("bad", "daemon", `does not sell everywhere: ${daemon.reasons.join("; ")}`, advice);
}

/** Whether it opens, and its newest sale is as it was written: all of it is `journal verify`, which takes longer. */
function journalExam({ config }: Loaded): Exam {
  const { path } = config.journal;
  const advice = "kioskd journal verify looks at all of it; docs/journal.md says what to do then";
  if (!existsSync(path)) {
    return found("look", "journal", `there is none at ${path} yet`, "the daemon makes it at its first start");
  }
  try {
    const history = openHistory(path);
    try {
      const [newest] = history.latest(1, null);
      if (newest !== undefined) history.sale(newest.saleId);
      const size = `${(statSync(path).size / 1_048_576).toFixed(1)} MiB`;
      return good("journal", newest === undefined ? `${size}, no sale yet` : `${size}, last sale ${newest.closedAt}`);
    } finally {
      history.close();
    }
  } catch (error) {
    return found("bad", "journal", error instanceof Error ? error.message : String(error), advice);
  }
}

async function waitingExam(loaded: Loaded): Promise<Exam> {
  if (!existsSync(loaded.config.journal.path)) return good("for a person", "nothing waits");
  try {
    const waiting = await withJournal(loaded, (journal, matters) => waitingAt(loaded, journal, matters));
    if (waiting.length === 0) return good("for a person", "nothing waits");
    const codes = [...new Set(waiting.map(({ code }) => code))].join(", ");
    return found("look", "for a person", `${waiting.length} matters wait: ${codes}`, "kioskd faults list");
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return found("unknown", "for a person", `cannot be told: ${why}`, "see the journal, above");
  }
}

async function paymentExams(loaded: Loaded): Promise<readonly Exam[]> {
  const clock = systemClock();
  const payment = await openPayment(loaded, { clock, log: logFor(loaded, "error") });
  const { provider } = payment;
  try {
    const ids = loaded.config.positions.map(({ id }) => id);
    const asked = provider.traits.polls.probeOfAccount ? ids.slice(0, 1) : ids;
    const exams: Exam[] = [];
    for (const id of asked) {
      const startedMs = clock.monotonicMs();
      const outcome = await provider.probe(id);
      exams.push(paymentExam(provider, id, outcome, Math.round(clock.monotonicMs() - startedMs)));
    }
    const heard = provider.serviceTime?.() ?? null;
    if (heard === null) return exams;
    const thereMs = heard.atMs + clock.monotonicMs() - heard.heardMs;
    return [...exams, timeExam(provider.traits.name, thereMs, Date.now())];
  } finally {
    await payment.close();
  }
}

function paymentExam({ traits }: PaymentProvider, position: string, outcome: Outcome<null>, tookMs: number): Exam {
  const subject = traits.polls.probeOfAccount ? "payment" : `payment ${position}`;
  if (outcome.kind === "done") {
    const says = `${traits.name} answers in ${tookMs} ms`;
    if (tookMs < SLOW_ANSWER_MS) return good(subject, says);
    return found("look", subject, says, "a customer waits for two such answers: look at the network");
  }
  const { advice = "docs/payments.md; the network; the service's own page of its state" } = outcome;
  const says = outcome.kind === "unknown" ? "gives no answer that makes sense" : "refuses";
  return found("bad", subject, `${traits.name} ${says}: ${outcome.detail}`, advice);
}

function timeExam(name: string, thereMs: number, hereMs: number): Exam {
  const offMs = Math.abs(thereMs - hereMs);
  if (offMs <= WRONG_CLOCK_MS) return good("time", `${name} and this machine agree to the minute`);
  const says = `${name} has ${isoTime(thereMs)}, this machine ${isoTime(hereMs)}`;
  return found("bad", "time", says, "timedatectl; when it is this machine that is right: kioskd clock accept");
}

/** Whether anybody listens there. A login is left to the daemon: a second one with its name would put it out. */
async function brokerExams({ config }: Loaded): Promise<readonly Exam[]> {
  const exams: Exam[] = [];
  for (const url of config.mqtt?.url ?? []) {
    const { protocol, hostname, port } = new URL(url);
    const place = { host: hostname.replace(/^\[|\]$/g, ""), port: Number(port) || (USUAL_PORTS[protocol] ?? 0) };
    const why = await unreachable(place);
    const at = `${place.host}:${place.port}`;
    const advice = "records wait in the journal meanwhile; the network, the broker, its port and firewall";
    exams.push(why === null ? good("broker", `${at} listens`) : found("look", "broker", `${at}: ${why}`, advice));
  }
  return exams;
}

function unreachable({ host, port }: { readonly host: string; readonly port: number }): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: BROKER_TIMEOUT_MS });
    const end = (why: string | null): void => {
      socket.destroy();
      resolve(why);
    };
    socket.once("connect", () => end(null));
    socket.once("timeout", () => end(`no answer within ${BROKER_TIMEOUT_MS / 1000} s`));
    socket.once("error", (error) => end(error.message));
  });
}
