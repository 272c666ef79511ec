/** Where one is: the address as a value, and back. */

export const SECTIONS = [
  "run", "set-up", "questions", "people", "announcements", "clarifications", "grading", "submissions", "results", "audit",
] as const;
export type Section = (typeof SECTIONS)[number];

export type Place =
  | { readonly at: "contests" }
  | { readonly at: "staff" }
  | { readonly at: "keys" }
  | { readonly at: "contest"; readonly contest: string; readonly section: Section }
  | { readonly at: "nowhere" };

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** `/manage/`, `/manage/staff/`, `/manage/keys/`, `/manage/contests/<id>/[<section>/]` */
export function placeOf(path: string): Place {
  const [, , first, id = "", section = "run", ...more] = path.replace(/\/+$/, "").split("/");
  if (first === undefined) return { at: "contests" };
  if ((first === "staff" || first === "keys") && id === "") return { at: first };
  const known = SECTIONS.find((one) => one === section);
  if (first === "contests" && ID.test(id) && known !== undefined && more.length === 0) return { at: "contest", contest: id.toLowerCase(), section: known };
  return { at: "nowhere" };
}

export function hrefOf(place: Place): string {
  switch (place.at) {
    case "contest":
      return `/manage/contests/${place.contest}/${place.section === "run" ? "" : `${place.section}/`}`;
    case "staff":
    case "keys":
      return `/manage/${place.at}/`;
    default:
      return "/manage/";
  }
}

export function sectionHref(contest: string, section: Section): string {
  return hrefOf({ at: "contest", contest, section });
}
