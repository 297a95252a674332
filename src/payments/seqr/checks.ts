import { duplicates, halfPair, sentence, shown, shownListen } from "../../config/problem.ts";
import { isLoopback } from "../../core/loopback.ts";
import type { Found, Path, SecretFiles } from "../../ports/configured.ts";
import type { Kept } from "../../ports/payment-plug-in.ts";
import type { SeqrPart } from "./config.ts";
import { readRegisteredTerminal } from "./registered.ts";

/** What does not go together in what the configuration says of SEQR. */
export function problems(part: SeqrPart): Found[] {
  return [
    ...duplicates(
      part.positions.map(({ own }) => own.terminal?.id),
      (index) => ["positions", index, "terminal", "id"],
      {
        of: "a terminal of its own for each position",
        hint: "a second offer on a terminal would cancel the first",
      },
    ),
    ...duplicates(
      part.positions.map(({ own }) => own.seqrId),
      (index) => ["positions", index, "seqrId"],
      { of: "a printed code of its own for each position" },
    ),
    ...remoteOffersChecks(part),
    ...stickerChecks(part),
    ...reconcileChecks(part),
    ...receiptChecks(part),
  ];
}

function remoteOffersChecks({ isRetired, section: { unattended } }: SeqrPart): Found[] {
  const path = ["payment", "seqr", "unattended"];
  if (unattended === undefined || isRetired) return [];
  const { certFile, keyFile, listen } = unattended;
  const half = halfPair(path, certFile, keyFile);
  if (half !== null) return [half];
  if (isLoopback(listen.host) || certFile !== undefined) return [];
  const found = shownListen(listen);
  const expected = "a loopback address behind a proxy, or certFile and keyFile";
  return [{ path: [...path, "listen"], message: sentence({ found, expected, example: `127.0.0.1:${listen.port}` }) }];
}

/** A sticker shows whatever bill its terminal has open, so the terminal must have one. */
function stickerChecks({ isRetired, positions }: SeqrPart): Found[] {
  if (isRetired) return [];
  return positions.flatMap(({ own: { code, seqrId } }, index) => {
    if (code !== "sticker" || seqrId !== undefined) return [];
    const expected = "seqrId beside it, the id of the printed code";
    return [
      {
        path: ["positions", index, "code"],
        message: sentence({ found: "sticker", expected, example: "seqrId: AB12CD" }),
      },
    ];
  });
}

/** The merchant's own account alone may read the books. */
function reconcileChecks({ schedule, section }: SeqrPart): Found[] {
  if (schedule.reconcile === undefined || section.reseller !== undefined) return [];
  const message = sentence({
    found: "a schedule",
    expected: "payment.seqr.reseller with it, who may read the books",
    example: 'reseller: { id: demo-shop, userId: "9900", passwordFile: secrets/reseller }',
  });
  return [{ path: ["schedule", "reconcile"], message }];
}

const TYPE_OF: Readonly<Record<string, string>> = { text: "text/plain", html: "text/html" };

/** The customer's app shows a receipt as what the service is told that it is. */
function receiptChecks({ section: { receipt } }: SeqrPart): Found[] {
  const other = Object.values(TYPE_OF).find((type) => type === receipt?.mimeType);
  if (receipt === undefined || other === undefined || (TYPE_OF[receipt.content] ?? other) === other) return [];
  const expected = `${TYPE_OF[receipt.content]} with content: ${receipt.content}`;
  const at = ["payment", "seqr", "receipt"];
  const message = sentence({ found: shown(other), expected });
  return [{ path: [...at, "mimeType"], message, other: [...at, "content"] }];
}

/** It becomes part of an address, in which it stands as it is. */
export function secretProblem(at: Path, secret: string): string | null {
  if (at.join(".") !== "payment.seqr.unattended.secretFile") return null;
  if (/^[A-Za-z0-9._~-]{16,200}$/.test(secret)) return null;
  return sentence({
    found: `a secret of ${secret.length} characters`,
    expected: "16 to 200 of A-Z, a-z, 0-9 and . _ ~ -",
    example: "what `openssl rand -hex 16` prints",
  });
}

/** The passwords of registered terminals. To serve, each position needs a terminal, configured or registered. */
export function kept({ journal, positions }: SeqrPart, isNeeded: boolean, files: SecretFiles): Kept {
  const found: Found[] = [];
  const secrets: string[] = [];
  for (const [index, position] of positions.entries()) {
    if (position.own.terminal !== undefined) continue;
    const path = ["positions", index, "terminal"];
    try {
      const terminal = readRegisteredTerminal(journal.path, position, files);
      if (terminal !== null) secrets.push(terminal.password);
      if ((terminal === null || terminal.terminalId === null) && isNeeded) {
        const message = sentence({
          found: "no terminal",
          expected: "id and passwordFile",
          example: "terminal: { id: shop-1, passwordFile: secrets/terminal-1 }",
          hint: `or run "kioskd terminal register --position ${position.id}"`,
        });
        found.push({ path, message });
      }
    } catch (error) {
      found.push({ path, message: error instanceof Error ? error.message : String(error) });
    }
  }
  return { found, secrets };
}
