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

/** What device trees of Raspberry Pis call lines of the header by what they are used for, with their GPIO numbers. */
const KERNEL_NAMES: Readonly<Record<string, number>> = {
  ID_SDA: 0,
  ID_SD: 0,
  ID_SDA0: 0,
  ID_SCL: 1,
  ID_SC: 1,
  ID_SCL0: 1,
  SDA1: 2,
  SCL1: 3,
  GPIO_GCLK: 4,
  GPIO_GCKL: 4,
  SPI_CE1_N: 7,
  SPI_CE0_N: 8,
  SPI_MISO: 9,
  SPI_MOSI: 10,
  SPI_SCLK: 11,
  TXD0: 14,
  TXD1: 14,
  RXD0: 15,
  RXD1: 15,
};

export const HEADER_LAST = 27;

/** The reason is null where the text is of no form at all. */
interface NoLine {
  readonly by: "nothing";
  readonly reason: string | null;
}

/** `headerChip` is the label of the chip that plays the header on another board. A text that names no line gives the reason. */
export function readLineName(text: string, headerChip: string | null = null): LineName | NoLine {
  const pin = /^pin *(\d{1,3})$/i.exec(text);
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
  if (line.by !== "name") return null;
  const number = /^GPIO(\d{1,3})$/.exec(line.name)?.[1];
  if (number !== undefined) return Number(number);
  return headerChip === null && Object.hasOwn(KERNEL_NAMES, line.name) ? (KERNEL_NAMES[line.name] ?? null) : null;
}

/**
 * Whether a text is a line as other programs, libraries and tutorials write it, and not as it is written here: it would
 * pass for a name that some chip may have. Also the number of a chip, which is another one after the next start.
 */
export function isForeignLine(text: string): boolean {
  if (/^GPIO(0|[1-9]\d*)$|^pin [1-9]\d*$/.test(text)) return false;
  const isLowered = !Object.hasOwn(KERNEL_NAMES, text) && Object.hasOwn(KERNEL_NAMES, text.toUpperCase());
  return isLowered || FOREIGN.test(text) || ON_CHIP.test(text) || /^gpiochip\d*:/i.test(text);
}

const FOREIGN =
  /^(?:(?<gpio>bcm|(?:bcm[\s_.-]*)?gpio|d|io|)|(?<pin>pin|p1|j8|board|header|physical|phys))[\s_.:#-]*0*(?<number>\d{1,3})$/i;
/** On the chip by a name, where its offset belongs. */
const ON_CHIP = /^([\w.@-]{1,31}):(?:GPIO|BCM|pin)[\s_.-]*0*(\d{1,4})$/i;

/** The line that such a text means, as it is written here; null where that is not certain. */
export function lineMeant(text: string): string | null {
  const trimmed = text.trim();
  const onChip = ON_CHIP.exec(trimmed);
  if (onChip !== null && HEADER_CHIPS.includes(onChip[1] ?? "") && !/:pin/i.test(trimmed)) {
    return `${onChip[1]}:${onChip[2]}`;
  }
  const { pin, number } = FOREIGN.exec(trimmed)?.groups ?? {};
  if (number === undefined) return Object.hasOwn(KERNEL_NAMES, trimmed.toUpperCase()) ? trimmed.toUpperCase() : null;
  if (pin === undefined) return Number(number) <= HEADER_LAST ? `GPIO${Number(number)}` : null;
  const meant = `pin ${Number(number)}`;
  return readLineName(meant).by === "nothing" ? null : meant;
}
