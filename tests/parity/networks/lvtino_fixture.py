#!/usr/bin/env python3
"""A whole LVTINO run composed of diffusers' and transformers' networks, tiny and random: the oracle of
tests/lvtino_networks_test.cpp.

    python lvtino_fixture.py        needs torch, diffusers, transformers, safetensors

The sampler's noise is a function of seed, label and index; its generator is written out again here, so that both sides
draw the same numbers. All seven networks' weights are in one file, each below its own name ("unet.conv_in.weight").
Computed in float64, stored in float32.
"""

import pathlib

import diffusers
import numpy as np
import torch
import transformers
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
SEED = 7
FRAMES, HEIGHT, WIDTH, FACTOR = 5, 32, 32, 4
SIGMA, DELTA, ETA = 0.05, 0.02, 0.6
T_VIDEO, T_IMAGE = [757, 375, 125], [374, 249]  # three video evaluations, two image evaluations
MEAN, DEVIATION = [0.1, -0.2, 0.3, -0.4], [1.1, 0.9, 1.3, 0.7]
MASK = (1 << 64) - 1


# --- lvtino/core/rng.hpp -------------------------------------------------------------------------------------------------

def stream_of(label, stream=0):
    """FNV-1a and the finaliser of splitmix64."""
    h = 0xCBF29CE484222325 ^ (stream * 0x9E3779B97F4A7C15 & MASK)
    for byte in label.encode():
        h = (h ^ byte) * 0x100000001B3 & MASK
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9 & MASK
    h = (h ^ h >> 27) * 0x94D049BB133111EB & MASK
    return h ^ h >> 31


def philox(index, stream, seed):
    """Philox4x32-10 of counters (index, stream): four columns of words."""
    low = np.uint64(0xFFFFFFFF)
    c = [index & low, index >> np.uint64(32), np.full_like(index, stream & 0xFFFFFFFF), np.full_like(index, stream >> 32)]
    key = [np.uint64(seed & 0xFFFFFFFF), np.uint64(seed >> 32)]
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ key[0], p1 & low, (p0 >> np.uint64(32)) ^ c[3] ^ key[1], p0 & low]
        key = [(key[0] + np.uint64(0x9E3779B9)) & low, (key[1] + np.uint64(0xBB67AE85)) & low]
    return c


def normal(label, shape):
    count = int(np.prod(shape))
    words = philox(np.arange((count + 3) // 4, dtype=np.uint64), stream_of(label), SEED)
    u = [(w.astype(np.float64) + 0.5) * 2.0**-32 for w in words]
    columns = []
    for a, b in ((0, 1), (2, 3)):
        radius, angle = np.sqrt(-2 * np.log(u[a])), 2 * np.pi * u[b]
        columns += [radius * np.cos(angle), radius * np.sin(angle)]
    # Latents are float32 there.
    return torch.from_numpy(np.stack(columns, 1).reshape(-1)[:count].reshape(shape).astype(np.float32)).double()


def randomise(module, seed):
    """Weights under which what goes in shows in what comes out: strong ones beside small shifts."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, p in sorted(module.named_parameters()):
            drawn = torch.randn(p.shape, generator=generator)
            if sum(n > 1 for n in p.shape) > 1:
                p.copy_(1.5 * drawn / (p.numel() / p.shape[0]) ** 0.5)
            else:
                p.copy_(0.05 * drawn + (1 if name.endswith(("weight", "gamma")) else 0))
    return module.double().eval()


# --- the networks --------------------------------------------------------------------------------------------------------

def networks():
    small = {"vocab_size": 64, "max_position_embeddings": 12, "num_hidden_layers": 2, "layer_norm_eps": 1e-5,
             "projection_dim": 10, "bos_token_id": 61, "eos_token_id": 62}
    return {
        "transformer": randomise(diffusers.WanTransformer3DModel(
            patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=16, in_channels=4, out_channels=4, text_dim=16,
            freq_dim=8, ffn_dim=24, num_layers=2, cross_attn_norm=True, qk_norm="rms_norm_across_heads", eps=1e-6,
            rope_max_seq_len=32), 11),
        "vae": randomise(diffusers.AutoencoderKLWan(
            base_dim=4, z_dim=4, dim_mult=[1, 2, 4, 4], num_res_blocks=2, attn_scales=[],
            temperal_downsample=[False, True, True], latents_mean=MEAN, latents_std=DEVIATION), 12),
        "umt5": randomise(transformers.UMT5EncoderModel(transformers.UMT5Config(
            vocab_size=64, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, relative_attention_num_buckets=32,
            relative_attention_max_distance=128, dropout_rate=0.0, layer_norm_epsilon=1e-6, feed_forward_proj="gated-gelu",
            is_encoder_decoder=False)), 13),
        "unet": randomise(diffusers.UNet2DConditionModel(
            sample_size=16, in_channels=4, out_channels=4, block_out_channels=[8, 16, 32], layers_per_block=2,
            down_block_types=["DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"],
            up_block_types=["CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"], cross_attention_dim=40,
            transformer_layers_per_block=[1, 1, 2], attention_head_dim=[2, 4, 8], norm_num_groups=4,
            use_linear_projection=True, addition_embed_type="text_time", addition_time_embed_dim=4,
            projection_class_embeddings_input_dim=34), 14),
        "image_vae": randomise(diffusers.AutoencoderKL(
            block_out_channels=[4, 8, 8, 8], down_block_types=["DownEncoderBlock2D"] * 4,
            up_block_types=["UpDecoderBlock2D"] * 4, layers_per_block=1, norm_num_groups=2, latent_channels=4,
            scaling_factor=0.13025), 15),
        "clip_l": randomise(transformers.CLIPTextModel(transformers.CLIPTextConfig(
            hidden_size=16, intermediate_size=24, num_attention_heads=2, hidden_act="quick_gelu", pad_token_id=62,
            **small)), 16),
        "clip_g": randomise(transformers.CLIPTextModelWithProjection(transformers.CLIPTextConfig(
            hidden_size=24, intermediate_size=40, num_attention_heads=3, hidden_act="gelu", pad_token_id=0, **small)), 17),
    }


# --- Algorithm 1, total variation left out ---------------------------------------------------------------------------------

def measure(x):
    n, c, t, h, w = x.shape
    return x.reshape(n, c, t, h // FACTOR, FACTOR, w // FACTOR, FACTOR).mean((4, 6))


def spread(y):
    return y.repeat_interleave(FACTOR, 3).repeat_interleave(FACTOR, 4)


def data_prox(v, y, gamma):
    """A A' = I / FACTOR^2 for means over blocks, A' = spread / FACTOR^2."""
    return v + gamma / (SIGMA**2 + gamma / FACTOR**2) * spread(y - measure(v)) / FACTOR**2


def sigma_of(t):
    """The entry nearest to t of the grid of 1000 noise levels with shift 8."""
    s = 1 - np.arange(1000) / 1000
    grid = 8 * s / (1 + 7 * s)
    return float(grid[np.argmin(np.abs(grid - t / 1000))])


def frames_of(x):
    return x.transpose(1, 2).flatten(0, 1)


def video_of(images):
    return images.unsqueeze(0).transpose(1, 2)


def published(name, module):
    """Tensors as files have them: an alias less, and a prefix that recent transformers have dropped from one encoder."""
    for key, value in module.state_dict().items():
        if key != "encoder.embed_tokens.weight":
            yield ("text_model." + key if name == "clip_l" and not key.startswith("text_model.") else key), value


def main():
    net = networks()
    tokens = torch.tensor([[5, 9, 33, 7, 1]])
    clip_tokens = {name: torch.tensor([[61, 4, 30, 17, 62] + [pad] * 7]) for name, pad in (("clip_l", 62), ("clip_g", 0))}
    shift, scale = torch.tensor(MEAN).double().view(1, 4, 1, 1, 1), torch.tensor(DEVIATION).double().view(1, 4, 1, 1, 1)
    beta = np.linspace(0.00085**0.5, 0.012**0.5, 1000) ** 2
    alpha_bar = np.cumprod(1 - beta)
    y = torch.rand(1, 3, FRAMES, HEIGHT // FACTOR, WIDTH // FACTOR,
                   generator=torch.Generator().manual_seed(1)).double()
    size = torch.tensor([[HEIGHT, WIDTH, 0, 0, HEIGHT, WIDTH]]).double()
    trace = {}
    with torch.no_grad():
        text = net["umt5"](input_ids=tokens).last_hidden_state
        clip_l = net["clip_l"](clip_tokens["clip_l"], output_hidden_states=True)
        clip_g = net["clip_g"](clip_tokens["clip_g"], output_hidden_states=True)
        prompt, pooled = torch.cat([clip_l.hidden_states[-2], clip_g.hidden_states[-2]], -1), clip_g.text_embeds

        x = spread(y)
        for k, t in enumerate(T_VIDEO):
            z = (net["vae"].encode(2 * x - 1).latent_dist.mean - shift) / scale
            s = sigma_of(t)
            z_t = (1 - s) * z + s * normal(f"video/{k}", z.shape)
            flow = net["transformer"](z_t, torch.tensor([t]).double(), text, return_dict=False)[0]
            x = net["vae"].decode((z_t - s * flow) * scale + shift, return_dict=False)[0] / 2 + 0.5
            x = data_prox(x, y, DELTA * ETA)
            trace[f"video/{k}"] = x
            if k + 1 == len(T_VIDEO):
                break
            t = T_IMAGE[k]
            z = video_of(net["image_vae"].encode(frames_of(2 * x - 1)).latent_dist.mean * 0.13025)
            signal, noise = alpha_bar[t] ** 0.5, (1 - alpha_bar[t]) ** 0.5
            z_t = signal * z + noise * normal(f"image/{k}", z.shape)
            epsilon = net["unet"](frames_of(z_t), t, prompt.expand(FRAMES, -1, -1), added_cond_kwargs={
                "text_embeds": pooled.expand(FRAMES, -1), "time_ids": size.expand(FRAMES, -1)}).sample
            x0 = (frames_of(z_t) - noise * epsilon) / signal
            x = video_of(net["image_vae"].decode(x0 / 0.13025).sample) / 2 + 0.5
            x = data_prox(x, y, DELTA * (1 - ETA))
            trace[f"image/{k}"] = x

    tensors = {f"{name}.{key}": value for name, module in net.items() for key, value in published(name, module)}
    tensors |= {"in/y": y, "in/tokens": tokens, "in/clip_l": clip_tokens["clip_l"], "in/clip_g": clip_tokens["clip_g"],
                "text/umt5": text, "text/prompt": prompt, "text/pooled": pooled}
    tensors |= {f"out/{name}": value for name, value in trace.items()}
    stored = {k: (v.float() if v.is_floating_point() else v).contiguous().clone() for k, v in tensors.items()}
    save_file(stored, HERE / "lvtino.safetensors")
    print((HERE / "lvtino.safetensors").stat().st_size, {k: round(v.std().item(), 4) for k, v in trace.items()})


if __name__ == "__main__":
    main()
