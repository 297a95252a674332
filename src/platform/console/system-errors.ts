/** What Node tells of a system call that failed. */
interface SystemError extends Error {
  readonly code: string;
  readonly syscall: string;
  readonly path?: string;
  readonly address?: string;
  readonly hostname?: string;
  readonly port?: number;
}

function isOfSystem(error: Error): error is SystemError {
  return "code" in error && typeof error.code === "string" && "syscall" in error && typeof error.syscall === "string";
}

/** A refusal of the system as a sentence with what to do; null for an error that is no such thing. */
export function systemSentence(error: Error): string | null {
  if (!isOfSystem(error)) return null;
  const { code, syscall, path, address, hostname, port } = error;
  const where =
    path ?? hostname ?? (address === undefined ? null : `${address}${port === undefined ? "" : `:${port}`}`);
  if (syscall === "listen" || syscall === "bind")
    return `${where ?? "The address"} cannot be listened on: ${listening(code)}.`;
  return `${where ?? syscall}: ${REASONS[code] ?? `${error.message}`}.`;
}

function listening(code: string): string {
  switch (code) {
    case "EADDRINUSE":
      return "another program listens there. `ss -ltnp` says which: end it, or write another port";
    case "EADDRNOTAVAIL":
      return "this machine has no such address. `ip address` lists those that it has";
    case "EACCES":
      return "a port below 1024 is root's. Write a higher one";
    default:
      return code;
  }
}

const NOT_LOADED = ["MODULE_NOT_FOUND", "ERR_MODULE_NOT_FOUND", "ERR_DLOPEN_FAILED"];
/** The package's name in what Node, node-gyp-build and bindings say. */
const PACKAGES = [
  /Cannot find (?:module|package) '((?:@[\w.-]+\/)?\w[\w.-]*)/,
  /node_modules\/((?:@[\w.-]+\/)?\w[\w.-]*)/,
];

/** A package that does not load here, as a sentence with what to do; null for any other error. */
export function packageSentence(error: Error): string | null {
  const isOne = "code" in error && NOT_LOADED.includes(String(error.code));
  if (!isOne && !/^No native build was found|^Could not locate the bindings file/.test(error.message)) return null;
  const name = PACKAGES.map((each) => each.exec(error.message)?.[1]).find((each) => each !== undefined);
  return name === undefined ? null : notLoaded(name, error);
}

/** What npm compiled for one machine and one version of Node. */
export function notLoaded(name: string, error: unknown): string {
  const [reason] = (error instanceof Error ? error.message : String(error)).split("\n");
  return `the package ${name} does not load with Node ${process.version}: run \`npm rebuild ${name}\` where kioskd is installed (${reason})`;
}

const REASONS: Readonly<Record<string, string>> = {
  EACCES: "this user may not. Check owner, group and mode with `ls -l`, and the groups with `id`",
  EPERM: "this user may not. Check owner, group and mode with `ls -l`, and the groups with `id`",
  ENOENT: "there is no such file. Check the path",
  ENOTDIR: "a part of the path is no folder. Check the path",
  EISDIR: "this is a folder. Name a file in it",
  EEXIST: "this is there already. Name another one, or move it away",
  ENOSPC: "the disk is full. `df -h` says which, `du -xh / | sort -h` what fills it",
  EDQUOT: "this user's share of the disk is full",
  EFBIG: "the file may not become larger. `ulimit -f` says how large",
  EROFS: "the disk is mounted read-only. `dmesg` says why; a failing card does that too",
  EIO: "the disk cannot be read or written. `dmesg` says more; it may be failing",
  EMFILE: "too many files are open. Raise LimitNOFILE of the unit",
  ENOTFOUND: "no such host is known. Check the name and the network",
  EAI_AGAIN: "the name server does not answer. Check the network",
  ECONNREFUSED: "nobody listens there. Check address and port",
  ETIMEDOUT: "no answer came. Check address and network",
  EHOSTUNREACH: "no way leads there. Check address and network",
  ENETUNREACH: "no way leads there. Check address and network",
};
