import { type LineName, readLineName } from "../../core/line-name.ts";
import { GpioError } from "./gpio.ts";

const FORMS = "Write `pin 11` for a pin of the 40-pin header, `GPIO17`, or `label:offset` such as `pinctrl-rp1:17`.";

/** `headerChip` is the label of the chip that plays the header on another board. Throws a GpioError. */
export function parseLineName(text: string, headerChip: string | null = null): LineName {
  const line = readLineName(text, headerChip);
  if (line.by !== "nothing") return line;
  throw new GpioError(`"${text}" is no line${line.reason === null ? "" : `: ${line.reason}`}. ${FORMS}`);
}
