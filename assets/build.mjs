// Builds what browsers get: one style sheet, one script, htmx, fonts and an icon sprite, into an ignored folder.
import { build } from "esbuild";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const out = join(root, "src/boardwell/ui/static/built");
const modules = join(root, "node_modules");
rmSync(out, { recursive: true, force: true });
mkdirSync(join(out, "fonts"), { recursive: true });

const fonts = [
  ["@fontsource-variable/inter/files/inter-latin-wght-normal.woff2", "inter-latin.woff2"],
  ["@fontsource-variable/inter/files/inter-latin-ext-wght-normal.woff2", "inter-latin-ext.woff2"],
  ["@fontsource-variable/inter/files/inter-cyrillic-wght-normal.woff2", "inter-cyrillic.woff2"],
  ["@fontsource-variable/inter/files/inter-cyrillic-ext-wght-normal.woff2", "inter-cyrillic-ext.woff2"],
  ["@fontsource-variable/noto-sans-bengali/files/noto-sans-bengali-bengali-wght-normal.woff2", "bengali.woff2"],
  ["@fontsource-variable/noto-sans-devanagari/files/noto-sans-devanagari-devanagari-wght-normal.woff2", "devanagari.woff2"],
];
for (const [from, to] of fonts) copyFileSync(join(modules, from), join(out, "fonts", to));

// Whole fonts for paper: what lays out PDFs reads neither woff2 nor variable fonts.
mkdirSync(join(out, "papers"), { recursive: true });
for (const [family, file] of [["inter", "Inter"], ["noto-sans-bengali", "NotoSansBengali"], ["noto-sans-devanagari", "NotoSansDevanagari"]]) {
  for (const weight of ["400Regular", "600SemiBold"]) {
    copyFileSync(join(modules, `@expo-google-fonts/${family}/${weight}/${file}_${weight}.ttf`), join(out, "papers", `${file}-${weight}.ttf`));
  }
}

copyFileSync(join(modules, "htmx.org/dist/htmx.min.js"), join(out, "htmx.js"));

const names = readFileSync(join(root, "assets/icons.txt"), "utf8").split("\n").filter(Boolean);
const symbols = names.map((name) => {
  const file = join(modules, "lucide-static/icons", `${name}.svg`);
  if (!existsSync(file)) throw new Error(`assets/icons.txt: lucide has no icon “${name}”`);
  const body = readFileSync(file, "utf8").replace(/<!--[\s\S]*?-->/g, "").replace(/^[\s\S]*?<svg[^>]*>/, "").replace(/<\/svg>\s*$/, "");
  return `<symbol id="${name}" viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" stroke-linejoin="round">${body.trim()}</symbol>`;
});
writeFileSync(join(out, "sprite.svg"), `<svg xmlns="http://www.w3.org/2000/svg">${symbols.join("")}</svg>\n`);

await build({
  entryPoints: [join(root, "assets/app.ts")],
  outfile: join(out, "app.js"), bundle: true, minify: true, target: "es2022", format: "esm", legalComments: "none",
});
await build({
  entryPoints: [join(root, "assets/css/app.css")],
  outfile: join(out, "app.css"), bundle: true, minify: true, external: ["*.woff2"], target: ["chrome120", "firefox121", "safari17"],
});
