// Drawing a signature, and placing fields on pages by dragging. Nothing here is needed: a typed name and the table of numbers do the same.

type Point = [number, number];

/** Wraps a canvas, a hidden field that takes the strokes as JSON, and a button that clears. Drawing chooses the way to sign. */
class DrawSignature extends HTMLElement {
  private strokes: Point[][] = [];
  private canvas: HTMLCanvasElement | null = null;

  connectedCallback(): void {
    const canvas = (this.canvas = this.querySelector("canvas"));
    if (!canvas) return;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      this.strokes.push([this.at(event)]);
      const way = this.querySelector<HTMLInputElement>("input[type=radio]");
      if (way) way.checked = true;
      event.preventDefault();
    });
    canvas.addEventListener("pointermove", (event) => {
      const stroke = this.strokes.at(-1);
      if (!stroke || event.buttons === 0 || !canvas.hasPointerCapture(event.pointerId)) return;
      const last = stroke.at(-1);
      const point = this.at(event);
      if (last && Math.hypot(point[0] - last[0], point[1] - last[1]) < 2) return;
      stroke.push(point);
      this.draw();
    });
    canvas.addEventListener("pointerup", () => this.keep());
    this.querySelector("button")?.addEventListener("click", () => {
      this.strokes = [];
      this.draw();
      this.keep();
    });
  }

  private at(event: PointerEvent): Point {
    const canvas = this.canvas as HTMLCanvasElement;
    const box = canvas.getBoundingClientRect();
    const scale = canvas.width / box.width;
    return [Math.round((event.clientX - box.left) * scale), Math.round((event.clientY - box.top) * scale)];
  }

  private draw(): void {
    const pen = this.canvas?.getContext("2d");
    if (!this.canvas || !pen) return;
    pen.clearRect(0, 0, this.canvas.width, this.canvas.height);
    pen.lineWidth = 2.4;
    pen.lineCap = pen.lineJoin = "round";
    pen.strokeStyle = "#12263f";
    for (const stroke of this.strokes) {
      pen.beginPath();
      for (const [x, y] of stroke) pen.lineTo(x, y);
      pen.stroke();
    }
  }

  private keep(): void {
    const kept = this.querySelector<HTMLInputElement>("[name=strokes]");
    if (kept) kept.value = this.strokes.length ? JSON.stringify(this.strokes) : "";
  }
}

const POINTS = 72 / 25.4; // in a millimetre

/** Draws a box on the page for every row of the table below, and keeps both in step: by dragging, by arrow keys, by typing. */
class PlaceFields extends HTMLElement {
  connectedCallback(): void {
    for (const row of this.querySelectorAll<HTMLTableRowElement>("tr[data-row]")) this.show(row);
    this.addEventListener("input", (event) => this.changed(event));
    this.addEventListener("change", (event) => this.changed(event));
    for (const sheet of this.querySelectorAll<HTMLElement>(".sheet")) sheet.addEventListener("dblclick", (event) => this.add(sheet, event));
  }

  private changed(event: Event): void {
    const row = event.target instanceof Element ? event.target.closest<HTMLTableRowElement>("tr[data-row]") : null;
    if (row) this.show(row);
  }

  private control(row: HTMLTableRowElement, name: string): HTMLInputElement | HTMLSelectElement | null {
    return row.querySelector<HTMLInputElement | HTMLSelectElement>(`[name$="_${name}"]`);
  }

  private number(row: HTMLTableRowElement, name: string): number {
    return Number((this.control(row, name)?.value ?? "").replace(",", "."));
  }

  private sheet(page: number): HTMLElement | null {
    return this.querySelector<HTMLElement>(`.sheet[data-page="${page}"]`);
  }

  private show(row: HTMLTableRowElement): void {
    const name = this.control(row, "kind")?.getAttribute("name") ?? "";
    let box = this.querySelector<HTMLElement>(`.placed[data-for="${name}"]`);
    const kind = this.control(row, "kind");
    const sheet = this.sheet(this.number(row, "page") || 1);
    if (!kind?.value || !sheet || !this.control(row, "w")?.value) {
      box?.remove();
      return;
    }
    if (!box) {
      box = document.createElement("button");
      box.setAttribute("type", "button");
      box.className = "placed";
      box.dataset["for"] = name;
      this.drag(box, row);
    }
    if (box.parentElement !== sheet) sheet.append(box);
    const words = kind instanceof HTMLSelectElement ? (kind.selectedOptions[0]?.textContent ?? "") : "";
    const who = this.control(row, "signer");
    box.textContent = `${words} · ${who instanceof HTMLSelectElement ? (who.selectedOptions[0]?.textContent ?? "") : ""}`;
    const wide = Number(sheet.dataset["width"]) / POINTS;
    const high = Number(sheet.dataset["height"]) / POINTS;
    box.style.left = `${(this.number(row, "x") / wide) * 100}%`;
    box.style.top = `${(this.number(row, "y") / high) * 100}%`;
    box.style.width = `${(this.number(row, "w") / wide) * 100}%`;
    box.style.height = `${(this.number(row, "h") / high) * 100}%`;
  }

  private move(row: HTMLTableRowElement, x: number, y: number): void {
    const sheet = this.sheet(this.number(row, "page") || 1);
    if (!sheet) return;
    const most = [Number(sheet.dataset["width"]) / POINTS - this.number(row, "w"), Number(sheet.dataset["height"]) / POINTS - this.number(row, "h")];
    for (const [name, value, limit] of [["x", x, most[0]], ["y", y, most[1]]] as [string, number, number][]) {
      const part = this.control(row, name);
      if (part) part.value = Math.max(0, Math.min(value, limit)).toFixed(1);
    }
    this.show(row);
  }

  private drag(box: HTMLElement, row: HTMLTableRowElement): void {
    let from: { x: number; y: number; left: number; top: number } | null = null;
    box.addEventListener("pointerdown", (event) => {
      box.setPointerCapture(event.pointerId);
      from = { x: event.clientX, y: event.clientY, left: this.number(row, "x"), top: this.number(row, "y") };
      event.preventDefault();
      box.focus();
    });
    box.addEventListener("pointermove", (event) => {
      const sheet = box.parentElement;
      if (!from || !sheet) return;
      const scale = Number(sheet.dataset["width"]) / POINTS / sheet.getBoundingClientRect().width;
      this.move(row, from.left + (event.clientX - from.x) * scale, from.top + (event.clientY - from.y) * scale);
    });
    box.addEventListener("pointerup", () => (from = null));
    box.addEventListener("keydown", (event) => {
      const far = event.shiftKey ? 10 : 1;
      const by = { ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far] }[event.key];
      if (!by) return;
      event.preventDefault();
      this.move(row, this.number(row, "x") + (by[0] ?? 0), this.number(row, "y") + (by[1] ?? 0));
    });
  }

  /** A double click puts a signature there, in the first row that is free. */
  private add(sheet: HTMLElement, event: MouseEvent): void {
    const rows = [...this.querySelectorAll<HTMLTableRowElement>("tr[data-row]")];
    const row = rows.find((each) => !this.control(each, "kind")?.value);
    if (!row || (event.target instanceof Element && event.target.closest(".placed"))) return;
    const box = sheet.getBoundingClientRect();
    const scale = Number(sheet.dataset["width"]) / POINTS / box.width;
    const values = { kind: "signature", page: sheet.dataset["page"] ?? "1", w: "63.5", h: "15.5" };
    for (const [name, value] of Object.entries(values)) {
      const part = this.control(row, name);
      if (part) part.value = value;
    }
    this.move(row, (event.clientX - box.left) * scale, (event.clientY - box.top) * scale);
  }
}

customElements.define("draw-signature", DrawSignature);
customElements.define("place-fields", PlaceFields);
