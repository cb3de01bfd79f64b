/** A media type: `type/subtype` and its parameters, names in lower case, values without quotes. */
export interface ContentType {
  /** In lower case; `''` where there is none. */
  readonly essence: string;
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

/**
 * Reads a `Content-Type` field. Never fails: what is not a parameter is kept as a parameter without value.
 * @see https://www.rfc-editor.org/rfc/rfc9110.html#section-8.3.1
 */
export function parseContentType(field: string | undefined): ContentType {
  const [essence = '', ...rest] = splitUnquoted(field ?? '');
  return {
    essence: essence.trim().toLowerCase(),
    parameters: rest
      .filter((text) => text.trim() !== '')
      .map((text) => {
        const equals = text.indexOf('=');
        if (equals === -1) return [text.trim().toLowerCase(), ''] as const;
        return [text.slice(0, equals).trim().toLowerCase(), unquoted(text.slice(equals + 1).trim())] as const;
      }),
  };
}

/** Cuts at semicolons outside quoted strings. */
function splitUnquoted(field: string): string[] {
  if (!field.includes('"')) return field.split(';');
  const pieces: string[] = [];
  let start = 0;
  let isQuoted = false;
  for (let index = 0; index < field.length; index++) {
    const character = field.charAt(index);
    if (isQuoted && character === '\\') index++;
    else if (character === '"') isQuoted = !isQuoted;
    else if (character === ';' && !isQuoted) {
      pieces.push(field.slice(start, index));
      start = index + 1;
    }
  }
  pieces.push(field.slice(start));
  return pieces;
}

function unquoted(value: string): string {
  if (value.length < 2 || !value.startsWith('"') || !value.endsWith('"')) return value;
  return value.slice(1, -1).replace(/\\(.)/g, '$1');
}

/** Value of a parameter; undefined: absent. @param name in lower case */
export function contentTypeParameter(type: ContentType, name: string): string | undefined {
  return type.parameters.find(([candidate]) => candidate === name)?.[1];
}

/**
 * The content type as part of a key: in one spelling, and without the boundary of a multipart body, which is random.
 * All other parameters stay: they may change what the body means.
 */
export function canonicalContentType(type: ContentType): string {
  let text = type.essence;
  for (const [name, value] of type.parameters) {
    if (name === 'boundary') continue;
    text += `;${name}=${JSON.stringify(name === 'charset' ? value.toLowerCase() : value)}`;
  }
  return text;
}

/** Whether bodies of this type are JSON: `application/json` and its kin, and every `…+json`. */
export function isJsonType({ essence }: ContentType): boolean {
  return essence.endsWith('+json') || (essence.startsWith('application/') && essence.includes('json'));
}

/** Whether bodies of this type are `application/x-www-form-urlencoded`. */
export function isFormType({ essence }: ContentType): boolean {
  return essence === 'application/x-www-form-urlencoded';
}

/** Whether bodies of this type are made of parts. */
export function isMultipartType({ essence }: ContentType): boolean {
  return essence.startsWith('multipart/');
}
