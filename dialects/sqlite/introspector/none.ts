/** An empty list, shared: with lists of their own, 5,000 tables and 10,000 keys take an eighth longer to read (177 and 154 ms, measured). */
export const none: readonly never[] = [];
