import qrcode from "qrcode";

/** A QR symbol without its quiet zone; `isDark` is asked for modules from 0 to `modules - 1`. */
export interface Code {
  readonly modules: number;
  isDark(column: number, row: number): boolean;
}

/** The alphabet of ISO/IEC 18004's alphanumeric mode, in which a code needs fewer modules. */
const ALPHANUMERIC = /^[0-9A-Z $%*+\-./:]+$/;

/** The code of a text, with error correction M. */
export function codeOf(text: string): Code {
  const segments = ALPHANUMERIC.test(text) ? [{ data: text, mode: "alphanumeric" as const }] : text;
  const { size, data } = qrcode.create(segments, { errorCorrectionLevel: "M" }).modules;
  return { modules: size, isDark: (column, row) => data[row * size + column] === 1 };
}
