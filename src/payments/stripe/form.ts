/** A body as the service takes it: names in bracket form, such as `metadata[sale]`, in the order in which they are sent. */
export type Form = readonly (readonly [name: string, value: string])[];

export function encodeForm(form: Form): string {
  return form.map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`).join("&");
}

/** Null for what is no such body, or names something twice. Brackets may be escaped or not, and a plus is a blank. */
export function decodeForm(text: string): ReadonlyMap<string, string> | null {
  const form = new Map<string, string>();
  for (const pair of text.split("&").filter((each) => each !== "")) {
    const at = pair.indexOf("=");
    if (at <= 0) return null;
    try {
      const [name, value] = [pair.slice(0, at), pair.slice(at + 1)].map((part) =>
        decodeURIComponent(part.replaceAll("+", " ")),
      );
      if (name === undefined || value === undefined || form.has(name)) return null;
      form.set(name, value);
    } catch {
      return null;
    }
  }
  return form;
}
