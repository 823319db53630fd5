/** Small helpers to build the page. Text only ever becomes text nodes: nothing here parses HTML. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Create an element.
 * @param {string} tag
 * @param {object} props `class`, `on: {event: listener}`, `data: {…}`, properties of the node, or attributes.
 * @param {...(Node|string|number|null|undefined|false|Array)} children
 */
export function h(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) setProperty(node, name, value);
  append(node, children);
  return node;
}

function setProperty(node, name, value) {
  if (value === undefined || value === null || value === false) return;
  if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
  else if (name === "data") Object.assign(node.dataset, value);
  else if (name === "class") node.className = value;
  else if (name.includes("-") || name === "role" || name === "for" || name === "popover") node.setAttribute(name, value === true ? "" : value);
  else if (name in node) node[name] = value;
  else node.setAttribute(name, value === true ? "" : value);
}

/** Append children, flattening lists and dropping empty ones; strings become text nodes. */
export function append(node, ...children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    node.append(child instanceof Node ? child : String(child));
  }
  return node;
}

export function fragment(...children) {
  return append(document.createDocumentFragment(), ...children);
}

const ICONS = {
  hash: "M6 3 4.5 17M14.5 3 13 17M3 7.5h14M2.5 12.5h14",
  lock: "M5 9h10v8H5zM7 9V6a3 3 0 0 1 6 0v3",
  close: "m5 5 10 10M15 5 5 15",
  back: "M12 4 6 10l6 6",
  down: "m5 8 5 5 5-5",
  more: "M4 10h.01M10 10h.01M16 10h.01",
  thread: "M3 4h14v10H9l-4 3v-3H3zM6.5 7.5h7M6.5 10.5h4",
  link: "M8 12a3 3 0 0 0 4.2 0l3-3A3 3 0 0 0 11 4.800l-1 1M12 8a3 3 0 0 0-4.200 0l-3 3A3 3 0 0 0 9 15.200l1-1",
  pin: "M7 3h6l-1 6 3 3H5l3-3zM10 12v5",
  send: "M3 4l14 6-14 6 2-6zM5 10h7",
  bolt: "M11 2 4 12h5l-1 6 7-10h-5z",
  people: "M7.500 9.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 17c0-3.500 2-5.500 5.500-5.500S13 13.500 13 17M13 4a3 3 0 0 1 0 5.500M14.500 12c2.500.5 3.500 2.300 3.500 5",
  bookmark: "M6 3h8v14l-4-3.500L6 17z",
  pause: "M7 4v12M13 4v12",
  next: "M4 4v12l8-6zM15 4v12",
  menu: "M3 5h14M3 10h14M3 15h14",
  check: "m4 10.500 4 4 8-9",
  search: "M9 14.500a5.500 5.500 0 1 0 0-11 5.500 5.500 0 0 0 0 11zM13 13l4.500 4.500",
  file: "M5 2h7l4 4v12H5zM12 2v4h4",
  plus: "M10 4v12M4 10h12",
  canvas: "M4 3h12v14H4zM7 7h6M7 10h6M7 13h4",
  edit: "M4 16l1-4 8-8 3 3-8 8zM12 5l3 3",
  up: "m5 12 5-5 5 5",
  trash: "M4 6h12M8 6V4h4v2M6 6l1 11h6l1-11",
  info: "M10 17.500a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM10 9v5M10 6.200v.1",
  eye: "M2 10s3-5 8-5 8 5 8 5-3 5-8 5-8-5-8-5zM10 12a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  home: "M3 9.500 10 3l7 6.500V17h-5v-5H8v5H3z",
};

/** A line icon, hidden from screen readers: its button carries the label. */
export function icon(name, size = 18) {
  const svg = document.createElementNS(SVG, "svg");
  const shape = { viewBox: "0 0 20 20", width: size, height: size, "aria-hidden": "true", class: `icon icon-${name}` };
  for (const [key, value] of Object.entries(shape)) svg.setAttribute(key, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button that shows only an icon. */
export function iconButton(name, label, onClick, extra = {}) {
  return h("button", { type: "button", "aria-label": label, title: label, ...extra, class: `icon-button ${extra.class ?? ""}`, on: { click: onClick } }, icon(name));
}

/**
 * Make `container` show `items`, keeping the nodes of those that did not change, so that focus, scroll and typed
 * text survive an update.
 */
export function reconcile(container, items, { key, signature, render }) {
  const wanted = new Set(items.map(key));
  for (const node of [...container.children]) if (!wanted.has(node.dataset.key)) node.remove();
  const kept = new Map([...container.children].map((node) => [node.dataset.key, node]));
  let cursor = container.firstElementChild;
  for (const item of items) {
    const id = key(item);
    const mark = signature(item);
    let node = kept.get(id);
    if (!node || node.reconcileMark !== mark) {
      const fresh = render(item, node);
      fresh.dataset.key = id;
      fresh.reconcileMark = mark;
      if (node) {
        if (cursor === node) cursor = fresh;
        node.replaceWith(fresh);
      }
      node = fresh;
    }
    if (node === cursor) cursor = cursor.nextElementSibling;
    else container.insertBefore(node, cursor);
  }
}
