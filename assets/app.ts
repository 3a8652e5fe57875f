// The few things that pages do beyond plain HTML. Everything here is a convenience: each page works without it.
import "./passkeys";

import "./drag-days";
import "./list-keys";
import "./save-as-typed";
import "./signing";

/** Submits the filter form it wraps when a choice changes. */
class AutoSubmit extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("change", (event) => {
      const control = event.target;
      // What is typed is sent by Enter: leaving a text field must not take the page away.
      const isTyped = control instanceof HTMLInputElement && ["text", "search"].includes(control.type);
      if (control instanceof HTMLSelectElement || (control instanceof HTMLInputElement && !isTyped)) control.form?.requestSubmit();
    });
  }
}

/** Copies the text of the element named by `from`, and says so. */
class CopyText extends HTMLElement {
  connectedCallback(): void {
    const button = this.querySelector("button");
    button?.addEventListener("click", async () => {
      const source = document.getElementById(this.getAttribute("from") ?? "");
      await navigator.clipboard.writeText(source?.textContent?.trim() ?? "");
      const status = this.querySelector("[role=status]");
      if (status) status.textContent = this.getAttribute("said") ?? "";
    });
  }
}

/** Opens and closes the dialog named by `for`, where the browser has no invoker commands. */
class OpenDialog extends HTMLElement {
  connectedCallback(): void {
    this.addEventListener("click", () => {
      const dialog = document.getElementById(this.getAttribute("for") ?? "");
      if (dialog instanceof HTMLDialogElement && !dialog.open) dialog.showModal();
    });
  }
}

/** Lints a playbook while it is typed: posts the editor's text and shows the answer. */
class LintAsTyped extends HTMLElement {
  private timer = 0;
  private running: AbortController | null = null;

  connectedCallback(): void {
    const area = this.querySelector("textarea");
    area?.addEventListener("input", () => {
      window.clearTimeout(this.timer);
      this.timer = window.setTimeout(() => void this.lint(area), 350);
    });
    this.addEventListener("click", (event) => {
      const target = event.target;
      const link = target instanceof Element ? target.closest("a[data-line]") : null;
      if (!link || !area) return;
      event.preventDefault();
      const line = Number(link.getAttribute("data-line"));
      const start = area.value.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
      area.focus();
      area.setSelectionRange(start, start);
      area.scrollTop = (line - 6) * Number.parseFloat(getComputedStyle(area).lineHeight);
    });
  }

  private async lint(area: HTMLTextAreaElement): Promise<void> {
    this.running?.abort();
    this.running = new AbortController();
    const body = new FormData();
    body.set("source", area.value);
    body.set("csrfmiddlewaretoken", this.closest("form")?.querySelector<HTMLInputElement>("[name=csrfmiddlewaretoken]")?.value ?? "");
    try {
      const answer = await fetch(this.getAttribute("action") ?? "", { method: "POST", body, signal: this.running.signal });
      const place = document.getElementById(this.getAttribute("to") ?? "");
      if (answer.ok && place) place.innerHTML = await answer.text();
    } catch (problem) {
      if (!(problem instanceof DOMException)) throw problem;
    }
  }
}

/** The playbook editor: arrow keys in the outline, problems beside their fields, and nothing typed is lost on the way out. */
class OutlineEditor extends HTMLElement {
  private dirty = false;

  connectedCallback(): void {
    const form = this.querySelector<HTMLFormElement>("form.part");
    if (!form) return;
    form.addEventListener("input", () => (this.dirty = true));
    form.addEventListener("submit", () => (this.dirty = false));
    window.addEventListener("beforeunload", (event) => {
      if (this.dirty) event.preventDefault();
    });
    document.addEventListener("htmx:after:swap", () => this.putBeside(form));
    this.addEventListener("click", (event) => {
      const link = event.target instanceof Element ? event.target.closest<HTMLAnchorElement>("a[data-at]") : null;
      if (!link || !this.dirty || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      this.send(form, `go:${link.dataset["at"] ?? ""}`);
    });
    this.querySelector(".outline")?.addEventListener("keydown", (event) => {
      if (event instanceof KeyboardEvent && (event.key === "ArrowUp" || event.key === "ArrowDown")) this.walk(event, form);
    });
    const open = this.querySelector<HTMLElement>(".outline [aria-current]");
    open?.scrollIntoView({ block: "nearest" });
    if (window.location.hash.startsWith("#o-")) document.getElementById(window.location.hash.slice(1))?.focus();
  }

  private walk(event: KeyboardEvent, form: HTMLFormElement): void {
    const links = [...this.querySelectorAll<HTMLAnchorElement>(".outline a[data-at]")];
    const at = links.indexOf(document.activeElement as HTMLAnchorElement);
    if (at < 0) return;
    event.preventDefault();
    const by = event.key === "ArrowUp" ? -1 : 1;
    if (event.altKey) this.send(form, `${by < 0 ? "up" : "down"}:${links[at]?.dataset["at"] ?? ""}`);
    else links[at + by]?.focus();
  }

  private send(form: HTMLFormElement, verb: string): void {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = "verb";
    field.value = verb;
    form.append(field);
    this.dirty = false;
    form.submit();
  }

  private putBeside(form: HTMLFormElement): void {
    for (const place of form.querySelectorAll(".said")) place.replaceChildren();
    for (const wrong of form.querySelectorAll(".field.wrong")) wrong.classList.remove("wrong");
    for (const problem of form.querySelectorAll<HTMLElement>("#problems [data-field]")) {
      const parts = (problem.dataset["field"] ?? "").split(".");
      for (let length = parts.length; length > 0; length--) {
        const field = document.getElementById(`at-${parts.slice(0, length).join(".")}`);
        const place = field?.querySelector(".said");
        if (!field || !place) continue;
        const line = document.createElement("p");
        line.className = "error-text";
        line.textContent = problem.querySelector("[data-words]")?.textContent ?? "";
        place.append(line);
        for (let around = field.closest("details"); around; around = around.parentElement?.closest("details") ?? null) around.open = true;
        field.classList.add("wrong");
        break;
      }
    }
  }
}

/** Fills the code field from the link in the mail when it was opened in the browser that asked for it. */
class CodeFromLink extends HTMLElement {
  connectedCallback(): void {
    const code = new URLSearchParams(window.location.hash.slice(1)).get("code");
    const field = this.querySelector<HTMLInputElement>("input[name=code]");
    if (code && field && /^[0-9]{6}$/.test(code)) {
      field.value = code;
      history.replaceState(null, "", window.location.pathname + window.location.search);
    }
  }
}

/** Sends the secret of an invitation, which stands behind the # of its link, with the form instead of a typed address. */
class InvitationSecret extends HTMLElement {
  connectedCallback(): void {
    const secret = window.location.hash.slice(1);
    const field = this.querySelector<HTMLInputElement>("input[name=token]");
    if (!field || !/^[A-Za-z0-9_-]{20,80}$/.test(secret)) return;
    field.value = secret;
    const typed = this.querySelector<HTMLElement>(".field");
    if (typed) typed.hidden = true;
    history.replaceState(null, "", window.location.pathname + window.location.search);
  }
}

customElements.define("auto-submit", AutoSubmit);
customElements.define("copy-text", CopyText);
customElements.define("open-dialog", OpenDialog);
customElements.define("lint-as-typed", LintAsTyped);
customElements.define("outline-editor", OutlineEditor);
customElements.define("code-from-link", CodeFromLink);
customElements.define("invitation-secret", InvitationSecret);

// After htmx swapped a part, move focus to an error summary if there is one.
document.addEventListener("htmx:after:swap", () => {
  document.querySelector<HTMLElement>("[data-focus]")?.focus();
});
const summary = document.querySelector<HTMLElement>("[data-focus]");
summary?.focus();
