import type { Mutant } from "./mutants.ts";

/** Mistakes with what waits for a person. */
export const MATTER_MUTANTS: readonly Mutant[] = [
  {
    name: "what waits for a person is forgotten at a restart",
    file: "engine/books/matters.ts",
    right: `await this.#readNotes();
    this.#show();
    void this.look();`,
    wrong: `await this.#readNotes();
    this.#open.clear();
    void this.look();`,
    caughtBy: ["3 person"],
  },
  {
    name: "an acknowledgement of one sale clears another's",
    file: "core/matters.ts",
    right: "const matters = there.filter((each) => each.saleId === saleId);",
    wrong: "const matters = there;",
    caughtBy: ["3 person"],
  },
  {
    name: "a sale counts as looked at before what it leaves is noted",
    file: "engine/books/matters.ts",
    right: "for (const matter of found.arose) await this.#arise(matter);",
    wrong: `await source.noted();
      for (const matter of found.arose) await this.#arise(matter);`,
    caughtBy: ["3 person"],
  },
];
