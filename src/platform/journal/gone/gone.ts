import type { Journal } from "../../../ports/journal.ts";

/**
 * Stands for a journal that is gone: it tells of nothing and takes nothing, so a kiosk that has it sells nothing, and its
 * display, broker and health say why.
 */
export function goneJournal(why: Error): Journal {
  const refuse = async (): Promise<never> => {
    throw why;
  };
  const nothing = async (): Promise<[]> => [];
  const none = async (): Promise<null> => null;
  const nowhere = async (): Promise<void> => undefined;
  return {
    ...{
      append: refuse,
      note: refuse,
      check: refuse,
      look: refuse,
      reread: refuse,
      acknowledge: refuse,
      beginNow: refuse,
    },
    ...{ positions: nothing, lastSale: nothing, handedOver: nothing, salesAfter: nothing },
    ...{ notes: nothing, notesAfter: nothing, pending: nothing, pendingCount: async () => 0 },
    hasBegun: async () => false,
    ...{ newestAtMs: none, ownerOf: none, tidy: nowhere, close: nowhere },
  };
}
