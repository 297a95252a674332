import { z } from "zod";
import { UNIT_NAMES } from "../../core/quantity.ts";

/** What several messages say with the same word, which then means the same. */

/** A number in a string, so that no reader rounds it. */
export const decimal = z.string().regex(/^[0-9]+([.][0-9]+)?$/);
/** ISO 8601 in UTC. */
export const time = z.iso.datetime();

export const amount = decimal.describe("What the quantity costs, with tax.");
export const amountMinor = z.int().describe("In minor units of the currency.");
export const atMs = z.int().describe("When it happened, in milliseconds since 1970 (UTC).");
export const currency = z.string().describe("ISO 4217.");
export const detail = z.string().describe("In words, for people.");
export const position = z.string().describe("Its id.");
export const quantity = decimal.describe("What was delivered, in `unit`.");
export const saleId = z.string().describe("Of the sale; unique for ever.");
export const sku = z.string().describe("The product's number.");
export const unit = z.string().describe(`Of the quantity: ${UNIT_NAMES.map((name) => `\`${name}\``).join(", ")}.`);
export const unitPrice = decimal.describe("For one unit, with tax.");

/** The value that tells one kind of a message from the others, and what this kind means. */
export function kind<const T extends string | boolean>(value: T, meaning: string) {
  return z.literal(value).describe(meaning);
}
