// Lists and pages by keyboard, and going anywhere with Ctrl-K. Nothing here is needed: every page works without it.

const isTyping = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && (target.isContentEditable || ["INPUT", "TEXTAREA", "SELECT"].includes(target.tagName));

/** Keys of the rows it wraps: j and k or the arrows go through the links marked data-row, x ticks a row's box, ? shows the keys.
 *  An element marked data-key="m" is opened and entered by pressing m. */
class ListKeys extends HTMLElement {
  private readonly listen = (event: KeyboardEvent): void => this.press(event);

  connectedCallback(): void {
    document.addEventListener("keydown", this.listen);
    this.addEventListener("change", () => this.count());
    document.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement && event.target.name === "ids") this.count();
    });
    this.count();
  }

  disconnectedCallback(): void {
    document.removeEventListener("keydown", this.listen);
  }

  private rows(): HTMLAnchorElement[] {
    return [...this.querySelectorAll<HTMLAnchorElement>("a[data-row]")];
  }

  private count(): void {
    const place = document.querySelector<HTMLElement>("[data-chosen]");
    const chosen = this.querySelectorAll("input[name=ids]:checked").length;
    if (place) place.textContent = chosen ? String(chosen) : "";
  }

  private press(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
    const rows = this.rows();
    const at = rows.indexOf(document.activeElement as HTMLAnchorElement);
    const move = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
    if (move !== undefined && rows.length > 0) {
      if (event.key.startsWith("Arrow") && at < 0) return; // the arrows scroll until a row has been entered
      event.preventDefault();
      rows[Math.min(rows.length - 1, Math.max(0, at + move))]?.focus();
    } else if (event.key === "x" && at >= 0) {
      rows[at]?.closest("tr")?.querySelector<HTMLInputElement>("input[name=ids]")?.click();
    } else if (event.key === "?") {
      const dialog = this.querySelector("dialog");
      if (dialog && !dialog.open) dialog.showModal();
    } else if (/^[a-z]$/.test(event.key)) {
      const place = this.querySelector<HTMLElement>(`[data-key="${event.key}"]`);
      if (place) this.enter(place, event);
    }
  }

  private enter(place: HTMLElement, event: KeyboardEvent): void {
    event.preventDefault();
    const details = place.closest("details");
    if (details) details.open = true;
    const inside = place.tagName === "SUMMARY" ? details : place;
    const first = inside?.querySelector<HTMLElement>("input:not([type=hidden]), select, textarea, button");
    (first ?? place).focus();
    place.scrollIntoView({ block: "nearest" });
  }
}

customElements.define("list-keys", ListKeys);

// "/" goes to the list's own search if there is one, else to the search of everything; Ctrl-K always to the latter.
document.addEventListener("keydown", (event) => {
  const everywhere = document.getElementById("search-all");
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && everywhere) {
    event.preventDefault();
    everywhere.focus();
    if (everywhere instanceof HTMLInputElement) everywhere.select();
  } else if (event.key === "/" && !event.ctrlKey && !event.metaKey && !isTyping(event.target)) {
    const own = document.querySelector<HTMLElement>("[data-list-search]") ?? everywhere;
    if (!own) return;
    event.preventDefault();
    own.focus();
  }
});

/** Fetches its own part of the page again every so often while it has `every` (milliseconds), and reloads once the state has changed. */
class PollPart extends HTMLElement {
  private timer = 0;

  connectedCallback(): void {
    const every = Number(this.getAttribute("every") ?? 0);
    if (every > 0) this.timer = window.setInterval(() => void this.fetch(), every);
  }

  disconnectedCallback(): void {
    window.clearInterval(this.timer);
  }

  private async fetch(): Promise<void> {
    const before = this.querySelector("[data-state]")?.getAttribute("data-state");
    try {
      const answer = await fetch(window.location.href, { headers: { "HX-Request": "true" } });
      if (!answer.ok) return;
      this.innerHTML = await answer.text();
    } catch {
      return; // the server is not there for a moment: the next turn asks again
    }
    if (this.querySelector("[data-state]")?.getAttribute("data-state") !== before) window.location.reload();
  }
}

customElements.define("poll-part", PollPart);

/** Shows what the search of everything would find first, under its field, while one types. Enter searches as without it. */
const quickly = (form: HTMLFormElement, field: HTMLInputElement): void => {
  const place = document.createElement("div");
  place.className = "quick card";
  place.hidden = true;
  form.append(place);
  let timer = 0;
  let running: AbortController | null = null;
  const links = (): HTMLAnchorElement[] => [...place.querySelectorAll("a")];
  const close = (): void => { place.hidden = true; };
  const look = async (): Promise<void> => {
    running?.abort();
    const words = field.value.trim();
    if (words.length < 2) return close();
    running = new AbortController();
    try {
      const answer = await fetch(`${form.action}quick/?q=${encodeURIComponent(words)}`, { signal: running.signal });
      if (!answer.ok) return close();
      place.innerHTML = await answer.text();
      place.hidden = document.activeElement !== field && !place.contains(document.activeElement);
    } catch {
      close(); // a newer look, or the server is not there: the form still works
    }
  };
  field.addEventListener("input", () => {
    window.clearTimeout(timer);
    timer = window.setTimeout(() => void look(), 180);
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !place.hidden) {
      event.preventDefault();
      close();
      field.focus();
    }
    if (place.hidden || (event.key !== "ArrowDown" && event.key !== "ArrowUp")) return;
    event.preventDefault();
    const all = links();
    const at = all.indexOf(document.activeElement as HTMLAnchorElement) + (event.key === "ArrowDown" ? 1 : -1);
    (at < 0 ? field : (all[Math.min(at, all.length - 1)] ?? field)).focus();
  });
  form.addEventListener("focusout", (event) => {
    if (!(event.relatedTarget instanceof Node && form.contains(event.relatedTarget))) close();
  });
};

const everything = document.querySelector<HTMLFormElement>("form.search[role=search]");
const searchField = everything?.querySelector<HTMLInputElement>("#search-all");
if (everything && searchField) quickly(everything, searchField);

/** Shows a colour on a button and a link while it is chosen. The contrast that counts is worked out by the server when it is saved. */
class BrandPreview extends HTMLElement {
  connectedCallback(): void {
    const field = this.querySelector<HTMLInputElement>("input[type=color]");
    field?.addEventListener("input", () => {
      this.querySelector<HTMLElement>(".brand-sample")?.style.setProperty("--sample", field.value);
    });
  }
}

customElements.define("brand-preview", BrandPreview);
