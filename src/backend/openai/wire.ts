/** The shapes of answers of OpenAI's API, as far as they are used, with what llama.cpp's server and vLLM add. Servers leave much out. */
import { z } from 'zod';

const count = z.number().min(0).nullish();

/** An entry of `/v1/models`. */
export const listedModel = z.looseObject({
  id: z.string().min(1),
  /** vLLM: tokens of a request with its answer. */
  max_model_len: z.number().int().positive().nullish(),
  /** vLLM and SGLang: where the weights are from. */
  root: z.string().nullish(),
  /** llama.cpp where it loads models by itself: `loaded`, or not. */
  status: z.looseObject({ value: z.string().nullish() }).nullish(),
  /** llama.cpp. */
  meta: z
    .looseObject({
      /** Tokens of one slot. */
      n_ctx: z.number().int().positive().nullish(),
      n_ctx_train: z.number().int().positive().nullish(),
      n_params: z.number().positive().nullish(),
      /** Of the weights, in bytes. */
      size: z.number().positive().nullish(),
    })
    .nullish(),
});
export type ListedModel = z.infer<typeof listedModel>;

export const modelsAnswer = z.object({ data: z.array(listedModel) });

/** `/version` of vLLM. */
export const versionAnswer = z.object({ version: z.string() });

/** `/props` of llama.cpp. */
export const propsAnswer = z.looseObject({
  total_slots: z.number().int().positive().nullish(),
  build_info: z.string().nullish(),
  modalities: z.looseObject({ vision: z.boolean().nullish(), audio: z.boolean().nullish() }).nullish(),
  default_generation_settings: z.looseObject({ n_ctx: z.number().int().positive().nullish() }).nullish(),
});
export type Props = z.infer<typeof propsAnswer>;

const usage = z.looseObject({
  prompt_tokens: count,
  completion_tokens: count,
  /** Companies that have prompts in a cache. */
  prompt_tokens_details: z.looseObject({ cached_tokens: count }).nullish(),
});

/** What llama.cpp measured, in milliseconds. */
const timings = z.looseObject({ prompt_ms: count, predicted_ms: count });

const toolCallPart = z.looseObject({
  index: z.number().int().min(0).nullish(),
  id: z.string().nullish(),
  function: z
    .looseObject({
      name: z.string().nullish(),
      /** A piece of text; of some servers the whole object at once. */
      arguments: z.union([z.string(), z.record(z.string(), z.json())]).nullish(),
    })
    .nullish(),
});
export type ToolCallPart = z.infer<typeof toolCallPart>;

/** A piece of a streamed answer, of chats and of completions. */
export const answerPiece = z.looseObject({
  choices: z
    .array(
      z.looseObject({
        /** Completions. */
        text: z.string().nullish(),
        delta: z
          .looseObject({
            content: z.string().nullish(),
            /** llama.cpp, SGLang, DeepSeek. */
            reasoning_content: z.string().nullish(),
            /** vLLM, OpenRouter. */
            reasoning: z.string().nullish(),
            tool_calls: z.array(toolCallPart).nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
        logprobs: z.json().nullish(),
      }),
    )
    .default([]),
  usage: usage.nullish(),
  timings: timings.nullish(),
});
export type AnswerPiece = z.infer<typeof answerPiece>;

/** Of completions. */
export const olderLogprobs = z.looseObject({
  tokens: z.array(z.string()),
  token_logprobs: z.array(z.number().nullable()),
  top_logprobs: z.array(z.record(z.string(), z.number()).nullable()).nullish(),
});

export const embeddingsAnswer = z.looseObject({
  data: z.array(
    z.looseObject({
      index: z.number().int().min(0).nullish(),
      /** Numbers, or base64 of them as 32-bit floats, little-endian. */
      embedding: z.union([z.array(z.number()), z.string()]),
    }),
  ),
  usage: usage.nullish(),
});

/** An error, as OpenAI words it, llama.cpp, or FastAPI. */
export const errorAnswer = z.looseObject({
  error: z
    .union([
      z.string(),
      z.looseObject({
        message: z.string().nullish(),
        type: z.string().nullish(),
        code: z.union([z.string(), z.number()]).nullish(),
        /** llama.cpp, of a prompt that is too long. */
        n_prompt_tokens: z.number().nullish(),
      }),
    ])
    .nullish(),
  /** vLLM before 0.10. */
  message: z.string().nullish(),
  detail: z.unknown().optional(),
});
