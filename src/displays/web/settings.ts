import type { Look } from "../night.ts";
import type { Panel } from "../panel.ts";

export interface WebDisplaySettings {
  readonly host: string;
  /** 0 takes any free port; `url` tells which. */
  readonly port: number;
  /** Required when `host` is not a loopback address. */
  readonly token: string | null;
  /** The first is the page's language until the customer chooses another. */
  readonly locales: readonly string[];
  readonly kioskName: string;
  /** What to do or whom to call when something is wrong; on the screen as it stands here. */
  readonly support: string | null;
  readonly panel: Pick<Panel, "widthPx" | "heightPx" | "widthMm" | "heightMm"> | null;
  readonly readingDistanceMm: number;
  readonly look: Look;
  /** The file of the owner's sign. */
  readonly logo: string | null;
  /** In which receipts tell the time; the machine's own where null. */
  readonly timezone: string | null;
  /** A folder of pictures that the idle screen shows in turn. */
  readonly slides: string | null;
  /** How dark the screen becomes, in percent of its brightness, when nobody has touched it for so long. */
  readonly dim: { readonly afterMs: number; readonly percent: number } | null;
  /** Where the built page stands, with a trailing slash; beside this module unless told. */
  readonly pageRoot?: URL;
}
