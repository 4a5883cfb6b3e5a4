/** A licence by the words of its text, which are the same wherever it is copied: white space, quotes and case do not count. */
interface LicenceRow {
  readonly id: string;
  readonly has: readonly RegExp[];
  readonly lacks?: RegExp;
}

/** Characters in which all words of one licence stand. */
const longest = 3000;
const redistribution = /redistribution and use (?:of this software )?in source and binary forms/;
const endorsement = /(?:neither the names?|may (?:not )?be used to endorse|nor (?:the )?names? of|to endorse or promote)/;
const isc = /permission to use, copy, modify, and(?: or)? distribute this software for any purpose with or without fee is hereby granted/;
const mit = /permission is hereby granted, free of charge, to any person obtaining a copy/;

/** In order: what is asked first has words that others have too. */
const rows: readonly LicenceRow[] = [
  { id: "AGPL-3.0", has: [/gnu affero general public license version 3/] },
  { id: "LGPL-3.0", has: [/gnu lesser general public license version 3/] },
  { id: "LGPL-2.1", has: [/gnu lesser general public license version 2\.1/] },
  { id: "LGPL-2.0", has: [/gnu library general public license version 2/] },
  { id: "GPL-3.0", has: [/gnu general public license version 3/] },
  { id: "GPL-2.0", has: [/gnu general public license version 2/] },
  { id: "Apache-2.0", has: [/apache license,? version 2\.0/] },
  { id: "MPL-2.0", has: [/mozilla public license,? version 2\.0/] },
  { id: "EPL-2.0", has: [/eclipse public license - v 2\.0/] },
  { id: "EPL-1.0", has: [/eclipse public license - v 1\.0/] },
  { id: "EUPL-1.2", has: [/european union public licence v\. 1\.2/] },
  { id: "BSL-1.0", has: [/boost software license - version 1\.0/] },
  { id: "Artistic-2.0", has: [/artistic license 2\.0/] },
  { id: "CC0-1.0", has: [/cc0 1\.0 universal/] },
  { id: "Unlicense", has: [/this is free and unencumbered software released into the public domain/] },
  { id: "PSF-2.0", has: [/python software foundation license version 2/] },
  { id: "Zlib", has: [/this software is provided 'as-is'/, /altered source versions must be plainly marked/] },
  { id: "WTFPL", has: [/do what the fuck you want to public license/] },
  { id: "BSD-4-Clause", has: [redistribution, endorsement, /all advertising materials mentioning/] },
  { id: "BSD-3-Clause", has: [redistribution, endorsement] },
  { id: "BSD-2-Clause", has: [redistribution] },
  { id: "ISC", has: [isc, /provided that the above copyright notice/] },
  { id: "0BSD", has: [isc] },
  { id: "MIT", has: [mit, /the above copyright notice and this permission notice/] },
  { id: "MIT-0", has: [mit], lacks: /subject to the following conditions/ },
];

/** SPDX id of the licence whose text this is; null: none that is known. GPL texts do not say whether later versions may be chosen. */
export function licenceOfText(text: string): string | null {
  const words = text
    .toLowerCase()
    .replace(/[\u2018\u2019`]/g, "'")
    .replace(/[\u2010-\u2015]/g, "-")
    .replace(/[\s*#=/_>]+/g, " ")
    .replaceAll(" http: ", " ")
    .trim();
  // The first: below it stand those of what is bundled, and licences name each other.
  let first: { readonly at: number; readonly id: string } | null = null;
  for (const { id, has, lacks } of rows) {
    const at = has[0] === undefined ? -1 : words.search(has[0]);
    if (at === -1 || (first !== null && at >= first.at)) continue;
    const own = words.slice(at, at + longest);
    if (has.every((pattern) => pattern.test(own)) && lacks?.test(own) !== true) first = { at, id };
  }
  return first?.id ?? null;
}

/** Words by which manifests name licences although SPDX has others. */
const otherNames: Readonly<Record<string, string>> = {
  "apache 2.0": "Apache-2.0",
  "apache license 2.0": "Apache-2.0",
  "apache license, version 2.0": "Apache-2.0",
  "apache software license": "Apache-2.0",
  "mit license": "MIT",
  "bsd 3-clause": "BSD-3-Clause",
  "bsd-3": "BSD-3-Clause",
  "bsd 2-clause": "BSD-2-Clause",
  "isc license (iscl)": "ISC",
  "isc license": "ISC",
  "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
  "the unlicense (unlicense)": "Unlicense",
  gplv3: "GPL-3.0",
  gplv2: "GPL-2.0",
};

const known = new Map(
  [...rows.map(({ id }) => id), "CC-BY-4.0", "CC-BY-SA-4.0", "OFL-1.1", "BlueOak-1.0.0", "Python-2.0", "NCSA", "MulanPSL-2.0"].flatMap(
    (id) => [id, `${id}-only`, `${id}-or-later`, `${id}+`].map((name): [string, string] => [name.toLowerCase(), name]),
  ),
);

/** A licence as a manifest names it, as SPDX id or expression; null: it names none that is known. */
export function licenceOfName(name: string): string | null {
  const whole = otherNames[name.trim().toLowerCase()] ?? known.get(name.trim().toLowerCase());
  if (whole !== undefined) return whole;
  const parts = name
    .trim()
    .replace(/^\(|\)$/g, "")
    .split(/ (OR|AND) |\//);
  const ids = parts.map((part) =>
    part === "OR" || part === "AND" ? part : part === undefined ? "OR" : known.get(part.trim().toLowerCase()),
  );
  return parts.length > 1 && ids.every((id) => id !== undefined) ? ids.join(" ") : null;
}
