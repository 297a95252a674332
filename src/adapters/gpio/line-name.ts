import { GpioError } from "./gpio.ts";

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

const FORMS = "Write `pin 11` for a pin of the 40-pin header, `GPIO17`, or `label:offset` such as `pinctrl-rp1:17`.";

/** `headerChip` is the label of the chip that plays the header on another board. Throws a GpioError. */
export function parseLineName(text: string, headerChip: string | null = null): LineName {
  const name = headerName(text) ?? text;
  const onHeader = /^GPIO(\d{1,3})$/.exec(name);
  if (onHeader !== null && headerChip !== null) return { by: "offset", chip: headerChip, offset: Number(onHeader[1]) };
  const byOffset = /^([\w.@-]{1,31}):(\d{1,4})$/.exec(name);
  if (byOffset !== null) return { by: "offset", chip: byOffset[1] ?? "", offset: Number(byOffset[2]) };
  if (/^[A-Za-z][\w.+-]{0,30}$/.test(name)) return { by: "name", name };
  throw new GpioError(`"${text}" names no line. ${FORMS}`);
}

function headerName(text: string): string | null {
  const pin = /^pin\s*(\d{1,3})$/i.exec(text);
  if (pin === null) return null;
  const bears = HEADER[Number(pin[1]) - 1];
  if (bears === undefined) throw new GpioError(`"${text}": the header has pins 1 to 40. ${FORMS}`);
  const other = NO_LINE[bears];
  if (other === undefined) return `GPIO${bears}`;
  throw new GpioError(`"${text}" is no line: on that pin is ${other}. Choose a pin with a GPIO number.`);
}
