import { add, arange, gelu, scaledDotProductAttention, type Tensor } from '@flambeau/core';
import { Embedding, LayerNorm, Linear, Module, Sequential } from '@flambeau/nn';

/** Attention with `heads` heads over `x`, of shape (B, T, D). */
function attend(qkv: Linear, x: Tensor, heads: number, isCausal: boolean): Tensor {
  const [b, t, d] = x.shape;
  const [q, k, v] = (qkv(x) as Tensor)
    .view([b, t, 3, heads, d / heads])
    .permute([2, 0, 3, 1, 4])
    .unbind(0); // (B, heads, T, D / heads) each
  return scaledDotProductAttention(q, k, v, { isCausal }).transpose(1, 2).reshape([b, t, d]);
}

/** A block of GPT-2: normalises before attention and before the two layers. */
class GptBlock extends Module {
  norm1: LayerNorm;
  qkv: Linear;
  out: Linear;
  norm2: LayerNorm;
  up: Linear;
  down: Linear;

  constructor(
    d: number,
    readonly heads: number,
  ) {
    super();
    this.norm1 = new LayerNorm(d);
    this.qkv = new Linear(d, 3 * d);
    this.out = new Linear(d, d);
    this.norm2 = new LayerNorm(d);
    this.up = new Linear(d, 4 * d);
    this.down = new Linear(4 * d, d);
  }

  forward(x: Tensor): Tensor {
    const y = add(x, this.out(attend(this.qkv, this.norm1(x), this.heads, true)));
    return add(y, this.down(gelu(this.up(this.norm2(y)))));
  }
}

/** The 12 blocks of GPT-2 small (Radford et al. 2019), without embeddings. */
export const gptBlocks = (): Module => new Sequential(...Array.from({ length: 12 }, () => new GptBlock(768, 12)));

/** A block of BERT: normalises after attention and after the two layers. */
class BertBlock extends Module {
  qkv: Linear;
  out: Linear;
  norm1: LayerNorm;
  up: Linear;
  down: Linear;
  norm2: LayerNorm;

  constructor(
    d: number,
    readonly heads: number,
  ) {
    super();
    this.qkv = new Linear(d, 3 * d);
    this.out = new Linear(d, d);
    this.norm1 = new LayerNorm(d, { eps: 1e-12 });
    this.up = new Linear(d, 4 * d);
    this.down = new Linear(4 * d, d);
    this.norm2 = new LayerNorm(d, { eps: 1e-12 });
  }

  forward(x: Tensor): Tensor {
    const y = this.norm1(add(x, this.out(attend(this.qkv, x, this.heads, false))));
    return this.norm2(add(y, this.down(gelu(this.up(y)))));
  }
}

/** BERT-base (Devlin et al. 2018) up to its last hidden states, from token numbers of shape (B, T). */
class Bert extends Module {
  words = new Embedding(30522, 768);
  positions = new Embedding(512, 768);
  norm = new LayerNorm(768, { eps: 1e-12 });
  blocks = new Sequential(...Array.from({ length: 12 }, () => new BertBlock(768, 12)));

  forward(tokens: Tensor): Tensor {
    const positions = arange(0, tokens.shape[1], 1, { dtype: 'int64' });
    return this.blocks(this.norm(add(this.words(tokens), this.positions(positions)))) as Tensor;
  }
}

export const bert = (): Module => new Bert();
