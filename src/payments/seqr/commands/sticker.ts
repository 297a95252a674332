import { writeFileSync } from "node:fs";
import qrcode from "qrcode";
import { CliError, UsageError } from "../../../platform/console/failure.ts";
import { print, printPicture, told } from "../../../platform/console/print.ts";
import type { SeqrKit } from "../config.ts";

export interface StickerOptions {
  readonly config: string;
  readonly position: string;
  readonly format: string;
  readonly out?: string;
}

/** Level M and a quiet zone of four modules, as the service's print guideline asks for, with room to cut. */
const SYMBOL = { errorCorrectionLevel: "M", margin: 4 } as const;
const PNG_MODULE_PX = 16;

export async function sticker(options: StickerOptions, kit: SeqrKit): Promise<void> {
  const { positions } = kit.load(options.config, "read");
  const position = positions.find(({ id }) => id === options.position);
  if (position === undefined) throw new UsageError(`--position: there is no position "${options.position}"`);
  const { seqrId } = position.own;
  if (seqrId === undefined) {
    throw new CliError(`Position ${position.id} has no seqrId in the configuration: put the id of its code there.`);
  }
  const text = `HTTP://SEQR.SE/Q${seqrId}`;
  switch (options.format) {
    case "terminal":
      printPicture(await qrcode.toString(text, { ...SYMBOL, type: "terminal", small: true }));
      print(told`${text}`);
      return;
    case "svg":
      writeOut(options, await qrcode.toString(text, { ...SYMBOL, type: "svg" }));
      return;
    case "png":
      writeOut(options, await qrcode.toBuffer(text, { ...SYMBOL, type: "png", scale: PNG_MODULE_PX }));
      return;
    default:
      throw new UsageError(`--format: expected terminal, svg or png, not "${options.format}"`);
  }
}

function writeOut({ out }: StickerOptions, content: string | Buffer): void {
  if (out === undefined) {
    process.stdout.write(content);
    return;
  }
  writeFileSync(out, content);
  print(told`Written to ${out}.`);
}
