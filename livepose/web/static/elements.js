// The elements of the page: found, made, and changed only where they are not so already.

export const element = (id) => document.getElementById(id);

export function make(name, text, properties = {}) {
  return Object.assign(document.createElement(name), { textContent: text, ...properties });
}

export function setText(id, text) {
  const target = element(id);
  if (target.textContent !== text) target.textContent = text;
}

// Replaces the items of a list, but only if they have changed.
export function setItems(list, items, makeItem) {
  const key = JSON.stringify(items);
  if (list.dataset.key === key) return;
  list.dataset.key = key;
  list.replaceChildren(...items.map(makeItem));
}

// A name such as left_knee, as people read it.
export function words(name) {
  const text = name.replaceAll("_", " ");
  return text[0].toUpperCase() + text.slice(1);
}

// What a person is called; who was not tracked has no id.
export function personName(id) {
  return id ? `Person ${id}` : "Person without id";
}
