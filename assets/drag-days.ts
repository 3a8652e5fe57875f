// Moving a step by dragging its bar. Nothing here is needed: the form below the picture does the same.

const FEW = 4; // pixels before a press becomes a drag

/** Wraps the plan over time. A bar that is dropped on another day fills in the form named by `form` and sends it, which shows what would
 *  move before anything does. `day` is how many pixels wide a day is. Fingers scroll; a mouse or a pen drags. Escape lets go. */
class DragDays extends HTMLElement {
  private held: { step: SVGElement; from: number; days: number; drags: boolean } | null = null;

  connectedCallback(): void {
    this.addEventListener("dragstart", (event) => event.preventDefault()); // a link would be dragged as a link
    this.addEventListener("pointerdown", (event) => this.take(event));
    this.addEventListener("pointermove", (event) => this.pull(event));
    this.addEventListener("pointerup", () => this.drop());
    this.addEventListener("pointercancel", () => this.letGo());
    document.addEventListener("keydown", (event) => event.key === "Escape" && this.letGo());
  }

  private take(event: PointerEvent): void {
    if (event.pointerType === "touch" || event.button !== 0 || !(event.target instanceof SVGElement)) return;
    const step = event.target.closest<SVGElement>("[data-step]");
    if (step && event.target.matches(".bar, .over")) this.held = { step, from: event.clientX, days: 0, drags: false };
  }

  private pull(event: PointerEvent): void {
    if (!this.held) return;
    const far = event.clientX - this.held.from;
    if (!this.held.drags) {
      if (Math.abs(far) < FEW) return;
      this.held.drags = true;
      this.setPointerCapture(event.pointerId);
      this.addEventListener("click", (click) => click.preventDefault(), { capture: true, once: true }); // the press was no click
    }
    const wide = Number(this.getAttribute("day"));
    this.held.days = Math.round(far / wide);
    for (const part of this.held.step.querySelectorAll(".bar, .over")) {
      part.setAttribute("transform", `translate(${this.held.days * wide} 0)`);
    }
  }

  private drop(): void {
    const held = this.held;
    const form = document.getElementById(this.getAttribute("form") ?? "");
    if (!held?.drags || held.days === 0 || !(form instanceof HTMLFormElement)) {
      this.letGo();
      return;
    }
    const on = new Date(`${held.step.dataset["on"] ?? ""}T00:00:00Z`);
    on.setUTCDate(on.getUTCDate() + held.days);
    const step = form.elements.namedItem("step");
    const day = form.elements.namedItem("due_on");
    if (step instanceof HTMLSelectElement && day instanceof HTMLInputElement) {
      step.value = held.step.dataset["step"] ?? "";
      day.value = on.toISOString().slice(0, 10);
      this.held = null;
      form.requestSubmit();
    }
  }

  private letGo(): void {
    for (const part of this.held?.step.querySelectorAll("[transform]") ?? []) part.removeAttribute("transform");
    this.held = null;
  }
}

customElements.define("drag-days", DragDays);
