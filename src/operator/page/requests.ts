import type { Waiting } from "../../ports/operator.ts";
import type { Totals, TotalsBy } from "../../ports/sales-history.ts";
import type { Role } from "../account/users.ts";
import type { Now } from "../routes/now.ts";
import type { ListedSale, ShownSale } from "../routes/sales.ts";

export interface Account {
  readonly user: string;
  readonly role: Role;
  readonly csrf: string;
  readonly kiosk: {
    readonly name: string;
    readonly id: string;
    readonly currency: string;
    readonly timezone: string;
    readonly locales: readonly string[];
  };
}

/** `lost`: no answer came, and nobody knows whether it was done. `out`: not signed in any more. */
export type Answer<T> =
  | { readonly kind: "ok"; readonly value: T }
  | { readonly kind: "refused"; readonly reason: string }
  | { readonly kind: "out" }
  | { readonly kind: "lost" };

const LOOK_MS = 35_000;
/** A refund asks the payment service, perhaps several times. */
const ORDER_MS = 120_000;

let csrf = "";

export function useCsrf(token: string): void {
  csrf = token;
}

/** @param isLooking the page asks by itself: it keeps no session alive */
async function look<T>(path: string, isLooking = false): Promise<Answer<T>> {
  return await ask(path, {
    headers: isLooking ? { "x-kioskd-looking": "1" } : {},
    signal: AbortSignal.timeout(LOOK_MS),
  });
}

async function post<T>(path: string, body: object): Promise<Answer<T>> {
  const headers = { "content-type": "application/json", "x-kioskd-csrf": csrf };
  return await ask(path, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ORDER_MS),
  });
}

async function ask<T>(path: string, init: RequestInit): Promise<Answer<T>> {
  try {
    const response = await fetch(path, init);
    if (response.status === 204) return { kind: "ok", value: undefined as T };
    const body: unknown = await response.json();
    if (response.ok) return { kind: "ok", value: body as T };
    const isSigningIn = path === "/api/sign-in" || path === "/api/password";
    if (response.status === 401 && !isSigningIn) return { kind: "out" };
    return { kind: "refused", reason: String((body as { error?: unknown }).error ?? response.status) };
  } catch {
    return { kind: "lost" };
  }
}

export const account = () => look<Account>("/api/account");
export const signIn = (user: string, password: string) => post<Account>("/api/sign-in", { user, password });
export const setPassword = (code: string, password: string) => post<Account>("/api/password", { code, password });
export const signOut = () => post<undefined>("/api/sign-out", {});
export const now = () => look<Now>("/api/now", true);
export const attention = () => look<readonly Waiting[]>("/api/attention", true);
export const totals = (by: TotalsBy) => look<Totals>(`/api/totals?by=${by}`);
export const sale = (id: string) => look<ShownSale>(`/api/sales/${encodeURIComponent(id)}`);
export const order = (name: string, body: object) => post<{ readonly ok: true }>(`/api/orders/${name}`, body);
export const refund = (id: string, body: { amount: string; reason: string; key: string }) =>
  post<{ readonly unclear?: string }>(`/api/sales/${encodeURIComponent(id)}/refund`, body);
export const settleRefund = (id: string, made: boolean) =>
  post<{ readonly ok: true }>(`/api/sales/${encodeURIComponent(id)}/settle-refund`, { made });

export interface SalesFilter {
  readonly from: string;
  readonly until: string;
  readonly position: string;
  readonly outcome: string;
}

export interface SalesList {
  readonly sales: readonly ListedSale[];
  readonly next: number | null;
}

export function sales(filter: SalesFilter, before: number | null): Promise<Answer<SalesList>> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...filter, before: before === null ? "" : String(before) })) {
    if (value !== "") query.set(name, value);
  }
  return look(`/api/sales?${query}`);
}

/** Of a question that may be answered twice. */
export function newKey(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => (byte % 36).toString(36)).join("");
}
