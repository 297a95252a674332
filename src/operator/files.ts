import { dirname, join } from "node:path";

/** What the operator's page keeps, beside the journal. */
export interface OperatorFiles {
  readonly users: string;
  readonly code: string;
  readonly cert: string;
  readonly key: string;
}

export function operatorFiles(journalPath: string): OperatorFiles {
  const at = (name: string): string => join(dirname(journalPath), name);
  return {
    users: at("operator-users.json"),
    code: at("operator-code.json"),
    cert: at("operator-certificate.pem"),
    key: at("operator-key.pem"),
  };
}
