const REMEMBERED_MAX = 64;

/** The version of each bill as last received, which the next poll sends back as an acknowledgement. */
export interface Versions {
  /** 0 for a bill not asked about yet, or no longer remembered. */
  of(reference: string): number;
  note(reference: string, version: number | undefined): void;
  forget(reference: string): void;
}

export function createVersions(): Versions {
  const versions = new Map<string, number>();
  return {
    of: (reference) => versions.get(reference) ?? 0,
    note(reference, version) {
      if (version === undefined) return;
      versions.delete(reference);
      versions.set(reference, version);
      const oldest = versions.keys().next();
      if (versions.size > REMEMBERED_MAX && !oldest.done) versions.delete(oldest.value);
    },
    forget: (reference) => void versions.delete(reference),
  };
}
