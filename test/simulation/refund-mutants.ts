import type { Mutant } from "./mutants.ts";

/** Ways to give money back twice, or to say of a refund what is not so. */
export const REFUND_MUTANTS: readonly Mutant[] = [
  {
    name: "a no to a repeated refund counts for the first call",
    file: "engine/books/refund.ts",
    right: 'if (isFirst && answer.kind !== "unknown")',
    wrong: 'if (answer.kind !== "unknown" && answer.kind !== "exceeds")',
    caughtBy: ["refund"],
  },
  {
    name: "nothing is left, so this refund must have been made",
    file: "engine/books/refund.ts",
    right: `      detail = \`\${detail}; either this refund was made, or money was given back at the service\`;
      break;`,
    wrong: 'return await conclude(deps, sale, refund, { type: "made", reference: null });',
    caughtBy: ["refund"],
  },
  {
    name: "a refund that another program has under way is joined",
    file: "engine/books/refund.ts",
    right: `const handOn = deps.takeTurn();
  if (handOn === null) return { kind: "busy" };`,
    wrong: "const handOn = deps.takeTurn() ?? (() => undefined);",
    caughtBy: ["refund"],
  },
  {
    name: "a refund is sent again whatever it may lead to",
    file: "core/refund.ts",
    right: "return confirmedMinor + 2 * refund.amountMinor > chargedMinor;",
    wrong: "return refund.amountMinor > 0;",
    caughtBy: ["refund"],
  },
  {
    name: "any service is believed to know a refund again",
    file: "engine/books/refund.ts",
    right: 'return service.recognises === "refund-id" ||',
    wrong: 'return service.recognises !== "refund-id" ||',
    caughtBy: ["refund"],
  },
  {
    name: "what may have been given back counts as left",
    file: "core/refund.ts",
    right: '(state === "refused" || state === "returned" ? left : left - amountMinor)',
    wrong: '(state !== "made" ? left : left - amountMinor)',
    caughtBy: ["refund"],
  },
  {
    name: "a refund is noted as made when it is sent",
    file: "engine/books/refund.ts",
    right: "const outcome = await service.refund(request);",
    wrong: `await tell(deps, sale, refund, { type: "made", reference: null });
    const outcome = await service.refund(request);`,
    caughtBy: ["refund"],
  },
];
