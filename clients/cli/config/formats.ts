/** How a configuration may be written to a file. */
export const formats = ['json', 'yaml', 'binary'] as const;
export type Format = (typeof formats)[number];
