/** Which files the page lets a message carry. */

import type { ComposerOption } from "@openai/chatkit";
import type { Words } from "../locale/en";

type Rules = NonNullable<ComposerOption["attachments"]>;

const DEFAULT_BYTES = 100 * 1024 * 1024;
const DEFAULT_COUNT = 10;

/** The reason why a file is refused beside `count` others; null when it may be sent. */
export function refusal(file: File, rules: Rules, count: number, words: Words): string | null {
  if (count >= (rules.maxCount ?? DEFAULT_COUNT)) return words.tooMany;
  if (!isAccepted(file, rules.accept)) return words.wrongType;
  return file.size > limitFor(file.type, rules.maxSize) ? words.tooLarge : null;
}

/** The value of a file field's `accept`. */
export function acceptAttribute(accept: Rules["accept"]): string {
  return Object.entries(accept ?? {}).flatMap(([type, endings]) => [type, ...endings]).join(",");
}

function isAccepted(file: File, accept: Rules["accept"]): boolean {
  if (!accept) return true;
  return Object.entries(accept).some(
    ([pattern, endings]) =>
      matches(file.type, pattern) || endings.some((ending) => file.name.toLowerCase().endsWith(ending.toLowerCase())),
  );
}

function limitFor(type: string, limits: Rules["maxSize"]): number {
  if (typeof limits !== "object") return limits ?? DEFAULT_BYTES;
  const named = Object.entries(limits).find(([pattern]) => pattern && pattern !== "*" && matches(type, pattern));
  return named?.[1] ?? limits["*"] ?? limits[""] ?? DEFAULT_BYTES;
}

function matches(type: string, pattern: string): boolean {
  return pattern === "*/*" || pattern === type || (pattern.endsWith("/*") && type.startsWith(pattern.slice(0, -1)));
}
