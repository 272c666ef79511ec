// Prints what the types of sdk/js/src/messages.ts know: {"FromServer": {type: members}, "FromClient": {...}}, members as {name: members or null}.
import { createRequire } from "node:module";

const [web, source] = process.argv.slice(2);
const ts = createRequire(`${web}/package.json`)("typescript");
const program = ts.createProgram([source], { strict: true, target: ts.ScriptTarget.ES2022, allowImportingTsExtensions: true, noEmit: true });
const checker = program.getTypeChecker();
const module = checker.getSymbolAtLocation(program.getSourceFile(source));
const exported = new Map(checker.getExportsOfModule(module).map((symbol) => [symbol.name, symbol]));

function inner(type) {
  const plain = checker.getNonNullableType(type);
  if (checker.isArrayType(plain)) return inner(checker.getTypeArguments(plain)[0]);
  const index = checker.getIndexTypeOfType(plain, ts.IndexKind.String);
  if (index) return inner(index);
  return plain.flags & ts.TypeFlags.Object ? members(plain) : null;
}

function members(type) {
  return Object.fromEntries(type.getProperties().map((property) => [property.name, inner(checker.getTypeOfSymbol(property))]));
}

function side(name) {
  const union = checker.getDeclaredTypeOfSymbol(exported.get(name));
  const known = union.types.map((type) => [checker.getTypeOfSymbol(type.getProperty("type")).value, members(type)]);
  return Object.fromEntries(known);
}

console.log(JSON.stringify({ FromServer: side("FromServer"), FromClient: side("FromClient") }));
