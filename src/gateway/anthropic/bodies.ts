/** The bodies of Anthropic's API for the thread that decodes large ones. */
import type { BodyDecoder } from '../../http/body-reader.ts';
import { type Conversation, type MessagesRequest, readConversation, readMessages } from './shapes.ts';

export const MESSAGES_BODY: BodyDecoder<MessagesRequest> = {
  name: 'anthropic messages',
  decode: readMessages,
};
export const CONVERSATION_BODY: BodyDecoder<Conversation> = {
  name: 'anthropic conversation',
  decode: readConversation,
};
