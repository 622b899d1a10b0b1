// Says what the docstrings of the exported names leave out.
import { ReflectionKind } from "typedoc";

/** What is missing, a sentence for each place. */
export function missingIn(project) {
  return project.children.flatMap((exported) => {
    // What a class inherits from another exported one is looked at there.
    const own = (exported.children ?? []).filter(({ inheritedFrom }) => inheritedFrom?.reflection === undefined);
    const noExample = exported.kindOf([ReflectionKind.Class, ReflectionKind.Function]) && !hasBlock(exported, "@example");
    const missing = [exported, ...own].flatMap((member) => missingOf(member, exported).map((what) => `${member.getFullName()} ${what}`));
    return noExample ? [...missing, `${exported.name} has no @example.`] : missing;
  });
}

function missingOf(member, exported) {
  if (textOf(member) === "") return ["has no docstring."];
  if (member.kindOf(ReflectionKind.Property)) return missingOfProperty(member, exported);
  const [signature] = member.signatures ?? [];
  return signature === undefined ? [] : missingOfCall(signature, exported);
}

// What a caller gives may be wrong, and what he waits for may fail. A class may say once what all its calls throw.
function missingOfCall(signature, exported) {
  const parameters = signature.parameters ?? [];
  const canFail = parameters.length > 0 || String(signature.type).startsWith("Promise<");
  const makesError = signature.kindOf(ReflectionKind.ConstructorSignature) && exported.name.endsWith("Error");
  const told = hasBlock(signature, "@throws") || /\b(throws|rejects|like)\b/i.test(textOf(signature));
  const toldOnce = /\bEach call rejects with\b/.test(textOf(exported));
  const missing = canFail && !makesError && !told && !toldOnce ? ["does not say which errors it throws."] : [];
  for (const { name, flags, comment } of parameters)
    if (flags.isOptional && comment !== undefined && !/default|see|those of/i.test(textOf({ comment })))
      missing.push(`does not say the default of ${name}.`);
  return missing;
}

function missingOfProperty(property, owner) {
  const text = textOf(property);
  const missing = [];
  const is = (pattern) => pattern.test(property.name) && String(property.type) === "number";
  if (owner.name.endsWith("Options") && property.flags.isOptional && !/default|like/i.test(text)) missing.push("does not say its default.");
  if (is(/timeout|grace$/i) && !/\bms\b|milliseconds/.test(text)) missing.push("does not say its unit: milliseconds.");
  if (is(/bytes|memory|^size$/i) && !/bytes|number of items/.test(text)) missing.push("does not say its unit: bytes.");
  return missing;
}

function commentsOf(reflection) {
  const getter = reflection.getSignature === undefined ? [] : [reflection.getSignature];
  return [reflection, ...(reflection.signatures ?? []), ...getter].flatMap(({ comment }) => comment ?? []);
}

function hasBlock(reflection, tag) {
  return commentsOf(reflection).some((comment) => comment.getTag(tag) !== undefined);
}

function textOf(reflection) {
  const parts = commentsOf(reflection).flatMap(({ summary, blockTags }) => [summary, ...blockTags.map(({ content }) => content)]);
  return parts.flatMap((part) => part.map(({ text }) => text)).join("");
}
