// Counts the words and lines that docs/style.md limits, and fails when a limit is exceeded. Usage: node .ci/style.mjs [--list]
// --list prints every counted word with its file and line.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const list = process.argv.includes("--list");
const vague = /\b(?:whoever|nobody|somebody|anybody|everybody|whatever)\b/gi;
const answer = /\b(?:answer|answers|answered|answering)\b/gi;
const question = /^(?:What|Whether|How|Where|Who|Why|When)\b/;
const limits = { vague: 3, answer: 5, questions: 0.01, columns: 140 };

const source = /\.(?:cs|csproj|props|razor|js|mjs|ts|lua|sh|ya?ml|css|html|conf|md)$|(?:^|\/)(?:Dockerfile|run|advisories)$/;
const generated = /package-lock\.json$|packages\.lock\.json$|^clients\/typescript\/src\/schema\.d\.ts$|^openapi\/released\//;
const files = execFileSync("git", ["ls-files"], { encoding: "utf8" }).split("\n").filter((f) => source.test(f) && !generated.test(f));

// Comments of C#, TypeScript, JavaScript and CSS. Literals are skipped, so that the // of an address is no comment.
const code = /"""[\s\S]*?"""|@"(?:[^"]|"")*"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
const markup = /<!--[\s\S]*?-->/g;
const hash = /(?:^|\s)#[^\n]*/g;
const comments = {
  cs: code, ts: code, js: code, mjs: code, css: /\/\*[\s\S]*?\*\//g, html: markup, csproj: markup, props: markup,
  razor: /@\*[\s\S]*?\*@/g, lua: /--[^\n]*/g, sh: hash, yaml: hash, yml: hash, conf: hash,
};

const texts = []; // { file, line, text }
const longLines = [];
const summaries = [];
for (const file of files) {
  const content = readFileSync(file, "utf8");
  content.split("\n").forEach((text, i) => {
    const isTable = file.endsWith(".md") && text.startsWith("|"); // a row of a table cannot be wrapped
    if (text.length > limits.columns && !isTable) {
      longLines.push(`${file}:${i + 1}: ${text.length} columns`);
    }
  });
  const kind = file.split(".").pop();
  if (kind === "md") {
    const prose = content.replace(/```[\s\S]*?```/g, (block) => block.replace(/[^\n]/g, " "));
    prose.split("\n").forEach((text, i) => texts.push({ file, line: i + 1, text }));
    continue;
  }

  for (const match of content.matchAll(comments[kind] ?? comments.sh)) {
    if (/^["'`@]/.test(match[0])) {
      continue;
    }
    const line = content.slice(0, match.index).split("\n").length;
    match[0].split("\n").forEach((text, i) => texts.push({ file, line: line + i, text }));
  }
  if (kind === "cs") {
    for (const match of content.matchAll(/<summary>([\s\S]*?)<\/summary>/g)) {
      const text = match[1].replace(/^\s*\/\/\/ ?/gm, "").trim();
      summaries.push({ file, line: content.slice(0, match.index).split("\n").length, text });
    }
  }
}

const description = JSON.parse(readFileSync("openapi/v1.json", "utf8"));
const collect = (node) => {
  for (const [key, value] of Object.entries(node ?? {})) {
    if ((key === "description" || key === "summary") && typeof value === "string") {
      texts.push({ file: "openapi/v1.json", line: 1, text: value });
    } else if (typeof value === "object") {
      collect(value);
    }
  }
};
collect(description);

const words = texts.reduce((sum, { text }) => sum + (text.match(/[A-Za-z][A-Za-z'’-]*/g)?.length ?? 0), 0);
const find = (pattern) =>
  texts.flatMap(({ file, line, text }) => [...text.matchAll(pattern)].map((match) => `${file}:${line}: "${match[0]}" in: ${text.trim()}`));
const asked = summaries.filter(({ text }) => question.test(text)).map(({ file, line, text }) => `${file}:${line}: ${text}`);

let failed = false;
const report = (name, found, count, limit, unit) => {
  const over = count > limit;
  failed ||= over;
  console.log(`${over ? "FAILED" : "ok"}: ${name}: ${count.toFixed(2)} ${unit} (at most ${limit})`);
  if (list || over) {
    found.slice(0, list ? Infinity : 20).forEach((line) => console.log(`  ${line}`));
  }
};
const perWords = (found) => (found.length * 10_000) / words;
const vagueFound = find(vague), answerFound = find(answer);
console.log(`${words} words of comments and docs in ${files.length} files, ${summaries.length} summaries`);
report("whoever, nobody, somebody, …", vagueFound, perWords(vagueFound), limits.vague, "per 10,000 words");
report("answer where response is meant", answerFound, perWords(answerFound), limits.answer, "per 10,000 words");
report("summaries that begin with a question word", asked, (asked.length * 100) / summaries.length, limits.questions * 100, "%");
report(`lines over ${limits.columns} columns`, longLines, longLines.length, 0, "lines");
process.exit(failed ? 1 : 0);
