import type { ComponentChildren, VNode } from "preact";

/** Line drawings on a field of 64 by 64, in the colour of the text; what they mean stands beside them in words. */
const DRAWINGS = {
  app: (
    <>
      <rect x="18" y="4" width="28" height="56" rx="6" />
      <rect class="solid" x="25" y="24" width="14" height="14" rx="4" />
      <path d="M29 53h6" />
    </>
  ),
  scan: (
    <>
      <rect x="4" y="10" width="26" height="44" rx="5" />
      <path d="M14 48h6M30 22l8-6M30 42l8 6" />
      <path class="solid" d="M42 14h8v8h-8zM54 14h6v6h-6zM42 26h6v6h-6zM52 26h8v10h-8zM42 38h8v12h-8zM54 42h6v8h-6z" />
    </>
  ),
  confirm: (
    <>
      <rect x="14" y="4" width="36" height="56" rx="6" />
      <path class="strong" d="M23 32l7 8 12-16" />
    </>
  ),
  fuel: (
    <>
      <path d="M8 58h32M12 58V12a6 6 0 0 1 6-6h12a6 6 0 0 1 6 6v46M36 34h4a5 5 0 0 1 5 5v9a5 5 0 0 0 10 0V24L44 13" />
      <rect x="18" y="14" width="12" height="12" rx="2" />
    </>
  ),
  charging: (
    <>
      <path d="M22 6v12M42 6v12M32 46v14" />
      <path d="M14 18h36v10a18 18 0 0 1-36 0z" />
    </>
  ),
  vending: (
    <>
      <rect x="10" y="4" width="44" height="56" rx="5" />
      <rect x="16" y="11" width="22" height="30" rx="2" />
      <path d="M16 26h22M27 11v30M45 14v4M45 24v4M18 51h18" />
    </>
  ),
  other: (
    <>
      <circle cx="32" cy="32" r="26" />
      <path class="solid" d="M26 20l20 12-20 12z" />
    </>
  ),
  done: (
    <>
      <circle cx="32" cy="32" r="26" />
      <path class="strong" d="M20 33l8 9 16-19" />
    </>
  ),
  notDone: (
    <>
      <circle cx="32" cy="32" r="26" />
      <path class="strong" d="M22 22l20 20M42 22L22 42" />
    </>
  ),
  clock: (
    <>
      <circle cx="32" cy="32" r="26" />
      <path class="strong" d="M32 16v17l11 7" />
    </>
  ),
  review: (
    <>
      <circle cx="27" cy="27" r="20" />
      <path class="strong" d="M42 42l16 16" />
    </>
  ),
  warning: (
    <>
      <path d="M32 6l28 50H4z" />
      <path class="strong" d="M32 25v15M32 48v1" />
    </>
  ),
  closed: (
    <>
      <circle cx="32" cy="32" r="26" />
      <path class="strong" d="M18 32h28" />
    </>
  ),
  unconnected: (
    <>
      <path d="M6 26a38 38 0 0 1 52 0M15 36a25 25 0 0 1 34 0M24 46a12 12 0 0 1 16 0" />
      <path class="strong" d="M10 58L54 6" />
    </>
  ),
  stop: <path class="solid" d="M21 4h22l17 17v22L43 60H21L4 43V21z" />,
  cancel: <path class="strong" d="M14 14l36 36M50 14L14 50" />,
  back: <path class="strong" d="M58 32H8M28 12L8 32l20 20" />,
  language: (
    <>
      <circle cx="32" cy="32" r="27" />
      <path d="M5 32h54M32 5c-18 16-18 38 0 54M32 5c18 16 18 38 0 54" />
    </>
  ),
  contrast: (
    <>
      <circle cx="32" cy="32" r="27" />
      <path class="solid" d="M32 5a27 27 0 0 1 0 54z" />
    </>
  ),
  large: <path class="strong" d="M4 54L24 8h2l20 46M11 40h28M54 12v16M46 20h16" />,
  phone: <path d="M18 6l8 14-6 6c4 8 10 14 18 18l6-6 14 8c0 8-6 12-12 12C26 58 6 38 6 18 6 12 10 6 18 6z" />,
} as const satisfies Readonly<Record<string, ComponentChildren>>;

export type PictureName = keyof typeof DRAWINGS;

export function Picture({ name, ...rest }: { name: PictureName } & Readonly<Record<string, unknown>>): VNode {
  return (
    <svg class="picture" viewBox="0 0 64 64" aria-hidden="true" {...rest}>
      {DRAWINGS[name]}
    </svg>
  );
}
