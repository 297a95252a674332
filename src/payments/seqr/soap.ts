import { fileURLToPath } from "node:url";

export const WSDL_PATH = fileURLToPath(new URL("./wsdl/cashregister.wsdl", import.meta.url));

/** Floats would lose öre and dates would lose their zone, so these stay as they were sent. */
export const TEXT_DESERIALIZER: Readonly<Record<string, (text: string) => string>> = {
  int: (text) => text,
  long: (text) => text,
  decimal: (text) => text,
  dateTime: (text) => text,
};
