import { credentialMaterial, type NameRules, REDACTED } from './ignored-parameters.js';
import { redactEncodedValue } from './nested-values.js';
import { decodedName, normalEscapes } from './percent-encoding.js';

/** A query or a form body in canonical form. */
export interface CanonicalParameters {
  /** Redacted. */
  readonly text: string;
  /** The credentials that were redacted, in canonical order; `''`: none. */
  readonly secrets: string;
  /** Likewise, those within other values, of which the text need not show anything. */
  readonly unseen: string;
}

interface Parameter extends CanonicalParameters {
  readonly name: string;
}

/**
 * Canonical form of `name=value` pairs joined by `&`.
 *
 * The order of different names does not count, that of one name's values does. `a`, `a=` and nothing differ, and so
 * do `a=1` and `a=1&`. In a query, `+` and `%20` differ: servers that read queries by RFC 3986 tell them apart. In a form
 * both are a space by definition, and become `+`.
 *
 * @see https://url.spec.whatwg.org/#application/x-www-form-urlencoded
 */
export function canonicalParameters(
  list: string,
  kind: 'query' | 'form',
  rules: NameRules,
): CanonicalParameters {
  if (!list.includes('&')) return canonicalParameter(list, kind, rules);
  const parameters = list.split('&').map((text) => canonicalParameter(text, kind, rules));
  // By the decoded name, so that the values of one name keep their order however the name is escaped.
  parameters.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  let text = '';
  let secrets = '';
  let unseen = '';
  for (const parameter of parameters) {
    text += `&${parameter.text}`;
    secrets += parameter.secrets;
    unseen += parameter.unseen;
  }
  return { text: text.slice(1), secrets, unseen };
}

function canonicalParameter(source: string, kind: 'query' | 'form', rules: NameRules): Parameter {
  const text = kind === 'form' ? source.replaceAll('%20', '+') : source;
  const equals = text.indexOf('=');
  if (equals === -1) {
    const nameText = normalEscapes(text);
    // All of it may be a URL: `?https%3A%2F%2Fa.test%2F%3Ftoken%3D…`. The order of the result must not tell what is hidden.
    const shown = redactEncodedValue(nameText, rules);
    const unseen = shown === nameText ? '' : credentialMaterial(kind, nameText, '');
    return { name: decodedName(shown), text: shown, secrets: '', unseen };
  }
  const nameText = normalEscapes(text.slice(0, equals));
  const value = normalEscapes(text.slice(equals + 1));
  const name = decodedName(nameText);
  const treatment = rules.forField(name);
  if (treatment === 'keep') {
    const shown = redactEncodedValue(value, rules);
    const unseen = shown === value ? '' : credentialMaterial(kind, name, value);
    return { name, text: `${nameText}=${shown}`, secrets: '', unseen };
  }
  const secrets = treatment === 'partition' ? credentialMaterial(kind, name, value) : '';
  return { name, text: `${nameText}=${REDACTED}`, secrets, unseen: '' };
}

/** The list with protected values redacted, also within others, and nothing else changed, not even the order. */
export function redactParameters(list: string, rules: NameRules): string {
  return list
    .split('&')
    .map((text) => {
      const equals = text.indexOf('=');
      if (equals === -1) return redactEncodedValue(text, rules);
      const encodedName = text.slice(0, equals);
      const isHidden = rules.forField(decodedName(encodedName)) !== 'keep';
      return `${encodedName}=${isHidden ? REDACTED : redactEncodedValue(text.slice(equals + 1), rules)}`;
    })
    .join('&');
}
