/** Keeps a form while it is typed: sends what is there, and lets questions come and go by what the server makes of it. */
class SaveAsTyped extends HTMLElement {
  private timer = 0;
  private running: AbortController | null = null;

  connectedCallback(): void {
    if (!this.querySelector("[data-saved]")) return;
    this.addEventListener("input", (event) => {
      if (!(event.target instanceof HTMLInputElement && event.target.type === "file")) this.wait(900);
    });
    this.addEventListener("change", (event) => {
      if (event.target instanceof HTMLInputElement && ["radio", "checkbox"].includes(event.target.type)) this.wait(50);
      else if (event.target instanceof HTMLSelectElement && !event.target.name.startsWith("person:")) this.wait(50);
    });
    this.closest("form")?.addEventListener("submit", () => window.clearTimeout(this.timer));
  }

  private wait(milliseconds: number): void {
    const verb = this.querySelector<HTMLButtonElement>("button[name=verb]")?.value;
    if (verb === "change" || verb === "complete") return; // what is done changes only when it is sent
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(() => void this.save(), milliseconds);
  }

  private async save(): Promise<void> {
    const form = this.closest("form");
    if (!form) return;
    this.running?.abort();
    this.running = new AbortController();
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    body.set("verb", "autosave");
    try {
      const answer = await fetch(window.location.pathname, { method: "POST", body, signal: this.running.signal });
      if (answer.ok && !answer.redirected) this.follow(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch (problem) {
      if (!(problem instanceof DOMException || problem instanceof TypeError)) throw problem; // gone or offline: the button still saves
    }
  }

  /** Questions that are asked now come in, those that are not go; what somebody is typing in is left alone. */
  private follow(fresh: Document): void {
    const saved = fresh.querySelector("[data-saved]");
    const place = this.querySelector("[data-saved]");
    if (saved && place) place.textContent = saved.textContent;
    const wanted = [...fresh.querySelectorAll<HTMLElement>("[data-q]")];
    const keys = new Set(wanted.map((block) => block.dataset["q"]));
    for (const block of this.querySelectorAll<HTMLElement>("[data-q]")) if (!keys.has(block.dataset["q"])) block.remove();
    let before: HTMLElement | null = null;
    for (const block of wanted) {
      const here = this.block(block.dataset["q"] ?? "");
      if (here) this.renew(here, block);
      else this.put(block, before);
      before = this.block(block.dataset["q"] ?? "");
    }
  }

  private block(key: string): HTMLElement | null {
    return this.querySelector<HTMLElement>(`[data-q="${CSS.escape(key)}"]`);
  }

  private put(block: HTMLElement, before: HTMLElement | null): void {
    const section = block.parentElement?.closest<HTMLElement>("[data-q]")?.dataset["q"];
    const inside = section === undefined ? this.querySelector<HTMLElement>(".form-part:not([data-q])") : this.block(section);
    const copy = document.importNode(block, true);
    if (before && (before.parentElement === inside || !inside)) before.after(copy);
    else if (inside && !block.classList.contains("form-part")) {
      const first = inside.querySelector(":scope > .question");
      if (first) first.before(copy);
      else inside.append(copy);
    } else (before?.closest(".form-part") ?? this.querySelector(".form-part"))?.after(copy);
  }

  private renew(here: HTMLElement, fresh: HTMLElement): void {
    if (here.classList.contains("form-part") && !here.querySelector(":scope > input[name^=w_]")) return;
    const mark = here.querySelector<HTMLInputElement>(":scope > input[name^=w_]");
    const now = fresh.querySelector<HTMLInputElement>(":scope > input[name^=w_]");
    if (mark && now) mark.value = now.value;
    const rows = [...here.querySelectorAll<HTMLElement>(".row-fields")];
    const freshRows = [...fresh.querySelectorAll<HTMLElement>(".row-fields")];
    if (rows.length !== freshRows.length) return; // a blank row is not kept: the numbers differ until it is filled
    for (const [at, row] of rows.entries()) {
      const wanted = freshRows[at];
      if (wanted) this.renewRow(row, wanted);
    }
    const counted = [...fresh.querySelectorAll("[data-calculated]")];
    for (const [at, output] of [...here.querySelectorAll("[data-calculated]")].entries()) {
      if (counted[at]) output.textContent = counted[at].textContent;
    }
  }

  private renewRow(row: HTMLElement, fresh: HTMLElement): void {
    const keys = [...fresh.children].map((field) => field.getAttribute("data-in"));
    for (const field of [...row.children]) if (!keys.includes(field.getAttribute("data-in"))) field.remove();
    for (const [at, field] of [...fresh.children].entries()) {
      const here = row.children[at];
      if (here?.getAttribute("data-in") === field.getAttribute("data-in")) continue;
      row.insertBefore(document.importNode(field, true), here ?? null);
    }
  }
}

customElements.define("save-as-typed", SaveAsTyped);
