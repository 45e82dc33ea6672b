/** Keys, and the input methods that compose words with them. */

/** Key code that browsers report for a key that went to an input method. */
const PROCESSED = 229;

/**
 * True for a key that belongs to a composition: Enter confirms the word, Escape drops it, arrows choose. Safari ends the
 * composition before the Enter that ended it, so only the key code identifies that key.
 */
export function isComposing(event: KeyboardEvent): boolean {
  return event.isComposing || event.keyCode === PROCESSED;
}

/** A handler that is spared such keys. Every handler of keys in this element is one. */
export function onKey(handle: (event: KeyboardEvent) => void): (event: KeyboardEvent) => void {
  return (event) => {
    if (!isComposing(event)) handle(event);
  };
}

/** For the whole element: such an Enter submits no form either, which browsers do by themselves in a line of text. */
export function keepComposing(event: KeyboardEvent): void {
  if (event.key === "Enter" && isComposing(event) && event.target instanceof HTMLInputElement) event.preventDefault();
}
