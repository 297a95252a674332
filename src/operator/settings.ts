import type { TlsPair } from "../platform/certificates/pair.ts";

export interface OperatorSettings {
  readonly host: string;
  /** 0 takes any free port; `url` tells which. */
  readonly port: number;
  /** Required when `host` is not a loopback address. */
  readonly tls: TlsPair | null;
  /** Names by which browsers may call this machine, beside its addresses. */
  readonly names: readonly string[];
  /** A session that nobody uses ends after so long. */
  readonly idleMs: number;
  readonly usersFile: string;
  readonly codeFile: string;
  /** Where the built page stands, with a trailing slash; beside this module unless told. */
  readonly pageRoot?: URL;
}
