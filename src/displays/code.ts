import qrcode from "qrcode";
import { CORRECTED_CHARS } from "./panel.ts";

/** A QR symbol without its quiet zone; `isDark` is asked for modules from 0 to `modules - 1`. */
export interface Code {
  readonly modules: number;
  isDark(column: number, row: number): boolean;
}

/** The alphabet of ISO/IEC 18004's alphanumeric mode, in which a code needs fewer modules. */
const ALPHANUMERIC = /^[0-9A-Z $%*+\-./:]+$/;

/** The code of a text, with error correction M; with L where the text is long. */
export function codeOf(text: string): Code {
  const segments = ALPHANUMERIC.test(text) ? [{ data: text, mode: "alphanumeric" as const }] : text;
  const errorCorrectionLevel = text.length > CORRECTED_CHARS ? "L" : "M";
  const { size, data } = qrcode.create(segments, { errorCorrectionLevel }).modules;
  return { modules: size, isDark: (column, row) => data[row * size + column] === 1 };
}
