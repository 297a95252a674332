/** Why a program could not be started, in words that follow its name and say what to do where that is known. */
export function notStarted(error: Error, debianPackage: string | null = null): string {
  const code = "code" in error ? error.code : undefined;
  if (code === "EACCES") return "may not be run by this user";
  if (code !== "ENOENT") return `cannot be started: ${error.message}`;
  return debianPackage === null ? "is not installed" : `is not installed (Debian: apt install ${debianPackage})`;
}
