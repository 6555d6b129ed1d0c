/** The names of the models in the package. */
export const bundledModels = ['en', 'en-upos', 'en-ner'] as const;

/** The names, for messages and help. */
export const bundledText = bundledModels.join(', ');
