// Passkeys: turns what the server sends into what browsers ask for, and back. No form needs anything else.

type Wire = { publicKey: Record<string, unknown> };

function bytes(text: string): ArrayBuffer {
  const raw = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
  return Uint8Array.from(raw, (character) => character.charCodeAt(0)).buffer;
}

function text(buffer: ArrayBuffer): string {
  let raw = "";
  for (const byte of new Uint8Array(buffer)) raw += String.fromCharCode(byte);
  return btoa(raw).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** The parts of the options that travel as text and are bytes in the browser. */
function opened(wire: Wire): Record<string, unknown> {
  const options: Record<string, unknown> = { ...wire.publicKey };
  options.challenge = bytes(String(options.challenge));
  const user = options.user as { id: string } | undefined;
  if (user) options.user = { ...user, id: bytes(user.id) };
  for (const name of ["allowCredentials", "excludeCredentials"]) {
    const list = options[name] as { id: string }[] | undefined;
    if (list) options[name] = list.map((one) => ({ ...one, id: bytes(one.id) }));
  }
  return options;
}

function written(credential: PublicKeyCredential): string {
  const answer: Record<string, unknown> = {};
  const response = credential.response as unknown as Record<string, ArrayBuffer | null>;
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    const part = response[name];
    if (part) answer[name] = text(part);
  }
  if (credential.response instanceof AuthenticatorAttestationResponse) answer.transports = credential.response.getTransports?.() ?? [];
  return JSON.stringify({
    id: credential.id, rawId: text(credential.rawId), type: credential.type, response: answer,
    authenticatorAttachment: credential.authenticatorAttachment, clientExtensionResults: credential.getClientExtensionResults(),
  });
}

/** Wraps the form that a passkey fills: its button asks the device, the answer goes into the field "credential". */
abstract class PasskeyForm extends HTMLElement {
  connectedCallback(): void {
    const form = this.querySelector("form");
    form?.addEventListener("submit", (event) => {
      const field = form.querySelector<HTMLInputElement>("input[name=credential]");
      if (!field || field.value) return;
      event.preventDefault();
      void this.ask(form, field);
    });
  }

  private async ask(form: HTMLFormElement, field: HTMLInputElement): Promise<void> {
    this.say("");
    if (!("PublicKeyCredential" in window)) return this.say(this.getAttribute("none") ?? "");
    try {
      const credential = await this.credential(opened(await this.options()));
      if (!(credential instanceof PublicKeyCredential)) throw new DOMException("nothing was chosen", "NotAllowedError");
      field.value = written(credential);
      form.requestSubmit();
    } catch {
      this.say(this.getAttribute("no") ?? "");
    }
  }

  private async options(): Promise<Wire> {
    const kept = this.querySelector("script[type='application/json']");
    if (kept) return JSON.parse(kept.textContent ?? "") as Wire;
    const answer = await fetch(this.getAttribute("fetch") ?? "", { headers: { Accept: "application/json" } });
    return ((await answer.json()) as { request_options: Wire }).request_options;
  }

  private say(words: string): void {
    const status = this.querySelector("[role=status]");
    if (status) status.textContent = words;
  }

  protected abstract credential(options: Record<string, unknown>): Promise<Credential | null>;
}

/** Makes a passkey on this device. */
class PasskeyMake extends PasskeyForm {
  protected credential(options: Record<string, unknown>): Promise<Credential | null> {
    return navigator.credentials.create({ publicKey: options as unknown as PublicKeyCredentialCreationOptions });
  }
}

/** Uses one that is there. */
class PasskeyUse extends PasskeyForm {
  protected credential(options: Record<string, unknown>): Promise<Credential | null> {
    return navigator.credentials.get({ publicKey: options as unknown as PublicKeyCredentialRequestOptions });
  }
}

customElements.define("passkey-make", PasskeyMake);
customElements.define("passkey-use", PasskeyUse);

export {};
