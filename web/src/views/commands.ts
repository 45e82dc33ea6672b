/** Commands of the composer, behind "/". */

import { beginMention, chooseTool, pickFiles } from "./composer";
import { toggleDictation } from "./dictation";
import type { BuiltIn } from "./suggestions";
import type { View } from "./view";

/** Those of the composer's own actions that the page has turned on and whose names contain `query`. */
export function builtIns(view: View, query: string): BuiltIn[] {
  const { composer, entities } = view.options;
  const { words } = view.locale;
  const all: BuiltIn[] = [];
  if (composer?.attachments?.enabled) {
    all.push({ id: "attach", label: words.attach, icon: "paperclip", run: () => pickFiles(view) });
  }
  if (entities?.onTagSearch) {
    all.push({ id: "mention", label: words.mention, icon: "profile", run: () => void beginMention(view) });
  }
  if (composer?.dictation?.enabled) {
    all.push({ id: "dictate", label: words.dictate, icon: "microphone", run: () => toggleDictation(view) });
  }
  for (const { id, label, icon } of composer?.tools ?? []) {
    all.push({ id: `tool ${id}`, label, icon, run: () => chooseTool(view, id) });
  }
  return all.filter(({ label }) => label.toLocaleLowerCase().includes(query.toLocaleLowerCase()));
}
