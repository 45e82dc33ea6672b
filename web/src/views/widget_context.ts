/** Context for the widgets of a view. */

import { renderWidget } from "../widgets";
import { markdown } from "./rich_text";
import type { View } from "./view";

type Context = Parameters<typeof renderWidget>[1];

export function widgetContext(view: View, own: Pick<Context, "isBusy" | "act">): Context {
  return {
    scheme: view.scheme,
    words: view.locale.words,
    language: view.locale.tag,
    mayLoad: view.mayLoad,
    markdown: (text) => markdown(view, text),
    ...own,
  };
}
