/** The bodies of Anthropic's API for the thread that decodes large ones. */
import { bodyDecoder } from '../shared/body-decoder.ts';
import { readConversation, readMessages } from './shapes.ts';

export const MESSAGES_BODY = bodyDecoder('anthropic messages', readMessages);
export const CONVERSATION_BODY = bodyDecoder('anthropic conversation', readConversation);
