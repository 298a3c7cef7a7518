/** The bodies of Anthropic's API for the thread that decodes large ones. */
import { readConversation, readMessages } from './shapes.ts';

export const MESSAGES_BODY = { name: 'anthropic messages', decode: readMessages };
export const CONVERSATION_BODY = { name: 'anthropic conversation', decode: readConversation };
