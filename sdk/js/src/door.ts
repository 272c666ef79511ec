/** Who asks: the token or the CSRF token of one log-in, and what is done when the server no longer knows them. */

import { ask, askRaw, Refused, type Asking, type Method, type RestOptions } from "./rest.ts";

export interface DoorOptions extends RestOptions {
  /** An answer said that the log-in has ended. */
  readonly onOut?: (refused: Refused) => void;
}

/** Owner: one `ContestantRest` or `StaffRest`. Holds two strings; rebuilt by asking who one is. */
export class Door {
  token: string | null = null;
  csrf: string | null = null;
  /** How to get a new CSRF token, if the present one is refused. */
  renew: (() => Promise<unknown>) | null = null;
  readonly #options: DoorOptions;

  constructor(options: DoorOptions) {
    this.#options = options;
  }

  ask<T>(method: Method, path: string, asking: Asking = {}): Promise<T> {
    return this.#known(() => ask<T>(method, path, this.#who(), asking));
  }

  /** An answer that is a file. */
  async file(path: string, asking: Asking = {}): Promise<Blob> {
    return (await this.#known(() => askRaw("GET", path, this.#who(), asking))).blob();
  }

  #who(): RestOptions {
    const token = this.token ?? this.#options.token;
    return { ...this.#options, ...(token ? { token } : {}), ...(this.csrf === null ? {} : { csrf: this.csrf }) };
  }

  async #known<T>(once: () => Promise<T>): Promise<T> {
    try {
      return await once();
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      if (error.code === "csrf.missing" && this.renew !== null) {
        await this.renew();
        return await once();
      }
      if (error.status === 401 && error.code !== "session.refused") this.#options.onOut?.(error);
      throw error;
    }
  }
}
