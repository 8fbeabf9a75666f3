import type { Problems } from '../../../lib/configuration/index.js';

const MOST_CHARACTERS = 500;

/** Checks what people write into an author's or reason's field: it ends up in logs and on terminals. */
export function checkText(text: string, field: string, problems: Problems): void {
  if (text.length > MOST_CHARACTERS) problems.add(field, `must not be longer than ${MOST_CHARACTERS} characters`);
  if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text)) problems.add(field, 'must not hold control characters or line breaks');
}
