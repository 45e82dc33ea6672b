/** Speaking instead of typing: the server writes down what was said. */

import { type TemplateResult, html, nothing } from "lit";
import { icon } from "./icons";
import type { View } from "./view";

export function dictation(view: View): TemplateResult | typeof nothing {
  if (!view.options.composer?.dictation?.enabled) return nothing;
  const recorder = view.ui.get("recorder") as MediaRecorder | undefined;
  const label = recorder ? view.locale.words.dictateStop : view.locale.words.dictate;
  return html`<button class="quiet" type="button" aria-label=${label} title=${label} aria-pressed=${Boolean(recorder)}
    @click=${() => toggleDictation(view)}>${icon(recorder ? "stop" : "microphone")}</button>`;
}

/** Begin to listen, or write down what was heard. */
export function toggleDictation(view: View): void {
  const recorder = view.ui.get("recorder") as MediaRecorder | undefined;
  if (recorder) recorder.stop();
  else void record(view);
}

async function record(view: View): Promise<void> {
  let microphone: MediaStream;
  try {
    microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  } catch {
    return view.say(view.locale.words.noMicrophone);
  }
  const recorder = new MediaRecorder(microphone);
  const parts: Blob[] = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = async () => {
    for (const track of microphone.getTracks()) track.stop();
    view.ui.delete("recorder");
    view.redraw();
    await view.draft.dictate(new Blob(parts, { type: recorder.mimeType }));
  };
  view.ui.set("recorder", recorder);
  recorder.start();
  view.redraw();
}
