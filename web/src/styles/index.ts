/** The element's style sheets; adopted by its shadow root, so that no page policy stands in their way. */

import type { CSSResult } from "lit";
import { base } from "./base";
import { chat } from "./chat";
import { text } from "./text";
import { widgets } from "./widgets";

export const styles: CSSResult[] = [base, chat, text, widgets];
