/** The oldest Node that can run the server, as `24.19`. */
export const OLDEST_NODE: string;
/** Whether a Node of this version, as `24.21.0`, can run the server. */
export function isNewEnough(version: string): boolean;
