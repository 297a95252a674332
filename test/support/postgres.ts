import { execFile, spawn } from "node:child_process";
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { needs } from "./components.ts";

const VERSIONS = "/usr/lib/postgresql";
const run = promisify(execFile);

/** The newest of Debian's versions that has a server. */
function binaries(): string {
  const versions = existsSync(VERSIONS) ? readdirSync(VERSIONS) : [];
  const newest = versions.toSorted((one, other) => Number(other) - Number(one))[0];
  return join(VERSIONS, newest ?? "", "bin");
}

/** Whether Debian's PostgreSQL is here. In CI it must be. */
export function hasPostgres(): boolean {
  return needs("postgresql", join(binaries(), "postgres"));
}

export interface Postgres {
  /** As libpq takes it. */
  readonly database: string;
  /** Rows of a query, values as text. */
  query(sql: string): Promise<readonly (readonly string[])[]>;
  /** Runs a file of statements. */
  apply(file: string): Promise<void>;
  close(): Promise<void>;
}

/** A server of its own on a socket in a folder of its own. Root is not let run one, so it is Debian's user then. */
export async function postgres(): Promise<Postgres> {
  const folder = mkdtempSync(join(tmpdir(), "kioskd-postgres-"));
  const isRoot = userInfo().uid === 0;
  if (isRoot) {
    const { stdout } = await run("id", ["-u", "postgres"]);
    chownSync(folder, Number(stdout), 0);
  }
  const own = (program: string): readonly string[] =>
    isRoot ? ["-u", "postgres", "--", join(binaries(), program)] : [];
  const starter = (program: string): string => (isRoot ? "runuser" : join(binaries(), program));
  const data = join(folder, "data");
  const asked = ["-D", data, "-U", "postgres", "--auth=trust", "--encoding=UTF8", "--no-sync"];
  await run(starter("initdb"), [...own("initdb"), ...asked]);
  const POSTGRES = starter("postgres");
  const args = [...own("postgres"), "-D", data, "-k", folder, "-c", "listen_addresses="];
  const server = spawn(POSTGRES, args, { stdio: "ignore" });
  const ended = new Promise<void>((resolve) => server.once("exit", () => resolve()));
  const database = `host=${folder} user=postgres dbname=postgres`;
  const psql = async (...args: readonly string[]): Promise<string> =>
    (await run("psql", ["-d", database, "-v", "ON_ERROR_STOP=1", "-X", "-q", ...args])).stdout;
  for (let attempt = 0; ; attempt++) {
    try {
      await psql("-c", "SELECT 1");
      break;
    } catch (error) {
      if (attempt === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  return {
    database,
    query: async (sql) => {
      const text = await psql("-A", "-t", "-F", "\t", "-c", sql);
      return text
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => line.split("\t"));
    },
    apply: async (file) => {
      await psql("-f", file);
    },
    close: async () => {
      const stop = [...own("pg_ctl"), "-D", data, "-m", "immediate", "stop"];
      await run(starter("pg_ctl"), stop).catch(() => server.kill("SIGKILL"));
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
