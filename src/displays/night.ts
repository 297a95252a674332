/** Minutes from midnight; a night may go past it, and is none where both are the same. */
interface Night {
  readonly fromMinute: number;
  readonly toMinute: number;
}

function isNight({ fromMinute, toMinute }: Night, minute: number): boolean {
  if (fromMinute <= toMinute) return minute >= fromMinute && minute < toMinute;
  return minute >= fromMinute || minute < toMinute;
}

/** How a screen looks: by day, by night, and the owner's colour as `#rrggbb`. Minutes count in the machine's time. */
export interface Look {
  readonly theme: "light" | "dark" | "by-time";
  readonly night: Night;
  readonly colour: string | null;
}

export const PLAIN_LOOK: Look = { theme: "light", night: { fromMinute: 0, toMinute: 0 }, colour: null };

/** Light or dark at a minute of the day. */
export function themeAt({ theme, night }: Look, minute: number): "light" | "dark" {
  if (theme !== "by-time") return theme;
  return isNight(night, minute) ? "dark" : "light";
}
