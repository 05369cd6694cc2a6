"""Writes what PyTorch's recurrent networks, transformers and resampling layers compute to packages/nn/test/fixtures.

    python nn_sequences.py
"""

import torch
from torch import nn
from torch.nn.utils import rnn

from nn import run, write


def flat(result):
    if isinstance(result, torch.Tensor):
        return [result.flatten()]
    if isinstance(result, rnn.PackedSequence):
        return [result.data.flatten()]
    return [t for r in result if r is not None for t in flat(r)]


class Joined(nn.Module):
    """All results as one vector."""

    def __init__(self, inner, call=None):
        super().__init__()
        self.inner = inner
        self.call = call or (lambda module, *args: module(*args))

    def forward(self, *args):
        return torch.cat(flat(self.call(self.inner, *args)))


LENGTHS = [2, 5, 4]


def packed(module, x, *states):
    sequence = rnn.pack_padded_sequence(x, LENGTHS, enforce_sorted=False)
    output, last = module(sequence, *states)
    return [rnn.pad_packed_sequence(output, padding_value=0.5, total_length=6)[0], output, last]


def rotary(x, interleaved=False):
    """The rotations of Su et al. 2021, written with complex numbers."""
    length, size = x.shape[-2:]
    angles = torch.arange(3, 3 + length)[:, None] * 10000.0 ** (-2 * torch.arange(size // 2) / size)
    pairs = x.unflatten(-1, (-1, 2)) if interleaved else x.unflatten(-1, (2, -1)).transpose(-1, -2)
    turned = torch.view_as_real(torch.view_as_complex(pairs.contiguous()) * torch.polar(torch.ones_like(angles), angles))
    return (turned if interleaved else turned.transpose(-1, -2)).flatten(-2)


class Apply(nn.Module):
    def __init__(self, fn):
        super().__init__()
        self.fn = fn

    def forward(self, *args):
        return self.fn(*args)


def cases():
    torch.manual_seed(5)
    x, batch, single = torch.randn(5, 3, 4), torch.randn(3, 5, 4), torch.randn(5, 4)
    h, c, h2, hp = torch.randn(1, 3, 6), torch.randn(1, 3, 6), torch.randn(4, 3, 6), torch.randn(1, 3, 2)
    row, state = torch.randn(3, 4), torch.randn(3, 6)
    q, k, v = torch.randn(5, 2, 8), torch.randn(4, 2, 8), torch.randn(4, 2, 8)
    kd, vd = torch.randn(4, 2, 3), torch.randn(4, 2, 5)
    additive, barred = torch.randn(5, 4), torch.tensor([[j > i for j in range(4)] for i in range(5)])
    each = torch.randn(4, 5, 4)
    padding = torch.tensor([[False, False, False, True], [False, False, True, True]])
    src, tgt = torch.randn(5, 2, 8), torch.randn(4, 2, 8)
    causal = nn.Transformer.generate_square_subsequent_mask(4)
    small = dict(dim_feedforward=6, dropout=0.0)

    def recurrent(make, *inputs, call=None):
        return run(lambda: Joined(make(), call), *inputs, wanted=3)

    def pair(module, x, h, c):
        return module(x, (h, c))

    def attention(make, *inputs, **options):
        return run(lambda: Joined(make(), lambda m, *a: m(*a, **options)), *inputs, wanted=3)

    def mha(**options):
        return lambda: nn.MultiheadAttention(8, 2, **options)

    return {
        "RNN": recurrent(lambda: nn.RNN(4, 6), x, h),
        "RNN relu, two layers, both directions": recurrent(lambda: nn.RNN(4, 6, 2, nonlinearity="relu", bidirectional=True), x, h2),
        "RNN without bias": recurrent(lambda: nn.RNN(4, 6, bias=False), x),
        "GRU": recurrent(lambda: nn.GRU(4, 6), x, h),
        "GRU two layers, both directions": recurrent(lambda: nn.GRU(4, 6, 2, bidirectional=True), x, h2),
        "GRU batch first without bias": recurrent(lambda: nn.GRU(4, 6, batch_first=True, bias=False), batch),
        "GRU one sequence": recurrent(lambda: nn.GRU(4, 6), single),
        "GRU packed": recurrent(lambda: nn.GRU(4, 6, 2, bidirectional=True), x, h2, call=packed),
        "LSTM": recurrent(lambda: nn.LSTM(4, 6), x, h, c, call=pair),
        "LSTM two layers, both directions": recurrent(lambda: nn.LSTM(4, 6, 2, bidirectional=True), x),
        "LSTM batch first": recurrent(lambda: nn.LSTM(4, 6, batch_first=True), batch),
        "LSTM one sequence": recurrent(lambda: nn.LSTM(4, 6), single),
        "LSTM projected": recurrent(lambda: nn.LSTM(4, 6, proj_size=2), x, hp, c, call=pair),
        "LSTM projected, two layers, both directions": recurrent(lambda: nn.LSTM(4, 6, 2, proj_size=2, bidirectional=True), x),
        "LSTM packed": recurrent(lambda: nn.LSTM(4, 6, bidirectional=True), x, call=packed),
        "LSTM packed, projected": recurrent(lambda: nn.LSTM(4, 6, 2, proj_size=3), x, call=packed),
        "RNN packed": recurrent(lambda: nn.RNN(4, 6), x, h, call=packed),
        "RNNCell": recurrent(lambda: nn.RNNCell(4, 6), row, state),
        "RNNCell relu": recurrent(lambda: nn.RNNCell(4, 6, nonlinearity="relu"), row),
        "GRUCell": recurrent(lambda: nn.GRUCell(4, 6), row, state),
        "LSTMCell": recurrent(lambda: nn.LSTMCell(4, 6), row, state, state.flip(0), call=pair),
        "LSTMCell one row": recurrent(lambda: nn.LSTMCell(4, 6, bias=False), row[0].clone()),
        "MultiheadAttention": attention(mha(), q, k, v),
        "MultiheadAttention without weights": attention(mha(), q, k, v, need_weights=False),
        "MultiheadAttention self": run(lambda: Joined(mha()(), lambda m, x: m(x, x, x)), q),
        "MultiheadAttention batch first": attention(
            mha(batch_first=True), *(t.transpose(0, 1).contiguous() for t in (q, k, v)), average_attn_weights=False),
        "MultiheadAttention one sequence": attention(mha(bias=False), q[:, 0].clone(), k[:, 0].clone(), v[:, 0].clone()),
        "MultiheadAttention other features": attention(mha(kdim=3, vdim=5), q, kd, vd),
        "MultiheadAttention more keys": run(
            lambda: Joined(mha(add_bias_kv=True, add_zero_attn=True)(), lambda m, q, k, v, mask: m(q, k, v, attn_mask=mask, key_padding_mask=padding * -1.5)),
            q, k, v, additive, wanted=3),
        "MultiheadAttention bool masks": attention(mha(), q, k, v, attn_mask=barred, key_padding_mask=padding),
        "MultiheadAttention bool masks without weights": attention(mha(), q, k, v, attn_mask=barred, key_padding_mask=padding, need_weights=False),
        "MultiheadAttention masks of heads": run(
            lambda: Joined(mha()(), lambda m, q, k, v, mask: m(q, k, v, attn_mask=mask, need_weights=False)), q, k, v, each, wanted=3),
        "TransformerEncoderLayer": run(lambda: nn.TransformerEncoderLayer(8, 2, **small), src),
        "TransformerEncoderLayer norm first": run(lambda: nn.TransformerEncoderLayer(8, 2, norm_first=True, activation="gelu", batch_first=True, **small), src),
        "TransformerEncoderLayer without bias": run(lambda: nn.TransformerEncoderLayer(8, 2, bias=False, **small), src, train=False),
        "TransformerEncoder causal": run(
            lambda: Joined(nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, **small), 2, norm=nn.LayerNorm(8)),
                           lambda m, x: m(x, mask=causal, src_key_padding_mask=padding.float() * -2)), tgt),
        "TransformerDecoderLayer": run(lambda: nn.TransformerDecoderLayer(8, 2, **small), tgt, src, wanted=2),
        "TransformerDecoderLayer norm first": run(
            lambda: Joined(nn.TransformerDecoderLayer(8, 2, norm_first=True, **small), lambda m, t, s: m(t, s, tgt_mask=causal)), tgt, src, wanted=2),
        "Transformer": run(
            lambda: Joined(nn.Transformer(8, 2, 1, 2, **small), lambda m, s, t: m(s, t, tgt_mask=causal, tgt_is_causal=True)), src, tgt, wanted=2),
        "rotaryEmbedding": run(lambda: Apply(rotary), torch.randn(2, 3, 4, 6)),
        "rotaryEmbedding interleaved": run(lambda: Apply(lambda x: rotary(x, True)), torch.randn(2, 4, 6)),
    }


def resampling():
    torch.manual_seed(6)
    x, image = torch.randn(2, 3, 5), torch.randn(1, 2, 4, 5)
    targets, lengths, sizes = torch.tensor([[1, 2, 2], [3, 0, 0]]), torch.tensor([5, 4]), torch.tensor([3, 1])
    return {
        "Upsample": run(lambda: nn.Upsample(scale_factor=2), x),
        "Upsample bicubic": run(lambda: nn.Upsample(size=(7, 3), mode="bicubic", align_corners=True), image),
        "UpsamplingNearest2d": run(lambda: nn.UpsamplingNearest2d(scale_factor=1.5), image),
        "UpsamplingBilinear2d": run(lambda: nn.UpsamplingBilinear2d(size=(6, 7)), image),
        "Unfold": run(lambda: nn.Unfold((2, 3), dilation=(2, 1), padding=1, stride=2), image),
        "Fold": run(lambda: nn.Fold((4, 5), (2, 2), padding=1), torch.randn(2, 8, 30)),
        "CTCLoss": run(lambda: nn.CTCLoss(), torch.randn(5, 2, 4).log_softmax(2), targets, lengths, sizes),
        "CTCLoss sum": run(lambda: nn.CTCLoss(3, reduction="sum"), torch.randn(5, 2, 4).log_softmax(2), targets % 3, lengths, sizes),
    }


if __name__ == "__main__":
    write("sequences.json", {"cases": cases()})
    write("resampling.json", {"cases": resampling()})
