/** Who one is: logging in with a cookie that scripts cannot read, and out. */

import type { Role } from "@podium/client";
import type { Door } from "./call.ts";

export interface Grant {
  readonly role: Role;
  /** null: in every contest. */
  readonly contest_id: string | null;
}

export interface Session {
  readonly expires_at: string;
  readonly role: Role;
  readonly csrf: string;
  readonly person: { readonly id: string; readonly name: string; readonly login: string | null };
  readonly grants: readonly Grant[];
  readonly must_change_password: boolean;
}

export const logIn = (door: Door, login: string, password: string) => door.post<Session>("session/", { login, password, cookie: true });
export const whoAmI = (door: Door) => door.get<Session>("session/");
export const logOut = (door: Door) => door.delete("session/");
export const changePassword = (door: Door, old_password: string, new_password: string) =>
  door.post<Session>("session/password/", { old_password, new_password });
