"""Writes the fixtures of the Wan networks: small random networks of diffusers and transformers in float32, what goes in,
what comes out of the whole and of every part.

    python wan_fixtures.py        needs torch, diffusers, transformers, safetensors

One file a network, keys "weights/KEY" (names of diffusers and transformers), "CASE/in/NAME", "CASE/out/NAME" and
"CASE/PART/NAME", PART in the names of our networks. The metadata hold the configuration.
"""

import json
from pathlib import Path

import diffusers
import torch
import transformers
from safetensors.torch import save_file

FOLDER = Path(__file__).parent


def randomise(network, seed):
    """Nothing stays 0 or 1: several tensors are constructed so, and would hide what they multiply."""
    generator = torch.Generator().manual_seed(seed)
    for name, tensor in sorted(network.named_parameters()):
        noise = torch.randn(tensor.shape, generator=generator)
        extents = [n for n in tensor.shape if n != 1]
        if len(extents) > 1 and "scale_shift_table" not in name:
            value = noise / (tensor.numel() / tensor.shape[0]) ** 0.5
        elif name.endswith("gamma") or "norm" in name and name.endswith("weight"):
            value = 1 + 0.1 * noise
        else:
            value = 0.2 * noise
        tensor.data.copy_(value)
    return network.eval()


def record(parts, store, join_dim=None):
    """Keeps what modules give; with join_dim, calls of one module are joined (chunks over time)."""
    handles = []
    for name, module in parts.items():
        def hook(_, __, out, name=name):
            out = (out[0] if isinstance(out, tuple) else out).detach().clone()
            store[name] = out if name not in store else torch.cat([store[name], out], join_dim)
        handles.append(module.register_forward_hook(hook))
    return handles


def write(name, network, tensors, config):
    tensors = {f"weights/{k}": v for k, v in network.state_dict().items()} | tensors
    tensors = {k: v.clone().contiguous() for k, v in tensors.items()}
    path = FOLDER / name
    save_file(tensors, path, metadata={"config": json.dumps(config), "torch": torch.__version__,
                                       "diffusers": diffusers.__version__, "transformers": transformers.__version__})
    print(path.name, path.stat().st_size)


def wan_transformer():
    # Head features 16: axes of 8, 4 and 4, so that time is not height.
    network = randomise(diffusers.WanTransformer3DModel(
        patch_size=(1, 2, 2), num_attention_heads=2, attention_head_dim=16, in_channels=4, out_channels=4, text_dim=12,
        freq_dim=8, ffn_dim=24, num_layers=2, cross_attn_norm=True, qk_norm="rms_norm_across_heads", eps=1e-6,
        rope_max_seq_len=32), 1)
    tensors = {}
    for case, (frames, height, width), times in (("video", (3, 6, 10), [757.0, 125.0]), ("image", (1, 4, 6), [522.0])):
        generator = torch.Generator().manual_seed(2)
        latent = torch.randn(len(times), 4, frames, height, width, generator=generator)
        prompt = torch.randn(len(times), 7, 12, generator=generator)
        prompt[:, 5:] = 0  # padded rows, which are attended to
        parts = {}
        embedder = network.condition_embedder
        handles = record({"patch_embedding/tokens": network.patch_embedding,
                          "time_embedding/time": embedder.time_embedder,
                          "time_embedding/modulation": embedder.time_proj,
                          "text_embedding/text": embedder.text_embedder} |
                         {f"blocks.{i}/tokens": block for i, block in enumerate(network.blocks)}, parts)
        with torch.no_grad():
            flow = network(latent, torch.tensor(times), prompt, return_dict=False)[0]
        for handle in handles:
            handle.remove()
        parts["patch_embedding/tokens"] = parts["patch_embedding/tokens"].flatten(2).transpose(1, 2)
        parts["time_embedding/modulation"] = parts["time_embedding/modulation"].unflatten(1, (6, -1))
        tensors |= {f"{case}/in/latent": latent, f"{case}/in/timestep": torch.tensor(times),
                    f"{case}/in/prompt": prompt, f"{case}/out/flow": flow}
        tensors |= {f"{case}/{name}": value for name, value in parts.items()}
    write("wan_transformer.safetensors", network, tensors,
          {"width": 32, "heads": 2, "layers": 2, "hidden": 24, "channels": 4, "frequencies": 8, "text_width": 12,
           "text_length": 7})


def wan_vae():
    mean, deviation = [0.1, -0.2, 0.3, -0.4], [1.1, 0.9, 1.3, 0.7]
    network = randomise(diffusers.AutoencoderKLWan(
        base_dim=4, z_dim=4, dim_mult=[1, 2, 4, 4], num_res_blocks=2, attn_scales=[],
        temperal_downsample=[False, True, True], latents_mean=mean, latents_std=deviation), 3)
    network.decoder.conv_out.weight.data.mul_(0.2)  # so that few values are clamped
    encoder, decoder = network.encoder, network.decoder
    parts_of = {"encoder.conv1": encoder.conv_in, "encoder.middle": encoder.mid_block, "encoder.head": encoder.conv_out,
                "decoder.conv1": decoder.conv_in, "decoder.middle": decoder.mid_block, "decoder.head": decoder.conv_out,
                "conv1": network.quant_conv, "conv2": network.post_quant_conv}
    parts_of |= {f"encoder.downsamples.{i}": block for i, block in enumerate(encoder.down_blocks)}
    for i, block in enumerate(decoder.up_blocks):
        parts_of |= {f"decoder.upsamples.{4 * i + j}": resnet for j, resnet in enumerate(block.resnets)}
        if block.upsamplers is not None:
            parts_of[f"decoder.upsamples.{4 * i + 3}"] = block.upsamplers[0]
    scale = torch.tensor(deviation).view(1, 4, 1, 1, 1)
    shift = torch.tensor(mean).view(1, 4, 1, 1, 1)
    tensors = {}
    for case, (frames, height, width) in (("video", (9, 16, 24)), ("image", (1, 24, 16))):
        generator = torch.Generator().manual_seed(4)
        video = torch.rand(1, 3, frames, height, width, generator=generator) * 2 - 1
        noise = torch.randn(1, 4, 1 + (frames - 1) // 4, height // 8, width // 8, generator=generator)
        parts = {}
        handles = record({f"{name}/frames": module for name, module in parts_of.items()}, parts, 2)
        with torch.no_grad():
            latent = (network.encode(video).latent_dist.mean - shift) / scale
            decoded = network.decode(noise * scale + shift, return_dict=False)[0]
        for handle in handles:
            handle.remove()
        print("clamped", (decoded.abs() == 1).float().mean().item())
        tensors |= {f"{case}/in/video": video, f"{case}/out/latent": latent, f"{case}/in/latent": noise,
                    f"{case}/out/video": decoded}
        tensors |= {f"{case}/{name}": value for name, value in parts.items()}
    write("wan_vae.safetensors", network, tensors,
          {"width": 4, "channels": 4, "mean": mean, "deviation": deviation})


def umt5_encoder():
    network = randomise(transformers.UMT5EncoderModel(transformers.UMT5Config(
        vocab_size=64, d_model=16, d_kv=8, d_ff=24, num_layers=2, num_heads=2, relative_attention_num_buckets=32,
        relative_attention_max_distance=128, dropout_rate=0.0, layer_norm_epsilon=1e-6, feed_forward_proj="gated-gelu",
        is_encoder_decoder=False)), 5)
    generator = torch.Generator().manual_seed(6)
    length = 130  # beyond 91 on both sides, where the last bucket begins
    tokens = torch.randint(2, 64, (2, length), generator=generator)
    mask = torch.ones(2, length, dtype=torch.long)
    mask[1, 110:] = 0
    tokens[1, 110:] = 0
    parts = {}
    record({"token_embedding/hidden": network.encoder.embed_tokens} |
           {f"blocks.{i}/hidden": block for i, block in enumerate(network.encoder.block)}, parts)
    with torch.no_grad():
        embedding = network(input_ids=tokens, attention_mask=mask).last_hidden_state
    tensors = {"text/in/tokens": tokens, "text/in/mask": mask, "text/out/embedding": embedding}
    tensors |= {f"text/{name}": value for name, value in parts.items()}
    write("umt5_encoder.safetensors", network, tensors,
          {"width": 16, "head_width": 8, "heads": 2, "hidden": 24, "layers": 2, "vocabulary": 64})


if __name__ == "__main__":
    wan_transformer()
    wan_vae()
    umt5_encoder()
