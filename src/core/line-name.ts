/** A line as asked for: by the name it has on its chip, or by the chip's label and its offset there. */
export type LineName =
  | { readonly by: "name"; readonly name: string }
  | { readonly by: "offset"; readonly chip: string; readonly offset: number };

/**
 * Labels of the pin controllers whose line of offset N is GPIO N on the 40-pin header: Raspberry Pi 1 to 3, 4, 5.
 * Their numbers and bases change from kernel to kernel; their labels do not.
 */
export const HEADER_CHIPS: readonly string[] = ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"];

/** The 40-pin header of a Raspberry Pi, from pin 1, half of the board a line: the number of its GPIO, or what else is there. */
const HEADER = [
  "3V3 5V  2 5V  3 GND  4 14  GND 15 17 18 27 GND 22 23  3V3 24 10 GND",
  "  9 25 11  8 GND 7   ID ID    5 GND  6 12 13 GND 19 16   26 20 GND 21",
].flatMap((half) => half.trim().split(/\s+/));

const NO_LINE: Readonly<Record<string, string>> = {
  "3V3": "3.3 V",
  "5V": "5 V",
  GND: "ground",
  ID: "the EEPROM of an add-on board",
};

/** The reason is null where the text is of no form at all. */
interface NoLine {
  readonly by: "nothing";
  readonly reason: string | null;
}

/** `headerChip` is the label of the chip that plays the header on another board. A text that names no line gives the reason. */
export function readLineName(text: string, headerChip: string | null = null): LineName | NoLine {
  const pin = /^pin\s*(\d{1,3})$/i.exec(text);
  const bears = pin === null ? undefined : HEADER[Number(pin[1]) - 1];
  if (pin !== null && bears === undefined) return { by: "nothing", reason: "the header has pins 1 to 40" };
  const other = bears === undefined ? undefined : NO_LINE[bears];
  if (other !== undefined) {
    return { by: "nothing", reason: `on that pin is ${other}` };
  }
  const name = bears === undefined ? text : `GPIO${bears}`;
  const onHeader = /^GPIO(\d{1,3})$/.exec(name);
  if (onHeader !== null && headerChip !== null) return { by: "offset", chip: headerChip, offset: Number(onHeader[1]) };
  const byOffset = /^([\w.@-]{1,31}):(\d{1,4})$/.exec(name);
  if (byOffset !== null) return { by: "offset", chip: byOffset[1] ?? "", offset: Number(byOffset[2]) };
  if (/^[A-Za-z][\w.+-]{0,30}$/.test(name)) return { by: "name", name };
  return { by: "nothing", reason: null };
}

/**
 * The number of a line of the 40-pin header's chip, whichever way it is named; null for any other line, and for what
 * names none.
 */
export function headerNumber(text: string, headerChip: string | null = null): number | null {
  const line = readLineName(text, headerChip);
  if (line.by === "offset") {
    const isHeader = headerChip === null ? HEADER_CHIPS.includes(line.chip) : line.chip === headerChip;
    return isHeader ? line.offset : null;
  }
  const number = line.by === "name" ? /^GPIO(\d{1,3})$/.exec(line.name)?.[1] : undefined;
  return number === undefined ? null : Number(number);
}
